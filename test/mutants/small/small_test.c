/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * The test of small.c. It ends with 1 at the first difference.
 */
#include <stdio.h>

#include "test/mutants/small/small.h"

static int is_wrong(const char *what, int value, int expected)
{
    if (value != expected) {
        fprintf(stderr, "[  FAILED  ] %s\n", what);
    }
    return value != expected;
}

int main(void)
{
    const int values[] = {1, 2, 4, 8};
    int wrong = is_wrong("within_above", small_within(9, 7), 0) || is_wrong("within_equal", small_within(7, 7), 7) ||
                is_wrong("sum", small_sum(values, 3), 7) || is_wrong("mix", small_mix(13, 3), 3) ||
                is_wrong("mix_equal", small_mix(13, 5), 5) || is_wrong("mix_above", small_mix(13, 6), 0);
    puts("small_test ran");
    return wrong;
}
