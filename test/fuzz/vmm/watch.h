/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * A hostile other side of shared memory: code compiled with -fsanitize-coverage=trace-loads and this header in front (-include) tells of every
 * load it makes; a target can change the memory right before one. memcpy is a function here, so that its reads are told of, too.
 */
#pragma once

#include <stddef.h>
#include <stdint.h>
#include <string.h>

/** Called before `size` bytes at `address` are read by watched code; defined by the target. */
void watch_read(uintptr_t address, size_t size);

void *watch_memcpy(void *to, const void *from, size_t size);

#define memcpy watch_memcpy
