/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * SchedContext: the right to processor time. A sporadic server: at most `budget` ticks in any window of `period` ticks.
 *
 * Invariant B1: the refills' amounts sum to `budget` at all times (time is neither created nor lost).
 * Invariant B2: refills are ordered by release time and do not overlap.
 */
#pragma once

#include <stdbool.h>
#include <stdint.h>

#include "kernel/api/invocation.h"
#include "kernel/sched/heap.h"
#include "kernel/smp/lock.h"

struct notification;
struct reply;
struct tcb;

struct refill {
    uint64_t release;   /* ticks: from when `amount` may be used */
    uint64_t amount;    /* ticks */
};

struct sched_context {
    struct heap_node release_node;   /* in the release heap while out of budget and wanted */
    struct tcb *thread;              /* who runs on it now (T1) */
    struct tcb *home_thread;         /* or */
    struct notification *home_notification;
    struct reply *reply_top;         /* call chain it was donated along */
    uint64_t budget;                 /* ticks; 0 = not configured */
    uint64_t period;
    uint64_t consumed;               /* ticks since configuration */
    uint64_t badge;
    uint16_t core;
    uint8_t refill_max;
    uint8_t refill_head;
    uint8_t refill_count;
    bool is_released;                /* in the release heap */
    struct refill refill[SEL_LIMIT_REFILL_COUNT_MAX];
};

_Static_assert(sizeof(struct sched_context) <= 1 << OBJECT_BITS_SCHED_CONTEXT, "a SchedContext must fit its object size");

/** Hand the context to `thread` (which has none); queues it if it is READY and there is budget, else into the release heap. */
void sched_context_give(struct sched_context *context, struct tcb *thread) REQUIRES(kernel_lock);

/** Take the context from its thread, which leaves the ready queue. Charges it if it is running. */
void sched_context_take(struct sched_context *context) REQUIRES(kernel_lock);

/** The chain broke: give it back to its home (thread, or notification = nobody). */
void sched_context_return_home(struct sched_context *context) REQUIRES(kernel_lock);

/** Undo every binding; whoever used it is passive from now on. */
void sched_context_destroy(struct sched_context *context) REQUIRES(kernel_lock);
