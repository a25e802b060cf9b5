/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Order and percentiles: against the C library's sort, and by the definition.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "systems/bench/bench/cycles/percentiles.h"

#define MOST 300

static int compare(const void *one, const void *other)
{
    uint32_t a = *(const uint32_t *)one;
    uint32_t b = *(const uint32_t *)other;

    return a < b ? -1 : a > b;
}

/** All lengths, few different values so that many are equal, then many. */
static void numbers_are_sorted(void **state)
{
    (void)state;
    uint32_t next = 1;

    for (uint64_t count = 0; count <= MOST; count++) {
        uint32_t numbers[MOST];
        uint32_t expected[MOST];
        for (uint64_t i = 0; i < count; i++) {
            next = next * 1664525u + 1013904223u;
            numbers[i] = count % 2 ? next >> 29 : next;
        }
        memcpy(expected, numbers, sizeof(uint32_t) * count);
        qsort(expected, count, sizeof(uint32_t), compare);
        numbers_sort(numbers, count);
        assert_memory_equal(numbers, expected, sizeof(uint32_t) * count);
    }
}

static void percentiles_of_a_hundred_are_their_numbers(void **state)
{
    (void)state;
    uint32_t numbers[100];

    for (uint32_t i = 0; i < 100; i++) {
        numbers[i] = i + 1;
    }
    for (uint64_t percent = 1; percent <= 100; percent++) {
        assert_int_equal(numbers_percentile(numbers, 100, percent), percent);
    }
}

/** The least number that enough of all do not exceed, for every count and percentage. */
static void enough_numbers_do_not_exceed_a_percentile(void **state)
{
    (void)state;
    uint32_t numbers[MOST];

    for (uint32_t i = 0; i < MOST; i++) {
        numbers[i] = i;
    }
    for (uint64_t count = 1; count <= MOST; count++) {
        for (uint64_t percent = 1; percent <= 100; percent++) {
            uint64_t up_to = numbers_percentile(numbers, count, percent) + 1ull; /* so many do not exceed it */
            assert_true(up_to <= count);
            assert_true(up_to * 100 >= count * percent);
            assert_true((up_to - 1) * 100 < count * percent);
        }
    }
}

static void one_number_is_all_percentiles(void **state)
{
    (void)state;
    const uint32_t number = 7;

    assert_int_equal(numbers_percentile(&number, 1, 1), 7);
    assert_int_equal(numbers_percentile(&number, 1, 50), 7);
    assert_int_equal(numbers_percentile(&number, 1, 100), 7);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(numbers_are_sorted),
        cmocka_unit_test(percentiles_of_a_hundred_are_their_numbers),
        cmocka_unit_test(enough_numbers_do_not_exceed_a_percentile),
        cmocka_unit_test(one_number_is_all_percentiles),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
