/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * The assertions of the unit tests' harness, for programs without CMocka: a failed one is a difference of the step.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "test/model/lockstep.h"

void _assert_true(const uintmax_t result, const char *const expression, const char *const file, const int line)
{
    if (result == 0) {
        lockstep_fail("invariant broken: %s (%s:%d)\n", expression, file, line);
    }
}

void _assert_int_equal(const uintmax_t a, const uintmax_t b, const char *const file, const int line)
{
    if (a != b) {
        lockstep_fail("invariant broken: 0x%lx is not 0x%lx (%s:%d)\n", a, b, file, line);
    }
}
