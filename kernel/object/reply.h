/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Reply: one pending answer. Offered by a receiver, taken by the next Call, emptied by the answer.
 *
 * Invariant R1: caller != NULL exactly while that thread is in state REPLY with tcb.reply pointing here.
 * Invariant R2: with a donated context, this object is on that context's stack (`context` set on the top one only).
 * Invariant R3: while it holds a caller it is on the server's `serving` list.
 */
#pragma once

#include <stdint.h>

#include "kernel/api/invocation.h"
#include "kernel/smp/lock.h"

struct tcb;
struct sched_context;

struct reply {
    struct tcb *caller;              /* who waits for the answer */
    struct tcb *server;              /* who offers it (RECV) or owes the answer */
    struct sched_context *context;   /* top of that context's stack; NULL if lower or nothing was donated */
    struct reply *below;             /* towards the context's home */
    struct reply *above;
    struct reply *serving_next;      /* in server->serving */
    struct reply *serving_prev;
    uint64_t flags;                  /* bit 0: a context was donated through this object */
};

/** Bind caller and server at a Call; donates the caller's context when the server has none. */
void reply_push(struct reply *reply, struct tcb *caller, struct tcb *server) REQUIRES(kernel_lock);

/** The answer: empty the object, give the context back if this was the top. Returns the caller, or NULL if gone (H4). */
struct tcb *reply_pop(struct reply *reply) REQUIRES(kernel_lock);

/** One side died: wake the caller with PEER_DIED now, or when its context comes home (H3, H6). */
void reply_break(struct reply *reply) REQUIRES(kernel_lock);

/** The last capability went: break if it holds a caller, withdraw it from a receiver that offers it. */
void reply_destroy(struct reply *reply) REQUIRES(kernel_lock);
