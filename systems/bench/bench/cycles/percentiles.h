/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Order and percentiles of numbers, in place and in integers.
 */
#pragma once

#include <stdint.h>

/** Sort from the least to the most. */
void numbers_sort(uint32_t *numbers, uint64_t count);

/** The least of `count` sorted numbers, at least 1, that no fewer than `percent` in a hundred of them (1..100) do not exceed: one of them, never a mean. */
uint32_t numbers_percentile(const uint32_t *sorted, uint64_t count, uint64_t percent);
