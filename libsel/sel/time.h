/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Time: the physical counter (never the virtual one, which carries a guest's offset), conversions, waiting by a Timer.
 * Conversions need no 128-bit arithmetic and saturate instead of wrapping.
 */
#pragma once

#include <stdbool.h>
#include <stdint.h>

#include <gen/sel/syscalls.h>

#define SEL_NS_PER_SECOND 1000000000ull
#define SEL_NS_PER_MS     1000000ull
#define SEL_NS_PER_US     1000ull

/** Ticks of the system counter. */
uint64_t sel_clock_ticks(void);

/** Ticks a second. */
uint64_t sel_clock_frequency_hz(void);

/** Nanoseconds since the counter's zero. */
uint64_t sel_clock_ns(void);

/** Ticks to nanoseconds, rounded down. `frequency_hz` at most 2^34. */
uint64_t sel_ticks_to_ns(uint64_t ticks, uint64_t frequency_hz);

/** Nanoseconds to ticks, rounded up: a deadline never comes early. */
uint64_t sel_ns_to_ticks(uint64_t ns, uint64_t frequency_hz);

/** Let `timer` signal at the counter's `deadline_ns`. */
sel_err_t sel_timer_set_ns(sel_cap_t timer, uint64_t deadline_ns);

/**
 * Sleep until `deadline_ticks` of the counter by `timer`, which is bound to the process's own Notification with `bit`.
 * Other bits that arrive meanwhile are kept for sel_event_wait(). False if the timer or the Notification is gone.
 */
bool sel_sleep_until(sel_cap_t timer, uint64_t bit, uint64_t deadline_ticks);
