/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Conditions and IT blocks of AArch32 (Arm ARM DDI 0487, F1.6 and G1.7.2), which the emulator does not show: it traps only what is carried out,
 * and tells it as unconditional. Not here: where the kernel asks for them (vcpu_exit.c).
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "kernel/arch/aarch64/aarch32.c" /* NOLINT(bugprone-suspicious-include) */

#define FLAGS(flags)         ((uint64_t)(flags) << 28)
#define ESR_CONDITION(value) (1ull << 24 | (uint64_t)(value) << 20)
#define OTHER_BITS           0xf00003d0ull

static uint64_t with_it(uint64_t pstate, uint64_t it)
{
    return pstate | (it & 3) << 25 | (it >> 2) << 10;
}

static bool is_met(unsigned condition, unsigned flags)
{
    bool n = flags & 8, z = flags & 4, c = flags & 2, v = flags & 1;
    switch (condition) {
    case 0: /* EQ */
        return z;
    case 1: /* NE */
        return !z;
    case 2: /* CS */
        return c;
    case 3: /* CC */
        return !c;
    case 4: /* MI */
        return n;
    case 5: /* PL */
        return !n;
    case 6: /* VS */
        return v;
    case 7: /* VC */
        return !v;
    case 8: /* HI */
        return c && !z;
    case 9: /* LS */
        return !c || z;
    case 10: /* GE */
        return n == v;
    case 11: /* LT */
        return n != v;
    case 12: /* GT */
        return !z && n == v;
    case 13: /* LE */
        return z || n != v;
    default: /* AL, and what is unconditional */
        return true;
    }
}

/** Where the syndrome tells none, it is the IT block's, or there is none. */
static void each_condition_is_met_by_its_flags(void **state)
{
    (void)state;
    for (unsigned flags = 0; flags < 16; flags++) {
        for (unsigned condition = 0; condition < 16; condition++) {
            uint64_t in_block = with_it(FLAGS(flags) | PSTATE_THUMB, (uint64_t)condition << 4 | 8);
            assert_int_equal(aarch32_condition_holds(ESR_CONDITION(condition), FLAGS(flags)), is_met(condition, flags));
            assert_int_equal(aarch32_condition_holds(0, in_block), is_met(condition, flags));
        }
        assert_true(aarch32_condition_holds(0, FLAGS(flags)));
    }
}

/** The syndrome's condition goes before the block's. */
static void a_told_condition_is_the_one_that_counts(void **state)
{
    (void)state;
    assert_true(aarch32_condition_holds(ESR_CONDITION(1), with_it(PSTATE_THUMB, 0x08)));
    assert_false(aarch32_condition_holds(ESR_CONDITION(0), with_it(PSTATE_THUMB, 0x18)));
}

static void a_block_ends_after_its_last_instruction(void **state)
{
    static const uint64_t block[] = {0x0b, 0x16, 0x0c, 0x18, 0, 0}; /* EQ, NE, EQ, NE */
    static const uint64_t last[] = {0xe8, 0, 0};                    /* AL, one instruction */
    (void)state;
    for (unsigned i = 0; i + 1 < sizeof(block) / sizeof(block[0]); i++) {
        assert_int_equal(aarch32_advance_it(with_it(OTHER_BITS | PSTATE_THUMB, block[i])),
                         with_it(OTHER_BITS | PSTATE_THUMB, block[i + 1]));
    }
    for (unsigned i = 0; i + 1 < sizeof(last) / sizeof(last[0]); i++) {
        assert_int_equal(aarch32_advance_it(with_it(PSTATE_THUMB, last[i])), with_it(PSTATE_THUMB, last[i + 1]));
    }
}

static void there_are_no_blocks_in_a32(void **state)
{
    (void)state;
    assert_int_equal(aarch32_advance_it(with_it(OTHER_BITS, 0x0b)), with_it(OTHER_BITS, 0x0b));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(each_condition_is_met_by_its_flags),
        cmocka_unit_test(a_told_condition_is_the_one_that_counts),
        cmocka_unit_test(a_block_ends_after_its_last_instruction),
        cmocka_unit_test(there_are_no_blocks_in_a32),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
