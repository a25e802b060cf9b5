/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Reply: one pending answer. Offered by a receiver, taken by the next Call, emptied by the answer.
 *
 * Invariant R1: caller != NULL exactly while that thread is in state REPLY with tcb.reply pointing here.
 * Invariant R2: with a donated context, this object is on that context's stack (`context` set on the top one only).
 * Invariant R3: while it holds a caller it is on the server's `serving` list.
 * Invariant R4: tcb.plain_reply is alone on that list; its caller has no context, its server neither a home nor a lent one, and no other time than what was donated
 *               with it; while the server waits for an answer on a chain that is whole, it is right below the Reply it waits on.
 */
#pragma once

#include "kernel/object/sched_context.h"

struct reply {
    struct tcb *caller;                  /* who waits for the answer */
    struct sched_context *context;       /* top of that context's stack; NULL if lower or nothing was donated */
    const struct sched_context *donated; /* what was donated with it last: compared, never followed */
    struct reply *below;                 /* towards the context's home */
    struct reply *above;
    struct tcb *server;         /* who offers it (RECV) or owes the answer; NULL: it is free */
    struct reply *serving_next; /* in server->serving */
    struct reply *serving_prev; /* NULL: the first there */
};

/** On top of the chain that `context` travels along. */
static inline ALWAYS_INLINE void reply_chain_push(struct reply *reply, struct sched_context *context) LOCKED
{
    struct reply *below = context->reply_top;
    if (below != NULL) {
        below->above = reply;
        below->context = NULL;
    }
    reply->context = context;
    reply->donated = context;
    reply->below = below;
    context->reply_top = reply;
}

/** The server, about to wait, offers `reply` (NULL: none) to the next caller; undone by reply_withdraw. */
void reply_offer(struct reply *reply, struct tcb *server) LOCKED;
void reply_withdraw(struct tcb *server) LOCKED;

/** Bind caller (blocked) and server at a Call, state REPLY; donates the caller's context when the server has none. */
void reply_push(struct reply *reply, struct tcb *caller, struct tcb *server) LOCKED;

/** A server that has lost its own time goes on with that of the caller it took last, as if it had been passive from the start (H10). */
void reply_donate(struct tcb *server) LOCKED;

/** The answer: empty the object, give the context back if this was the top. Returns the caller, or NULL if gone (H4). */
struct tcb *reply_pop(struct reply *reply) LOCKED;

/** The answer shall not bring the context back to this caller, which loses it; servers above go on. */
void reply_undonate(struct reply *reply) LOCKED;

/** The caller goes (cancelled or dead): empty the object. A context it donated comes home later (H6). */
void reply_forget_caller(struct reply *reply) LOCKED;

/** The answer will not come: wake the caller with PEER_DIED (H3), with its context if the server has it. */
void reply_break(struct reply *reply) LOCKED;

/** The last capability went: break if it holds a caller, withdraw it from a receiver that offers it. */
void reply_destroy(struct reply *reply) LOCKED;

/** Whether `tcb` would still have time of its own while it waits, `answered` (or NULL) once replied to. */
bool reply_keeps_time(const struct tcb *tcb, const struct reply *answered) LOCKED;

/**
 * H6: the thread gives up a context that does not belong to it any more: it goes to the server at the top of its chain, else home.
 * With `waits` it is about to block: what a Notification lent it goes back too.
 */
void reply_settle_context(struct tcb *tcb, bool waits) LOCKED;
