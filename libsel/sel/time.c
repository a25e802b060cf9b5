/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Clock conversions. Whole seconds and the rest are converted apart: the rest's product stays below 2^64 for
 * frequencies up to 2^34 Hz (the architecture's counters run at 1 GHz or less).
 */
#include "sel/time.h"

#include "gen/sel/invocations.h"
#include "sel/event.h"

static uint64_t multiply_saturated(uint64_t a, uint64_t b)
{
    uint64_t product;
    return __builtin_mul_overflow(a, b, &product) ? UINT64_MAX : product;
}

static uint64_t add_saturated(uint64_t a, uint64_t b)
{
    return a > UINT64_MAX - b ? UINT64_MAX : a + b;
}

uint64_t sel_ticks_to_ns(uint64_t ticks, uint64_t frequency_hz)
{
    const uint64_t seconds = multiply_saturated(ticks / frequency_hz, SEL_NS_PER_SECOND);
    return add_saturated(seconds, ticks % frequency_hz * SEL_NS_PER_SECOND / frequency_hz);
}

uint64_t sel_ns_to_ticks(uint64_t ns, uint64_t frequency_hz)
{
    const uint64_t seconds = multiply_saturated(ns / SEL_NS_PER_SECOND, frequency_hz);
    const uint64_t rest = ns % SEL_NS_PER_SECOND * frequency_hz;
    return add_saturated(seconds, (rest + SEL_NS_PER_SECOND - 1) / SEL_NS_PER_SECOND);
}

uint64_t sel_clock_ns(void)
{
    return sel_ticks_to_ns(sel_clock_ticks(), sel_clock_frequency_hz());
}

sel_err_t sel_timer_set_ns(sel_cap_t timer, uint64_t deadline_ns)
{
    return sel_timer_set(timer, sel_ns_to_ticks(deadline_ns, sel_clock_frequency_hz()));
}

bool sel_sleep_until(sel_cap_t timer, uint64_t bit, uint64_t deadline_ticks)
{
    while (sel_clock_ticks() < deadline_ticks) {
        if (sel_timer_set(timer, deadline_ticks) != SEL_ERROR_OK || !sel_event_wait_for(bit)) {
            return false;
        }
    }
    return true;
}
