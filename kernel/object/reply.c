/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Reply objects: who owes whom an answer, and the contexts that travel along call chains.
 */
#include "kernel/object/objects.h"

/** Out of the chain, wherever it is in it; it holds a caller. */
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
    reply->server->plain_reply = NULL;
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
        tcb_renew(server);
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
    /* On top of its chain; out of one that was cut (sched_context_return_home), where its neighbours still point at it. */
    reply_undonate(reply);
    reply_chain_push(reply, context);
    sched_context_give(context, server);
}

void reply_push(struct reply *reply, struct tcb *caller, struct tcb *server)
{
    kassert(reply->caller == NULL);
    reply->caller = caller;
    caller->reply = reply;
    caller->state = THREAD_REPLY;
    reply->server = server;
    reply->serving_next = server->serving;
    if (server->serving != NULL) {
        server->serving->serving_prev = reply;
    }
    server->serving = reply;
    if (server->context == NULL) {
        reply_donate(server);
    }
    bool is_plain = reply->context != NULL && reply->serving_next == NULL && caller->context == NULL &&
                    server->home_context == NULL && server->lent_context == NULL;
    server->plain_reply = is_plain ? reply : NULL;
}

/** Empty the object, which holds a caller. */
static void reply_clear(struct reply *reply) LOCKED
{
    struct reply *next = reply->serving_next;
    *(reply->serving_prev != NULL ? &reply->serving_prev->serving_next : &reply->server->serving) = next;
    if (next != NULL) {
        next->serving_prev = reply->serving_prev;
    }
    reply->serving_next = NULL;
    reply->serving_prev = NULL;
    reply_undonate(reply);
    reply->server = NULL;
    reply->caller->reply = NULL;
    reply->caller = NULL;
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
    if (context != NULL && context->thread == server) {
        sched_context_take(context);
        tcb_time_changed(server);
        if (caller->context == NULL) {
            sched_context_give(context, caller);
        } else {
            sched_context_return_home(context);
        }
    }
    return caller;
}

void reply_forget_caller(struct reply *reply)
{
    struct tcb *server = reply->server;

    reply_clear(reply);
    if (tcb_is_waiting(server)) {
        reply_settle_context(server, true);
        tcb_time_changed(server);
    }
}

void reply_break(struct reply *reply)
{
    struct tcb *server = reply->server;
    struct tcb *caller = reply->caller;

    if (tcb_is_waiting(server)) {
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

void reply_settle_context(struct tcb *tcb, bool waits)
{
    if (waits) {
        sched_context_unlend(tcb);
    }
    if (!RULE(6) || !sched_context_is_stray(tcb)) {
        return;
    }
    struct sched_context *context = tcb->context;
    struct tcb *server = context->reply_top != NULL ? context->reply_top->server : NULL;
    if (server == NULL || server->context != NULL) { /* one with time of its own gives the donation up */
        sched_context_return_home(context);
        return;
    }
    sched_context_take(context);
    sched_context_give(context, server);
    tcb_time_changed(server);
}
