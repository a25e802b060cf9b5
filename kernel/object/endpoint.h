/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Endpoint: where threads meet. A queue of senders or of receivers, never both.
 *
 * Invariant E1: all queued threads are in the state `state` names; their queue is ordered by priority, FIFO within one.
 * Invariant E2: state is IDLE exactly while the queue is empty, PASSIVE_RECEIVER only while it holds one receiver, which has neither time, nor home, nor was lent any, offers a Reply and owes nobody an answer.
 */
#pragma once

#include "kernel/object/thread_queue.h"

enum endpoint_state {
    ENDPOINT_IDLE,
    ENDPOINT_SENDERS,
    ENDPOINT_RECEIVERS,
    ENDPOINT_PASSIVE_RECEIVER, /* whom a Call can be handed to (fastpath.c); may be RECEIVERS as well */
};

struct endpoint {
    struct thread_queue queue;
    uint64_t state;          /* enum endpoint_state */
    struct tcb *cancel_next; /* cancel_badged_sends: where a preempted walk goes on */
    uint64_t cancel_badge;
};

/** Insert by priority a thread whose own state, SEND or RECV, is already set. */
void endpoint_enqueue(struct endpoint *endpoint, struct tcb *tcb) LOCKED;

/** Another is first there, or gets time or loses it, or does not offer its Reply any more (E2). */
void endpoint_renew(struct endpoint *endpoint) LOCKED;

/** Take a queued thread out. */
void endpoint_dequeue(struct endpoint *endpoint, struct tcb *tcb) LOCKED;

/** Cancel all who wait. PREEMPTED: call again. */
enum progress endpoint_destroy(struct endpoint *endpoint) LOCKED;

/** Cancel all sends queued with `badge`; each sender returns CANCELLED. PREEMPTED: call again. DONE: none is queued any more. */
enum progress endpoint_cancel_badged(struct endpoint *endpoint, uint64_t badge) LOCKED;
