/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Each line here has its mutants written down in test_syntax.py, by line numbers: change both.
 */
#include "test/mutants/small/small.h"

#define LIMIT_MASK 7

int small_within(int value, int limit)
{
    if (value > limit) {
        value = 0;
    }
    return value;
}

int small_sum(const int *values, int count)
{
    int sum = 0;
    for (int i = 0; i < count; i++) {
        sum += values[i];
    }
    return sum;
}

int small_mix(int a, int b)
{
    int low = a & LIMIT_MASK;
    a = small_within(b, low);
    b = a;
    return b;
}

int small_unused(int value)
{
    return value * 1;
}
