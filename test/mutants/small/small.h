/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * What the tests of tools/mutants change: each function for other kinds of changes.
 */
#pragma once

/** The value, 0 if it is above the limit. */
int small_within(int value, int limit);
int small_sum(const int *values, int count);
int small_mix(int a, int b);

/** Nothing calls it: no mutant of it is noticed. */
int small_unused(int value);
