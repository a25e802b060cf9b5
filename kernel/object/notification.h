/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Notification: a word of signal bits that threads can wait on. May be bound to one thread's Recv, may lend a context.
 *
 * Invariant N1: `pending` is zero while a thread that could run waits.
 * Invariant N2: waiters are queued by priority, FIFO within one.
 */
#pragma once

#include <stdint.h>

#include "kernel/api/invocation.h"
#include "kernel/smp/lock.h"

struct tcb;
struct sched_context;

struct notification {
    uint64_t pending;
    struct tcb *head;                /* waiters */
    struct tcb *tail;
    struct tcb *bound;               /* thread whose Recv also takes the signals */
    struct sched_context *context;   /* lent to a passive thread it wakes; home of that context */
};

/** Add `badge` to the signal bits and wake who can run (H2). Also used by timers and interrupts. */
void notification_signal(struct notification *notification, uint64_t badge) REQUIRES(kernel_lock);

void notification_enqueue(struct notification *notification, struct tcb *tcb) REQUIRES(kernel_lock);
void notification_dequeue(struct notification *notification, struct tcb *tcb) REQUIRES(kernel_lock);

/** Wake waiters with PEER_DIED (H5), unbind thread and context. */
enum progress notification_destroy(struct notification *notification) REQUIRES(kernel_lock);
