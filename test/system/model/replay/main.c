/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * The kernel on this machine follows the reference model; and a model with a bug is found out.
 */
#include "device.h"
#include "inspect.h"
#include "planted.h"
#include "replay.h"
#include "sel/format.h"
#include "sel/sel.h"
#include "stage.h"
#include "test/system/lib/check.h"

#define STEPS_WANTED   20000
#define STEPS_SEQUENCE 400
#define STEPS_PLANTED  30000
#define INTERVAL       16

uint64_t planted_bug;

static void tell(const char *name, uint64_t value)
{
    char bytes[100];
    struct sel_text line = sel_text_start(bytes, sizeof(bytes));

    sel_text_string(&line, "REPLAY ");
    sel_text_string(&line, name);
    sel_text_string(&line, " ");
    sel_text_decimal(&line, value);
    sel_text_string(&line, "\n");
    sel_console_print(bytes);
}

static void tell_counts(void)
{
    tell("steps", replay_counts.steps);
    tell("sequences", replay_counts.sequences);
    tell("sequences that came to rest", replay_counts.ended_idle);
    tell("sequences that grew too large", replay_counts.ended_full);
    tell("calls granted", replay_counts.calls);
    tell("calls refused", replay_counts.refusals);
    tell("faults", replay_counts.faults);
    tell("switches", replay_counts.switches);
    tell("interrupted", replay_counts.interrupted);
    tell("device interrupts", replay_counts.interrupts);
    tell("calls on VCPUs", replay_counts.guests);
    tell("budgets used up", replay_counts.budgets);
    tell("timeouts told", replay_counts.timeouts);
    tell("idle", replay_counts.idle);
    tell("slots compared", inspect_counts.slots);
    tell("threads compared", inspect_counts.threads);
    tell("mappings compared", inspect_counts.mappings);
    tell("buffers compared", inspect_counts.buffers);
    tell("out of reach", inspect_counts.missed);
}

/** Not one thread alone, nor nothing but refusals: each of these things happened in so many steps at least once. */
static void check_reached(void)
{
    const struct {
        const char *name;
        uint64_t count;
        uint64_t steps;
    } reached[] = {
        {"steps", replay_counts.steps, 1},
        {"calls granted", replay_counts.calls, 4},
        {"switches", replay_counts.switches, 20},
        {"faults", replay_counts.faults, 200},
        {"interrupted", replay_counts.interrupted, 10},
        {"device interrupts", replay_counts.interrupts, 200},
        {"calls on VCPUs", replay_counts.guests, 200},
        {"budgets used up", replay_counts.budgets, 500},
        {"timeouts told", replay_counts.timeouts, 2000},
    };

    for (unsigned int i = 0; i < sizeof(reached) / sizeof(reached[0]); i++) {
        if (reached[i].count < STEPS_WANTED / reached[i].steps) {
            check_fail_values(__FILE__, __LINE__, reached[i].name, reached[i].count, STEPS_WANTED / reached[i].steps);
        }
    }
}

static void the_kernel_follows_the_model(void)
{
    planted_bug = 0;
    for (uint64_t seed = 1; replay_counts.steps < STEPS_WANTED && !check_has_failed(); seed++) {
        if (!replay_sequence(seed, STEPS_SEQUENCE, INTERVAL, false)) {
            (void)replay_sequence(seed, STEPS_SEQUENCE, 1, false); /* which step it was */
        }
    }
    tell_counts();
    check_reached();
}

/* --- a model with a bug (MODEL_BUG in test/model) must be found to differ, or the comparison is worth nothing --- */

static void expect_difference(uint64_t bug)
{
    uint64_t before = replay_counts.steps;

    planted_bug = bug;
    for (uint64_t seed = 1; replay_counts.steps - before < STEPS_PLANTED; seed++) {
        if (!replay_sequence(seed, STEPS_SEQUENCE, INTERVAL, true)) {
            tell("steps to a planted bug", replay_counts.steps - before);
            return;
        }
    }
    CHECK(!"the planted bug was not found");
}

static void a_right_that_copies_do_not_lose_is_found(void)
{
    expect_difference(1);
}

static void a_capability_that_revoke_forgets_is_found(void)
{
    expect_difference(2);
}

static void a_queue_out_of_order_is_found(void)
{
    expect_difference(3);
}

static void a_wrong_signal_is_found(void)
{
    expect_difference(4);
}

static void a_lost_word_of_a_message_is_found(void)
{
    expect_difference(6);
}

static void a_wrong_badge_of_an_interrupt_is_found(void)
{
    expect_difference(7);
}

static void a_timeout_of_another_context_is_found(void)
{
    expect_difference(8);
}

static void a_wrong_register_of_a_vcpu_is_found(void)
{
    expect_difference(9);
}

static const struct check_test tests[] = {
    CHECK_TEST(the_kernel_follows_the_model),
    CHECK_TEST(a_right_that_copies_do_not_lose_is_found),
    CHECK_TEST(a_capability_that_revoke_forgets_is_found),
    CHECK_TEST(a_queue_out_of_order_is_found),
    CHECK_TEST(a_wrong_signal_is_found),
    CHECK_TEST(a_lost_word_of_a_message_is_found),
    CHECK_TEST(a_wrong_badge_of_an_interrupt_is_found),
    CHECK_TEST(a_timeout_of_another_context_is_found),
    CHECK_TEST(a_wrong_register_of_a_vcpu_is_found),
};

int main(void)
{
    stage_build();
    device_build();
    check_run(tests, sizeof(tests) / sizeof(tests[0]), NULL);
    return 0;
}
