/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Synchronous IPC.
 */
#include "kernel/object/objects.h"

/** Whether a receiver with or without time, with or without a Reply object, can take what `sender` sends (H1). */
static err_t serve_error(const struct tcb *sender, bool has_time, bool has_reply)
{
    if (!sender->is_call) {
        return has_time || !RULE(1) ? ERR_OK : ERR_NO_TIME;
    }
    if (!has_reply) {
        return has_time ? ERR_CANCELLED : ERR_NO_TIME;
    }
    /* A context that has run out of budget is of no use to a timeout's handler. */
    return has_time || (sender->context != NULL && sender->fault_label != FAULT_TIMEOUT) ? ERR_OK : ERR_NO_TIME;
}

static err_t send_now(struct tcb *sender, struct endpoint *endpoint, struct tcb *receiver) LOCKED
{
    struct reply *reply = receiver->reply;
    err_t error = serve_error(sender, receiver->context != NULL, reply != NULL);
    if (error != ERR_OK) {
        return error;
    }
    endpoint_dequeue(endpoint, receiver);
    reply_withdraw(receiver);
    transfer_message(sender, receiver, sender->badge, sender->can_grant);
    if (sender->is_call) {
        sched_block(sender);
        reply_push(reply, sender, receiver);
    }
    sched_wake(receiver);
    return ERR_OK;
}

err_t ipc_send(struct tcb *sender, struct cap cap, bool is_call, bool is_blocking)
{
    struct endpoint *endpoint = (struct endpoint *)cap_object(cap);

    trace(TRACE_IPC, (uint64_t)endpoint, cap_badge(cap));
    sender->badge = cap_badge(cap);
    sender->is_call = is_call;
    sender->can_grant = (cap_rights(cap) & SEL_RIGHT_GRANT) != 0;
    if (endpoint->state >= ENDPOINT_RECEIVERS) {
        return send_now(sender, endpoint, endpoint->queue.head);
    }
    if (!is_blocking) {
        return ERR_WOULD_BLOCK;
    }
    sched_block(sender);
    sender->state = THREAD_SEND;
    endpoint_enqueue(endpoint, sender);
    return ERR_OK;
}

enum progress ipc_refuse_unservable(struct endpoint *endpoint, const struct tcb *tcb, const struct reply *reply,
                                    const struct reply *answered)
{
    while (endpoint->state == ENDPOINT_SENDERS) {
        bool has_time = reply_keeps_time(tcb, answered) || sched_context_idle_home(tcb) != NULL;
        struct tcb *sender = endpoint->queue.head;
        err_t error = serve_error(sender, has_time, reply != NULL);
        if (error == ERR_OK) {
            return DONE;
        }
        endpoint_dequeue(endpoint, sender);
        fault_wake(sender, error);
        if (preemption_point()) {
            return PREEMPTED;
        }
    }
    return DONE;
}

static void receive_from(struct tcb *sender, struct tcb *tcb, struct reply *reply) LOCKED
{
    endpoint_dequeue(sender->blocked_on, sender);
    transfer_message(sender, tcb, sender->badge, sender->can_grant);
    if (!reply_keeps_time(tcb, NULL)) {
        reply_settle_context(tcb, true);
    }
    if (!sender->is_call) {
        sched_wake(sender);
        return;
    }
    reply_push(reply, sender, tcb);
}

err_t ipc_receive(struct tcb *tcb, struct endpoint *endpoint, struct reply *reply, bool is_blocking)
{
    struct notification *notification = tcb->bound_notification;
    if (notification != NULL && notification_can_take(notification, tcb, is_blocking)) {
        transfer_notification(tcb, notification_take(notification, tcb));
        return ERR_OK;
    }
    if (endpoint->state == ENDPOINT_SENDERS) {
        receive_from(endpoint->queue.head, tcb, reply);
        return ERR_OK;
    }
    if (!is_blocking) {
        return ERR_WOULD_BLOCK;
    }
    reply_settle_context(tcb, true);
    sched_block(tcb);
    tcb->state = THREAD_RECV;
    reply_offer(reply, tcb);
    endpoint_enqueue(endpoint, tcb);
    return ERR_OK;
}

err_t ipc_reply(struct tcb *server, struct reply *reply, bool can_grant)
{
    struct tcb *caller = reply_pop(reply);
    if (caller == NULL) {
        return ERR_PEER_DIED;
    }
    if (caller->fault_label != 0) {
        caller->state = fault_complete(caller, server);
        if (caller->state == THREAD_READY) {
            sched_make_ready(caller);
        }
    } else {
        transfer_message(server, caller, 0, can_grant);
        sched_wake(caller);
    }
    reply_settle_context(server, false);
    return ERR_OK;
}
