/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * A heap sort: no recursion, no further memory, the same effort whatever the order was.
 */
#include "systems/bench/bench/cycles/percentiles.h"

static void swap(uint32_t *one, uint32_t *other)
{
    uint32_t kept = *one;

    *one = *other;
    *other = kept;
}

/** Let the number at `at` sink below all that are greater; what is under it is a heap already. */
static void sink(uint32_t *heap, uint64_t at, uint64_t count)
{
    uint64_t child;

    for (; (child = 2 * at + 1) < count; at = child) {
        if (child + 1 < count && heap[child + 1] > heap[child]) {
            child++;
        }
        if (heap[at] >= heap[child]) {
            return;
        }
        swap(&heap[at], &heap[child]);
    }
}

void numbers_sort(uint32_t *numbers, uint64_t count)
{
    for (uint64_t at = count / 2; at > 0; at--) {
        sink(numbers, at - 1, count);
    }
    for (uint64_t left = count; left > 1; left--) {
        swap(&numbers[0], &numbers[left - 1]);
        sink(numbers, 0, left - 1);
    }
}

uint32_t numbers_percentile(const uint32_t *sorted, uint64_t count, uint64_t percent)
{
    return sorted[(count * percent + 99) / 100 - 1];
}
