/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Nanoseconds and ticks of the counter, both ways, without 128-bit products: exact as long as the counter is at most 1 GHz
 * times 18 (2^64 / 10^9) and the result fits.
 */
#pragma once

#include "kernel/arch/arch.h"

#define NS_PER_SECOND 1000000000ul

static inline uint64_t ticks_of_ns(uint64_t time_ns)
{
    uint64_t hz = arch_clock_hz();
    return time_ns / NS_PER_SECOND * hz + time_ns % NS_PER_SECOND * hz / NS_PER_SECOND;
}

static inline uint64_t ns_of_ticks(uint64_t ticks)
{
    uint64_t hz = arch_clock_hz();
    return ticks / hz * NS_PER_SECOND + ticks % hz * NS_PER_SECOND / hz;
}
