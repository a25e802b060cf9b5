/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * What is made of the probes: silicon, QEMU with instructions counted, QEMU on the host's clock, a counter that stands still.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>

#include <cmocka.h>

#include "systems/bench/bench/cycles/counter.h"

#define EXACT        {PROBE_LENGTH, PROBE_LENGTH}
#define DIVISIONS    {4000, 4012}
#define SLEEP_NS     10000000
#define SLEEP_CYCLES 15000000 /* 1.5 GHz */

static void cycles_of_a_processor_are_cycles(void **state)
{
    (void)state;
    const struct counter_facts running = {false, EXACT, DIVISIONS, SLEEP_CYCLES, SLEEP_NS};
    const struct counter_facts resting = {false, {998, 1043}, DIVISIONS, 700, SLEEP_NS}; /* it stops in WFI */

    assert_int_equal(counter_judge(&running), COUNTER_CYCLES);
    assert_int_equal(counter_judge(&resting), COUNTER_CYCLES);
}

/** On any board: a processor that adds and divides one a cycle does not exist. */
static void counts_that_are_exact_are_instructions(void **state)
{
    (void)state;
    const struct counter_facts emulators = {true, EXACT, EXACT, SLEEP_NS, SLEEP_NS};
    const struct counter_facts another = {false, EXACT, EXACT, SLEEP_NS, SLEEP_NS};

    assert_int_equal(counter_judge(&emulators), COUNTER_INSTRUCTIONS);
    assert_int_equal(counter_judge(&another), COUNTER_INSTRUCTIONS);
}

static void an_emulators_board_has_no_cycles(void **state)
{
    (void)state;
    const struct counter_facts plain = {true, {320, 1900}, {2400, 9000}, SLEEP_NS, SLEEP_NS};
    const struct counter_facts like_silicon = {true, EXACT, DIVISIONS, SLEEP_CYCLES, SLEEP_NS};
    const struct counter_facts other_shift = {
        true, {2000, 2000}, {2000, 2000}, SLEEP_NS, SLEEP_NS}; /* -icount shift=1 */
    const struct counter_facts once_not = {true, {PROBE_LENGTH, PROBE_LENGTH + 1}, EXACT, SLEEP_NS, SLEEP_NS};

    assert_int_equal(counter_judge(&plain), COUNTER_CLOCK);
    assert_int_equal(counter_judge(&like_silicon), COUNTER_CLOCK);
    assert_int_equal(counter_judge(&other_shift), COUNTER_CLOCK);
    assert_int_equal(counter_judge(&once_not), COUNTER_CLOCK);
}

/** QEMU's model of a board that exists: the counter is a clock of 1 GHz that goes on while the processor waits. */
static void a_gigahertz_while_nobody_runs_is_a_clock(void **state)
{
    (void)state;
    struct counter_facts facts = {false, {320, 1900}, {2400, 9000}, SLEEP_NS - 900, SLEEP_NS};

    assert_int_equal(counter_judge(&facts), COUNTER_CLOCK);
    facts.sleep_count = SLEEP_NS + SLEEP_NS / 1000;
    assert_int_equal(counter_judge(&facts), COUNTER_CLOCK);
    facts.sleep_count = SLEEP_NS + SLEEP_NS / 500;
    assert_int_equal(counter_judge(&facts), COUNTER_CYCLES);
    facts.sleep_count = SLEEP_NS - SLEEP_NS / 500;
    assert_int_equal(counter_judge(&facts), COUNTER_CYCLES);
}

static void a_counter_that_stands_still_is_told(void **state)
{
    (void)state;
    const struct counter_facts facts = {false, {0, 0}, {0, 0}, 0, SLEEP_NS};

    assert_int_equal(counter_judge(&facts), COUNTER_STOPPED);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(cycles_of_a_processor_are_cycles),
        cmocka_unit_test(counts_that_are_exact_are_instructions),
        cmocka_unit_test(an_emulators_board_has_no_cycles),
        cmocka_unit_test(a_gigahertz_while_nobody_runs_is_a_clock),
        cmocka_unit_test(a_counter_that_stands_still_is_told),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
