/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Notification: a word of signal bits that threads can wait on. May be bound to one thread's Recv, may lend a context.
 *
 * Invariant N1: `pending` is zero while a thread that could run waits.
 * Invariant N2: waiters are queued by priority, FIFO within one; threads without a context in `passive`, the others in `queue`.
 */
#pragma once

#include "kernel/object/tcb.h"

struct notification {
    uint64_t pending;
    struct thread_queue queue;     /* waiters with time */
    struct thread_queue passive;   /* waiters without */
    struct tcb *bound;             /* thread whose Recv also takes the signals */
    struct sched_context *context; /* lent to a passive thread it wakes; home of that context */
    struct timer *timers;          /* bound Timers, linked through them */
    uint64_t irq_count;            /* interrupts delivered here */
};

/** Whether somebody waits who might take signals. */
static inline bool notification_has_waiter(const struct notification *notification)
{
    bool is_queue_empty = ((uint64_t)notification->queue.head | (uint64_t)notification->passive.head) == 0;
    return !is_queue_empty || (notification->bound != NULL && notification->bound->state == THREAD_RECV);
}

/** What an unbadged capability signals: a Signal that wakes nobody would be an unexplained hang. */
#define UNBADGED_BITS 1

static inline void notification_add(struct notification *notification, uint64_t badge)
{
    notification->pending |= badge != 0 ? badge : UNBADGED_BITS;
}

/**
 * Add `badge` (0, of an unbadged capability, counts as 1) to the signal bits and wake who can run (H2). For the last step of a system call or an
 * interrupt, or while percpu.must_choose is set: who wakes may be current afterwards. Also used by timers.
 */
void notification_signal(struct notification *notification, uint64_t badge) LOCKED;

/** Deliver pending bits to a waiter that can run now: called whenever a waiter or the Notification may have got time. */
void notification_recheck(struct notification *notification) LOCKED;

/** Whether bits are pending that `tcb`, which runs, may take instead of waiting: it keeps its time or is lent some. */
bool notification_can_take(const struct notification *notification, const struct tcb *tcb, bool would_wait) LOCKED;

/** The running thread takes the pending bits, with a lent context if it has no other time. */
uint64_t notification_take(struct notification *notification, struct tcb *tcb) LOCKED;

/** Whether `tcb` may wait there: another thread that it is bound to would never see what this one took. */
static inline bool notification_is_for(const struct notification *notification, const struct tcb *tcb)
{
    return notification->bound == NULL || notification->bound == tcb;
}

/** The running thread takes the pending bits into its badge, or blocks until it is signalled; WOULD_BLOCK only without would_wait. */
err_t notification_receive(struct notification *notification, struct tcb *tcb, bool would_wait) LOCKED;

void notification_enqueue(struct notification *notification, struct tcb *tcb) LOCKED;
void notification_dequeue(struct notification *notification, struct tcb *tcb) LOCKED;

/** Wake waiters with PEER_DIED (H5), unbind thread and context. */
enum progress notification_destroy(struct notification *notification) LOCKED;
