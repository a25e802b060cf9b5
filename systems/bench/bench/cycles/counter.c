/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * The judgement on the counter: counter.h.
 */
#include "systems/bench/bench/cycles/counter.h"

#define EXACTNESS 1000 /* a thousandth: reading two clocks one after the other takes time */

static bool is_exact(struct counter_range range)
{
    return range.least == PROBE_LENGTH && range.most == PROBE_LENGTH;
}

/** One count a nanosecond. */
static bool is_gigahertz(uint64_t count, uint64_t ns)
{
    uint64_t difference = count > ns ? count - ns : ns - count;

    return difference <= ns / EXACTNESS;
}

enum counter_kind counter_judge(const struct counter_facts *facts)
{
    if (facts->divisions.most == 0) {
        return COUNTER_STOPPED;
    }
    if (is_exact(facts->additions) && is_exact(facts->divisions)) {
        return COUNTER_INSTRUCTIONS;
    }
    bool is_clock = facts->is_emulators_board || is_gigahertz(facts->sleep_count, facts->sleep_ns);
    return is_clock ? COUNTER_CLOCK : COUNTER_CYCLES;
}
