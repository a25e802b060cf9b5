/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Runs below a guest that wants all the time, and looks at the counter all along: where it jumps, somebody else ran. So every window of one
 * period shows what the guest got in it, kernel entries on its behalf included. The run counts instructions, 16 a tick.
 */
#include "sel/sel.h"
#include "test/system/lib/check.h"

#define BUDGET_NS     (6 * SEL_NS_PER_MS)
#define PERIOD_NS     (10 * SEL_NS_PER_MS)
#define GAP_MAX       512
#define GAP_TICKS_MIN 8 /* own loop: about one tick */
/* 1,000 instructions of the guest, and as many of the kernel on the ways into it and out of it, which a gap contains. */
#define OVERRUN_TICKS 125
#define PERIODS       100

struct gap {
    uint64_t start;
    uint64_t end;
};

static struct gap gaps[GAP_MAX];
static uint64_t gap_count;

/** Look until `end`, and note every jump of the counter. */
static void observe(uint64_t end)
{
    uint64_t last = sel_clock_ticks();

    while (last < end && gap_count < GAP_MAX) {
        uint64_t now = sel_clock_ticks();
        if (now - last >= GAP_TICKS_MIN) {
            gaps[gap_count++] = (struct gap){.start = last, .end = now};
        }
        last = now;
    }
}

static uint64_t overlap(const struct gap *gap, uint64_t start, uint64_t end)
{
    uint64_t from = gap->start > start ? gap->start : start;
    uint64_t to = gap->end < end ? gap->end : end;

    return to > from ? to - from : 0;
}

/** Ticks that others had in the window that begins at `start`. */
static uint64_t used_in_window(uint64_t start, uint64_t length)
{
    uint64_t used = 0;

    for (uint64_t i = 0; i < gap_count; i++) {
        used += overlap(&gaps[i], start, start + length);
    }
    return used;
}

static void the_guest_gets_its_budget_and_no_more_in_any_window(void)
{
    uint64_t hz = sel_clock_frequency_hz();
    uint64_t period = sel_ns_to_ticks(PERIOD_NS, hz);
    uint64_t budget = sel_ns_to_ticks(BUDGET_NS, hz);
    uint64_t begin = sel_clock_ticks();

    observe(begin + PERIODS * period);
    CHECK(gap_count >= PERIODS - 1 && gap_count < GAP_MAX);
    uint64_t last_window = begin + (PERIODS - 1) * period;
    for (uint64_t i = 0; i < gap_count; i++) {
        /* The fullest windows begin where a gap begins or end where one ends. */
        if (gaps[i].start < last_window) {
            uint64_t used = used_in_window(gaps[i].start, period);
            if (used > budget + OVERRUN_TICKS) {
                CHECK_EQUAL(used, budget + OVERRUN_TICKS);
            }
        }
        if (gaps[i].end > begin + period) {
            uint64_t used = used_in_window(gaps[i].end - period, period);
            if (used > budget + OVERRUN_TICKS) {
                CHECK_EQUAL(used, budget + OVERRUN_TICKS);
            }
        }
    }
    /* It is given what it was promised, too. */
    CHECK(used_in_window(begin, PERIODS * period) >= (PERIODS - 2) * budget);
}

int main(void)
{
    static const struct check_test tests[] = {CHECK_TEST(the_guest_gets_its_budget_and_no_more_in_any_window)};

    observe(sel_clock_ticks() + sel_clock_frequency_hz() / 10); /* the guest has started by then */
    gap_count = 0;
    check_run(tests, 1, NULL);
    return 0;
}
