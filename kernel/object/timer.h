/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Timer: an absolute deadline delivered to a Notification. User level has time without hardware of its own.
 *
 * Invariant M1: `node` is in percpu.timers exactly while is_set.
 * Invariant M2: a Timer is on its Notification's list exactly while `notification` is not NULL; unbound, it is not set.
 */
#pragma once

#include "kernel/sched/heap.h"

/** What sits in percpu.timers. */
struct timer_event {
    struct heap_node node; /* first */
    bool is_guest;         /* a waiting guest's own timer, not a user's Timer */
    bool is_set;
};

struct timer {
    struct timer_event event; /* first */
    struct notification *notification;
    uint64_t badge;
    struct timer *next;  /* in notification->timers */
    struct timer **link; /* what points here in that list */
};

/** Set or replace a deadline (ticks). */
void timer_event_set(struct timer_event *event, uint64_t deadline) LOCKED;
void timer_event_cancel(struct timer_event *event) LOCKED;
/** Deliver what is due at `now`; when an interrupt waits, the hardware timer fires again for the rest. */
void timer_expire(uint64_t now) LOCKED;
/** Bound Notification dies: unbind its Timers; PREEMPTED when an interrupt waits. */
enum progress timer_forget_notification(struct notification *notification) LOCKED;
/** Unbind and cancel; also when the last capability went. */
void timer_unbind(struct timer *timer) LOCKED;
