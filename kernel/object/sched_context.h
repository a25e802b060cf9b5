/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * SchedContext: the right to processor time. A sporadic server: at most `budget` ticks in any window of `period` ticks.
 *
 * Invariant B1: the refills' amounts sum to `budget` at all times (time is neither created nor lost), but for round robin (budget = period), which has one:
 *               what is left of the slice.
 * Invariant B2: refills are ordered by release time and do not overlap.
 * Invariant B3: a context has at most one home; lent_to is set only while its home is a Notification; home_thread.home_context,
 *               notification.context and lent_to.lent_context point back.
 */
#pragma once

#include "kernel/sched/heap.h"

struct refill {
    uint64_t release; /* ticks: from when `amount` may be used */
    uint64_t amount;  /* ticks */
};

struct sched_context {
    struct heap_node release_node; /* first; in the release heap while out of budget and wanted */
    struct tcb *thread;            /* who runs on it now (T1) */
    struct tcb *home_thread;       /* or */
    struct notification *home_notification;
    struct tcb *lent_to;     /* whom the home Notification woke with it, until that thread waits again */
    struct reply *reply_top; /* call chain it was donated along */
    uint64_t budget;         /* ticks; 0 = not configured */
    uint64_t period;
    uint64_t consumed; /* ticks since configuration */
    uint64_t badge;
    uint64_t refill_min; /* ticks: a shorter head refill joins the next */
    uint8_t refill_max;
    uint8_t refill_head;
    uint8_t refill_count;
    bool is_released; /* in the release heap */
    struct refill refill[SEL_LIMIT_REFILL_COUNT_MAX];
};

/** Fix budget and period (within the limits of sched_control.configure) and start with a full budget. */
void sched_context_configure(struct sched_context *context, uint64_t budget_ns, uint64_t period_ns,
                             uint64_t refill_max) LOCKED;

/** Make `thread`, nobody's home so far, the home of the context, which has none. */
void sched_context_bind_thread(struct sched_context *context, struct tcb *thread) LOCKED;

/** Hand the idle context to `thread`, which has none; queues it if it is READY and there is budget, else into the release heap. */
void sched_context_give(struct sched_context *context, struct tcb *thread) LOCKED;

/** The context whose home `thread` is, if nobody uses it, or NULL: what the thread goes on with when it gives up another one. */
struct sched_context *sched_context_idle_home(const struct tcb *thread) LOCKED;

/** Take the context from its thread, if any, which leaves the ready queue or goes on with its own home context if that is idle. */
void sched_context_take(struct sched_context *context) LOCKED;

/** A Notification wakes the passive `thread` with its context. */
void sched_context_lend(struct sched_context *context, struct tcb *thread) LOCKED;

/** `thread` waits again, stops or dies: a context lent to it is its Notification's again (at once, or when its call chain ends). */
void sched_context_unlend(struct tcb *thread) LOCKED;

/** The chain broke (H6): give it back to its home thread or to whom it was lent, who is not on it; without these it becomes idle. */
void sched_context_return_home(struct sched_context *context) LOCKED;

/** Whether it has a home. */
bool sched_context_is_bound(const struct sched_context *context) LOCKED;

/** Whether the thread runs on a context whose chain broke: not its home, not lent to it, not on top of a call it serves. */
bool sched_context_is_stray(const struct tcb *thread) LOCKED;

/**
 * The context, if any, has no home any more. Its call chain goes on to its end: servers get it back one by one, only the last one has
 * nowhere to return it, and its owner stays without.
 */
void sched_context_unbind(struct sched_context *context) LOCKED;

/** Undo every binding; whoever used it is passive from now on. */
void sched_context_destroy(struct sched_context *context) LOCKED;
