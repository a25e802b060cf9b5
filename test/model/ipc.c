/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Endpoints: a sender and a receiver meet, or one waits for the other; the answer to a Call. Who waits must be served by somebody who has
 * time, or is given some (H1).
 */
#include "test/model/parts.h"

/** Whether a receiver with or without time, with or without a Reply, can take what `sender` sends. */
static uint64_t serve_error(uint32_t sender, bool has_time, bool has_reply)
{
    const struct model_thread *self = &model.thread[sender];
    bool gives_time = self->context != 0 && self->fault_label != FAULT_TIMEOUT;
    if (!self->is_call) {
        return has_time ? SEL_ERROR_OK : SEL_ERROR_NO_TIME;
    }
    if (!has_reply) {
        return has_time ? SEL_ERROR_CANCELLED : SEL_ERROR_NO_TIME;
    }
    return has_time || gives_time ? SEL_ERROR_OK : SEL_ERROR_NO_TIME;
}

uint64_t model_ipc_send(uint32_t thread, const struct model_send *send)
{
    struct model_thread *self = &model.thread[thread];
    self->badge = send->badge;
    self->is_call = send->is_call;
    self->can_grant = send->can_grant;
    uint32_t receiver = model_first_waiter(MODEL_RECV, send->endpoint, false);
    if (receiver == 0 && !send->is_blocking) {
        return SEL_ERROR_WOULD_BLOCK;
    }
    if (receiver == 0) {
        model_block(thread);
        self->state = MODEL_SEND;
        model_wait_at(thread, send->endpoint);
        return SEL_ERROR_OK;
    }
    uint32_t reply = model.thread[receiver].reply;
    uint64_t error = serve_error(thread, model.thread[receiver].context != 0, reply != 0);
    if (error != SEL_ERROR_OK) {
        return error;
    }
    model_leave(receiver);
    model_withdraw(receiver);
    model_transfer(thread, receiver, self->badge, self->can_grant);
    if (self->is_call) {
        model_block(thread);
        model_reply_push(reply, thread, receiver);
    }
    model_wake(receiver, SEL_ERROR_OK);
    return SEL_ERROR_OK;
}

/** Senders whom the thread, which comes to receive, could not serve are refused first. */
uint64_t model_ipc_refuse(uint32_t endpoint, uint32_t thread, uint32_t reply, uint32_t answered)
{
    bool has_time = model_keeps_time(thread, answered) || model_idle_home(thread) != 0;
    uint32_t sender;
    while ((sender = model_first_waiter(MODEL_SEND, endpoint, false)) != 0) {
        uint64_t error = serve_error(sender, has_time, reply != 0);
        if (error == SEL_ERROR_OK) {
            break;
        }
        model_leave(sender);
        model_fault_wake(sender, error);
        if (model_must_stop()) {
            return MODEL_PREEMPTED;
        }
    }
    return SEL_ERROR_OK;
}

uint64_t model_ipc_receive(uint32_t thread, uint32_t endpoint, uint32_t reply, bool is_blocking)
{
    struct model_thread *self = &model.thread[thread];
    if (self->notification != 0 && model_can_take(self->notification, thread, is_blocking)) {
        model_transfer_bits(thread, model_take_bits(self->notification, thread));
        return SEL_ERROR_OK;
    }
    uint32_t sender = model_first_waiter(MODEL_SEND, endpoint, false);
    if (sender == 0 && !is_blocking) {
        return SEL_ERROR_WOULD_BLOCK;
    }
    if (sender == 0) {
        model_settle(thread, true);
        model_block(thread);
        self->state = MODEL_RECV;
        model_offer(reply, thread);
        model_wait_at(thread, endpoint);
        return SEL_ERROR_OK;
    }
    model_leave(sender);
    model_transfer(sender, thread, model.thread[sender].badge, model.thread[sender].can_grant);
    if (!model_keeps_time(thread, 0)) {
        model_settle(thread, true);
    }
    if (!model.thread[sender].is_call) {
        model_wake(sender, SEL_ERROR_OK);
        return SEL_ERROR_OK;
    }
    model_reply_push(reply, sender, thread);
    return SEL_ERROR_OK;
}

uint64_t model_ipc_answer(uint32_t server, uint32_t reply, bool can_grant)
{
    uint32_t caller = model_reply_pop(reply);
    if (caller == 0) {
        return SEL_ERROR_PEER_DIED;
    }
    if (model.thread[caller].fault_label == 0) {
        model_transfer(server, caller, 0, can_grant);
        model_wake(caller, SEL_ERROR_OK);
    } else {
        enum model_state state = model_fault_complete(caller, server);
        model.thread[caller].state = state;
        if (state == MODEL_READY) {
            model_make_ready(caller);
        }
    }
    model_settle(server, false);
    return SEL_ERROR_OK;
}

/* --- endings --- */

/** H5: everyone queued hears of it. */
uint64_t model_endpoint_destroy(uint32_t endpoint)
{
    for (;;) {
        uint32_t receiver = model_first_waiter(MODEL_RECV, endpoint, false);
        uint32_t thread = receiver != 0 ? receiver : model_first_waiter(MODEL_SEND, endpoint, false);
        if (thread == 0) {
            return SEL_ERROR_OK;
        }
        if (receiver != 0) {
            model_withdraw(thread);
        }
        model_leave(thread);
        model_fault_wake(thread, SEL_ERROR_PEER_DIED);
        if (model_must_stop()) {
            return MODEL_PREEMPTED;
        }
    }
}

/** All sends with this badge, first to last; a walk that was preempted goes on where it was. */
uint64_t model_cancel_badged(uint32_t endpoint, uint64_t badge)
{
    struct model_endpoint *self = &model.endpoint[endpoint];
    bool goes_on = self->cancel_badge == badge && self->cancel_next != 0;
    uint32_t thread = goes_on ? self->cancel_next : model_first_waiter(MODEL_SEND, endpoint, false);
    self->cancel_badge = badge;
    while (thread != 0) {
        uint32_t next = model_next_waiter(thread);
        self->cancel_next = next;
        if (model.thread[thread].badge == badge) {
            model_leave(thread);
            model_fault_wake(thread, SEL_ERROR_CANCELLED);
        }
        thread = next;
        if (thread != 0 && model_must_stop()) {
            return MODEL_PREEMPTED;
        }
    }
    self->cancel_badge = 0;
    self->cancel_next = 0;
    return SEL_ERROR_OK;
}
