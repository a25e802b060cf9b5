/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Replies: who waits for an answer from whom, and the way a context takes along a chain of calls and back (H3, H6, H10).
 */
#include "test/model/parts.h"

/* --- chains: where in a context's chain a Reply is --- */

/** The context along whose chain the call was made, or 0. */
static uint32_t chain_of(uint32_t reply)
{
    for (uint32_t id = 1; id < MODEL_CONTEXTS; id++) {
        for (uint32_t i = 0; i < model.context[id].chain_count; i++) {
            if (model.context[id].chain[i] == reply) {
                return id;
            }
        }
    }
    return 0;
}

static uint32_t chain_top(uint32_t context)
{
    const struct model_context *self = &model.context[context];
    return self->chain_count == 0 ? 0 : self->chain[self->chain_count - 1];
}

static void chain_push(uint32_t context, uint32_t reply)
{
    struct model_context *self = &model.context[context];
    if (self->chain_count == MODEL_CHAIN) {
        model.is_full = true;
        return;
    }
    self->chain[self->chain_count++] = reply;
}

void model_undonate(uint32_t reply)
{
    struct model_context *self = &model.context[chain_of(reply)];
    uint32_t kept = 0;
    for (uint32_t i = 0; i < self->chain_count; i++) {
        if (self->chain[i] != reply) {
            self->chain[kept++] = self->chain[i];
        }
    }
    for (uint32_t i = kept; i < self->chain_count; i++) {
        self->chain[i] = 0;
    }
    self->chain_count = kept;
}

/* --- whom a server owes an answer --- */

uint32_t model_serving(uint32_t thread)
{
    for (uint32_t id = 1; id < MODEL_REPLIES; id++) {
        const struct model_reply *reply = &model.reply[id];
        if (reply->caller != 0 && reply->server == thread && reply->serve_turn == 1) {
            return id;
        }
    }
    return 0;
}

/** The Replies of `server` with a turn from `from` on change it by `step`. */
static void shift_turns(uint32_t server, uint32_t from, int step)
{
    for (uint32_t id = 1; id < MODEL_REPLIES; id++) {
        struct model_reply *reply = &model.reply[id];
        if (reply->caller != 0 && reply->server == server && reply->serve_turn >= from) {
            reply->serve_turn = (uint32_t)((int)reply->serve_turn + step);
        }
    }
}

void model_offer(uint32_t reply, uint32_t server)
{
    model.thread[server].reply = reply;
    if (reply != 0) {
        model.reply[reply].server = server;
    }
}

void model_withdraw(uint32_t server)
{
    if (model.thread[server].reply != 0) {
        model.reply[model.thread[server].reply].server = 0;
        model.thread[server].reply = 0;
    }
}

/** The server goes on with the time of the caller it took last, if that has any to give. */
void model_donate(uint32_t server)
{
    uint32_t reply = model_serving(server);
    const struct model_thread *caller = &model.thread[model.reply[reply].caller];
    if (reply == 0 || caller->context == 0 || caller->fault_label == FAULT_TIMEOUT) {
        return;
    }
    uint32_t context = caller->context;
    model_take(context);
    chain_push(context, reply);
    model_give(context, server);
}

void model_reply_push(uint32_t reply, uint32_t caller, uint32_t server)
{
    shift_turns(server, 1, 1);
    model.reply[reply].caller = caller;
    model.reply[reply].server = server;
    model.reply[reply].serve_turn = 1;
    model.thread[caller].reply = reply;
    model.thread[caller].state = MODEL_REPLY;
    if (model.thread[server].context == 0) {
        model_donate(server);
    }
}

/** It holds nobody any more. */
static void clear(uint32_t reply)
{
    struct model_reply *self = &model.reply[reply];
    uint32_t server = self->server;
    uint32_t turn = self->serve_turn;
    model.thread[self->caller].reply = 0;
    self->caller = 0;
    self->server = 0;
    self->serve_turn = 0;
    shift_turns(server, turn + 1, -1);
    model_undonate(reply);
}

/** The answer: if the call was the last link of its chain, and the server runs on that context, it goes back. */
uint32_t model_reply_pop(uint32_t reply)
{
    uint32_t caller = model.reply[reply].caller;
    uint32_t server = model.reply[reply].server;
    uint32_t context = chain_of(reply);
    if (caller == 0) {
        return 0;
    }
    bool is_returned = context != 0 && chain_top(context) == reply && model.context[context].thread == server;
    clear(reply);
    if (!is_returned) {
        return caller;
    }
    model_take(context);
    model_time_changed(server);
    if (model.thread[caller].context == 0) {
        model_give(context, caller);
    } else {
        model_return_home(context);
    }
    return caller;
}

bool model_has_no_use_for_time(uint32_t thread)
{
    uint32_t state = model.thread[thread].state;
    return state == MODEL_RECV || state == MODEL_WAIT || state == MODEL_INACTIVE;
}

void model_forget_caller(uint32_t reply)
{
    uint32_t server = model.reply[reply].server;
    clear(reply);
    if (model_has_no_use_for_time(server)) {
        model_settle(server, true);
        model_time_changed(server);
    }
}

void model_reply_break(uint32_t reply)
{
    uint32_t caller = model.reply[reply].caller;
    if (model_has_no_use_for_time(model.reply[reply].server)) {
        (void)model_reply_pop(reply);
    } else {
        clear(reply);
    }
    model_fault_wake(caller, SEL_ERROR_PEER_DIED);
}

void model_reply_destroy(uint32_t reply)
{
    if (model.reply[reply].caller != 0) {
        model_reply_break(reply);
    } else if (model.reply[reply].server != 0) {
        model_withdraw(model.reply[reply].server);
    }
}

/* --- where a context belongs --- */

/** Whether the thread would still have time of its own while it waits, `answered` being answered by then. */
bool model_keeps_time(uint32_t thread, uint32_t answered)
{
    const struct model_thread *self = &model.thread[thread];
    uint32_t top = chain_top(self->context);
    if (self->context == 0 || self->context == self->lent_context) {
        return false;
    }
    if (top != 0 && model.reply[top].server == thread) {
        return top != answered;
    }
    return model.context[self->context].home_thread == thread;
}

/** A context goes to the server on top of its chain, if that has no other time; else home. */
void model_settle(uint32_t thread, bool waits)
{
    if (waits) {
        model_unlend(thread);
    }
    if (!model_is_stray(thread)) {
        return;
    }
    uint32_t context = model.thread[thread].context;
    uint32_t top = chain_top(context);
    uint32_t server = model.reply[top].server;
    if (top != 0 && model.thread[server].context != 0) {
        model_undonate(top);
        server = 0;
    }
    if (top == 0 || server == 0) {
        model_return_home(context);
        return;
    }
    model_take(context);
    model_give(context, server);
    model_time_changed(server);
}
