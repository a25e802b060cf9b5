/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * The first word of an exit has what the syndrome says where the processor has it: ISS of a Data Abort, IL, M[4] of SPSR_EL2
 * (Arm ARM DDI 0487, ESR_EL2, SPSR_EL2). vcpu_exit.c counts on it; the positions here are the manual's.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "gen/abi.h"
#include "kernel/arch/aarch64/registers.h"

#define BITS(high, low) ((UINT64_MAX >> (63 - (high))) & (UINT64_MAX << (low)))

static void an_access_is_described_by_the_syndromes_own_bits(void **state)
{
    (void)state;
    assert_int_equal(EXIT_WORD_IS_WRITE, BITS(6, 6));
    assert_int_equal(EXIT_WORD_IS_64BIT, BITS(15, 15));
    assert_int_equal(EXIT_WORD_REGISTER, BITS(20, 16));
    assert_int_equal(EXIT_WORD_SIGN_EXTEND, BITS(21, 21));
    assert_int_equal(EXIT_WORD_SIZE_LOG2, BITS(23, 22));
    assert_int_equal(EXIT_WORD_HAS_SYNDROME, BITS(24, 24));
    assert_int_equal(ABORT_SYNDROME, BITS(24, 15) | BITS(6, 6));
}

static void so_are_the_other_bits_that_are_passed_on(void **state)
{
    (void)state;
    assert_int_equal(EXIT_WORD_IS_TABLE_WALK, BITS(7, 7));
    assert_int_equal(ABORT_S1PTW, BITS(7, 7));
    assert_int_equal(ABORT_WNR, BITS(6, 6));
    assert_int_equal(EXIT_WORD_IS_32BIT_INSTRUCTION, BITS(25, 25));
    assert_int_equal(ESR_IL, BITS(25, 25));
    assert_int_equal(EXIT_WORD_IS_AARCH32, BITS(4, 4));
    assert_int_equal(PSTATE_AARCH32, BITS(4, 4));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(an_access_is_described_by_the_syndromes_own_bits),
        cmocka_unit_test(so_are_the_other_bits_that_are_passed_on),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
