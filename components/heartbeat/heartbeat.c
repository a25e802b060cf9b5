/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Wakes every 10 ms by its Timer and counts the deadlines it missed: the proof that a guest of higher priority keeps to its budget.
 * A period is missed when the process runs for it only after the next one has begun. A summary is printed every 1,000 periods.
 */
#include "sel/format.h"
#include "sel/sel.h"

#define PERIOD_NS           (10 * SEL_NS_PER_MS)
#define PERIODS_PER_SUMMARY 1000u

SEL_USES_CAP(timer);
SEL_USES_BIT(timer);

static void print_summary(uint64_t missed, uint64_t worst_ns)
{
    char bytes[96];
    struct sel_text line = sel_text_start(bytes, sizeof(bytes));

    sel_text_string(&line, "heartbeat: ");
    sel_text_decimal(&line, PERIODS_PER_SUMMARY);
    sel_text_string(&line, " periods, ");
    sel_text_decimal(&line, missed);
    sel_text_string(&line, " missed, latest by ");
    sel_text_decimal(&line, worst_ns / SEL_NS_PER_US);
    sel_text_string(&line, " us\n");
    sel_console_print(bytes);
}

/** Live through the periods of one summary from `start`; returns when the last one ends, or 0 if the timer is gone. */
static uint64_t run_periods(uint64_t start, uint64_t period)
{
    uint64_t missed = 0;
    uint64_t worst = 0;
    uint64_t deadline = start;

    for (uint32_t i = 0; i < PERIODS_PER_SUMMARY; i++) {
        deadline += period;
        if (!sel_sleep_until(sel_cap_timer, sel_bit_timer, deadline)) {
            return 0;
        }
        uint64_t late = sel_clock_ticks() - deadline;
        missed += late >= period;
        worst = late > worst ? late : worst;
    }
    print_summary(missed, sel_ticks_to_ns(worst, sel_clock_frequency_hz()));
    return deadline;
}

int main(void)
{
    uint64_t period = sel_ns_to_ticks(PERIOD_NS, sel_clock_frequency_hz());
    uint64_t start = sel_clock_ticks();

    while (start != 0) {
        start = run_periods(start, period);
    }
    sel_perror("sleep");
    return 1;
}
