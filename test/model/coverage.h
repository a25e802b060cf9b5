/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Which edges of the kernel's code a sequence took.
 */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/** Count from now on; at the end: how many edges were taken as often as never before. */
void coverage_begin(void);
unsigned int coverage_end(void);
/** Edges taken by any sequence so far, of those there are. */
void coverage_count(unsigned int *taken, unsigned int *known);
