/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * What a Call to a passive server that waits alone changes, and what its answer changes: one context, two threads, no queue. Used where the
 * message comes in registers (fastpath.c) and where it is a fault (fault.c). Whether that is the case their conditions say; the result
 * is what ipc.c does step by step.
 */
#pragma once

#include "kernel/object/objects.h"

/** Whether nobody is queued whom sched_pick would take before `tcb`. */
static inline bool is_first(const struct percpu *cpu, const struct tcb *tcb)
{
    return tcb->priority >= cpu->ready_end;
}

/**
 * Whether who is first at `endpoint` can take a Call of `caller`, which runs on the context in use: no idle home of its own may wait for it
 * (sched_context_take would give it that); the server has no time and would run next.
 */
static inline bool can_take_call(const struct percpu *cpu, const struct tcb *caller, const struct endpoint *endpoint)
{
    const struct tcb *server = endpoint->queue.head;
    return endpoint->state == ENDPOINT_PASSIVE_RECEIVER &&
           (caller->home_context == NULL || caller->home_context == caller->context) && is_first(cpu, server);
}

/** The message is still in the registers, or a fault. Returns the server. */
static inline ALWAYS_INLINE struct tcb *take_call(struct percpu *cpu, struct tcb *caller,
                                                  struct endpoint *endpoint) LOCKED
{
    struct tcb *server = endpoint->queue.head;
    struct reply *reply = server->reply;
    struct sched_context *context = caller->context;
    reply_chain_push(reply, context);
    reply->caller = caller;
    endpoint->queue.head = NULL;
    endpoint->state = ENDPOINT_IDLE;
    server->context = context;
    server->reply = NULL;
    server->serving = reply;
    server->plain_reply = reply;
    server->blocked_on = NULL;
    context->thread = server;
    caller->context = NULL;
    caller->reply = reply;
    caller->state = THREAD_REPLY;
    server->state = THREAD_READY;
    cpu->current = server;
    trace(TRACE_SWITCH, (uint64_t)caller, (uint64_t)server);
    return server;
}

/** Whether `server`, which runs, can answer the caller of `reply` and wait at `endpoint` with nobody to serve there. */
static inline bool can_answer(const struct percpu *cpu, const struct tcb *server, const struct endpoint *endpoint,
                              const struct reply *reply)
{
    const struct notification *bound = server->bound_notification;
    return server->plain_reply == reply && endpoint->queue.head == NULL && (bound == NULL || bound->pending == 0) &&
           is_first(cpu, reply->caller);
}

/** The answer is still in the registers, or a fault's (fault_complete). Returns the caller. */
static inline ALWAYS_INLINE struct tcb *give_answer(struct percpu *cpu, struct tcb *server, struct endpoint *endpoint,
                                                    struct reply *reply) LOCKED
{
    struct tcb *caller = reply->caller;
    struct sched_context *context = reply->context;
    struct reply *below = reply->below;
    if (below != NULL) {
        below->above = NULL;
        below->context = context;
        reply->below = NULL;
    }
    caller->context = context;
    caller->reply = NULL;
    reply->caller = NULL;
    reply->context = NULL;
    context->reply_top = below;
    context->thread = caller;
    server->context = NULL;
    server->reply = reply;
    server->serving = NULL;
    server->plain_reply = NULL;
    server->blocked_on = endpoint;
    server->state = THREAD_RECV;
    endpoint->queue.head = server;
    endpoint->state = ENDPOINT_PASSIVE_RECEIVER;
    caller->state = THREAD_READY;
    cpu->current = caller;
    trace(TRACE_SWITCH, (uint64_t)server, (uint64_t)caller);
    return caller;
}
