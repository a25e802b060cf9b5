/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * The kernel on this machine follows the reference model; and a model with a bug is found out.
 */
#include "inspect.h"
#include "planted.h"
#include "replay.h"
#include "sel/format.h"
#include "sel/sel.h"
#include "stage.h"
#include "test/system/lib/check.h"

#define STEPS_WANTED   10000
#define STEPS_SEQUENCE 400
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
    tell("calls granted", replay_counts.calls);
    tell("calls refused", replay_counts.refusals);
    tell("faults", replay_counts.faults);
    tell("switches", replay_counts.switches);
    tell("idle", replay_counts.idle);
    tell("slots compared", inspect_counts.slots);
    tell("threads compared", inspect_counts.threads);
    tell("mappings compared", inspect_counts.mappings);
    tell("buffers compared", inspect_counts.buffers);
    tell("out of reach", inspect_counts.missed);
}

static void the_kernel_follows_the_model(void)
{
    uint64_t seed = 1;

    while (replay_counts.steps < STEPS_WANTED && !check_has_failed()) {
        (void)replay_sequence(seed++, STEPS_SEQUENCE, INTERVAL);
    }
    tell_counts();
}

static const struct check_test tests[] = {
    CHECK_TEST(the_kernel_follows_the_model),
};

int main(void)
{
    stage_build();
    check_run(tests, sizeof(tests) / sizeof(tests[0]), NULL);
    return 0;
}
