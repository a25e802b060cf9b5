/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Reply objects: who owes whom an answer, and the contexts that travel along call chains.
 */
#include "kernel/object/objects.h"

/* --- the two lists a Reply is on --- */

static void serving_link(struct reply *reply, struct tcb *server)
{
    struct reply *next = server->serving;
    reply->server = server;
    reply->serving_next = next;
    if (next != NULL) {
        next->serving_prev = reply;
    }
    server->serving = reply;
}

static void serving_unlink(struct reply *reply)
{
    struct reply *next = reply->serving_next;
    *(reply->serving_prev != NULL ? &reply->serving_prev->serving_next : &reply->server->serving) = next;
    if (next != NULL) {
        next->serving_prev = reply->serving_prev;
    }
    reply->serving_next = NULL;
    reply->serving_prev = NULL;
    reply->server = NULL;
}

/** On top of the context's chain; out of one that was cut (sched_context_return_home), where its neighbours still point at it. */
static void chain_push(struct reply *reply, struct sched_context *context) REQUIRES(kernel_lock)
{
    reply_undonate(reply);
    reply->context = context;
    reply->below = context->reply_top;
    if (reply->below != NULL) {
        reply->below->above = reply;
        reply->below->context = NULL;
    }
    context->reply_top = reply;
}

/** Out of the chain, wherever it is in it. */
void reply_undonate(struct reply *reply)
{
    if (reply->context != NULL) {
        reply->context->reply_top = reply->below;
    }
    if (reply->below != NULL) {
        reply->below->above = reply->above;
        reply->below->context = reply->context;
    }
    if (reply->above != NULL) {
        reply->above->below = reply->below;
    }
    reply->context = NULL;
    reply->below = NULL;
    reply->above = NULL;
}

/* --- offering --- */

void reply_offer(struct reply *reply, struct tcb *server)
{
    server->reply = reply;
    if (reply != NULL) {
        reply->server = server;
    }
}

void reply_withdraw(struct tcb *server)
{
    if (server->reply != NULL) {
        server->reply->server = NULL;
        server->reply = NULL;
    }
}

/* --- calls and answers --- */

void reply_donate(struct tcb *server)
{
    struct reply *reply = server->serving;
    if (reply == NULL || reply->caller->context == NULL || reply->caller->fault_label == FAULT_TIMEOUT) {
        return;
    }
    struct sched_context *context = reply->caller->context;
    sched_context_take(context);
    chain_push(reply, context);
    sched_context_give(context, server);
}

void reply_push(struct reply *reply, struct tcb *caller, struct tcb *server)
{
    kassert(reply->caller == NULL);
    reply->caller = caller;
    caller->reply = reply;
    caller->state = THREAD_REPLY;
    serving_link(reply, server);
    if (server->context == NULL) {
        reply_donate(server);
    }
}

/** Empty the object, which holds a caller. */
static void reply_clear(struct reply *reply) REQUIRES(kernel_lock)
{
    reply->caller->reply = NULL;
    reply->caller = NULL;
    serving_unlink(reply);
    reply_undonate(reply);
}

struct tcb *reply_pop(struct reply *reply)
{
    struct tcb *caller = reply->caller;
    struct tcb *server = reply->server;
    struct sched_context *context = reply->context;
    if (caller == NULL) {
        return NULL;
    }
    reply_clear(reply);
    if (context == NULL || context->thread != server) {
        return caller;
    }
    sched_context_take(context);
    tcb_time_changed(server);
    if (caller->context == NULL) {
        sched_context_give(context, caller);
    } else {
        sched_context_return_home(context);
    }
    return caller;
}

/** A server that waits or is stopped has no use for a stray context; one that runs or calls on keeps it until it waits (H6). */
static bool is_waiting(const struct tcb *tcb)
{
    return tcb->state == THREAD_RECV || tcb->state == THREAD_WAIT || tcb->state == THREAD_INACTIVE;
}

void reply_forget_caller(struct reply *reply)
{
    struct tcb *server = reply->server;

    reply_clear(reply);
    if (is_waiting(server)) {
        reply_settle_context(server, true);
        tcb_time_changed(server);
    }
}

void reply_break(struct reply *reply)
{
    struct tcb *server = reply->server;
    struct tcb *caller = reply->caller;

    if (is_waiting(server)) {
        (void)reply_pop(reply);
    } else {
        reply_clear(reply);
    }
    if (RULE(3)) {
        fault_wake(caller, ERR_PEER_DIED);
    }
}

void reply_destroy(struct reply *reply)
{
    if (reply->caller != NULL) {
        reply_break(reply);
    } else if (reply->server != NULL) {
        reply_withdraw(reply->server);
    }
}

/* --- where a context belongs (H6) --- */

bool reply_keeps_time(const struct tcb *tcb, const struct reply *answered)
{
    const struct sched_context *context = tcb->context;
    if (context == NULL || context == tcb->lent_context) {
        return false;
    }
    if (context->reply_top != NULL && context->reply_top->server == tcb) {
        return context->reply_top != answered;
    }
    return context->home_thread == tcb;
}

/** The server that needs the context to answer, or NULL. One with time of its own gives the donation up. */
static struct tcb *chain_server(struct sched_context *context) REQUIRES(kernel_lock)
{
    struct reply *top = context->reply_top;
    if (top == NULL || top->server->context == NULL) {
        return top == NULL ? NULL : top->server;
    }
    reply_undonate(top);
    return NULL;
}

void reply_settle_context(struct tcb *tcb, bool waits)
{
    if (waits) {
        sched_context_unlend(tcb);
    }
    if (!RULE(6) || !sched_context_is_stray(tcb)) {
        return;
    }
    struct sched_context *context = tcb->context;
    struct tcb *server = chain_server(context);
    if (server == NULL) {
        sched_context_return_home(context);
        return;
    }
    sched_context_take(context);
    sched_context_give(context, server);
    tcb_time_changed(server);
}
