/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * A ReplyRecv in the world of lib/fastpath.h: who owes one answer or two, on the time of a chain or not.
 */
#pragma once

#include "test/proof/lib/fastpath.h"

/* What is stubbed below has another name in its own file. */
#define notification_take    real_notification_take
#define notification_recheck real_notification_recheck
#include "kernel/object/notification.c"
#undef notification_take
#undef notification_recheck
#define tcb_time_changed real_tcb_time_changed
#include "kernel/object/tcb.c"
#undef tcb_time_changed
#define sched_context_return_home real_sched_context_return_home
#define sched_context_unlend      real_sched_context_unlend
#include "kernel/object/sched_context.c"
#undef sched_context_return_home
#undef sched_context_unlend

/* --- what the common way does not come to where the fastpath did it --- */

void fault_wake(struct tcb *tcb, err_t status)
{
    (void)tcb;
    (void)status;
    proof_never();
}

/** It would look at signals for one that waits. */
void tcb_time_changed(struct tcb *tcb)
{
    PROVE(tcb->state == THREAD_READY, "who has answered waits for nothing yet");
}

uint64_t notification_take(struct notification *of, struct tcb *tcb)
{
    (void)of;
    (void)tcb;
    proof_never();
    return 0;
}

void notification_recheck(struct notification *of)
{
    (void)of;
    proof_never();
}

void sched_context_unlend(struct tcb *thread)
{
    PROVE(thread->lent_context == NULL, "who has answered was lent no time");
}

void sched_context_return_home(struct sched_context *context)
{
    (void)context;
    proof_never();
}

/* --- the state --- */

static void any_endpoint(void)
{
    HAVOC(endpoint);
    endpoint.queue.head = NULL;
    endpoint.cancel_next = NULL;
    ASSUME(endpoint.state <= ENDPOINT_PASSIVE_RECEIVER);
    if (endpoint.state == ENDPOINT_IDLE) {
        return; /* E2 */
    }
    endpoint.queue.head = &behind;
    endpoint.cancel_next = endpoint.state == ENDPOINT_SENDERS ? MAYBE(behind) : NULL;
    behind.state = endpoint.state == ENDPOINT_SENDERS ? THREAD_SEND : THREAD_RECV;
    behind.blocked_on = &endpoint;
    behind.reply = behind.state == THREAD_RECV ? MAYBE(lowest) : NULL;
    lowest.server = behind.reply != NULL ? &behind : lowest.server;
}

static void link(struct reply *upper, struct reply *lower)
{
    upper->below = lower;
    lower->above = upper;
}

/** R2: none, one or both in the chain of the time in use, in both orders. */
static void any_chain(bool is_below_held)
{
    bool is_reply_in = any_bool();
    bool is_below_in = is_below_held && any_bool();
    struct reply *bottom = is_reply_in ? &reply : is_below_in ? &below : NULL;
    struct reply *top = bottom;
    if (is_reply_in && is_below_in) {
        bool is_reversed = any_bool();
        top = is_reversed ? &below : &reply;
        bottom = is_reversed ? &reply : &below;
        link(top, bottom);
    }
    if (top != NULL && any_bool()) { /* else it was cut */
        top->context = &in_use;
        in_use.reply_top = top;
    }
}

/** R3: what `running` owes, in both orders. */
static void any_debts(bool is_below_held)
{
    bool is_reply_owed = reply.server == &running;
    bool is_below_owed = is_below_held && below.server == &running;
    if (is_reply_owed && is_below_owed) {
        bool is_reversed = any_bool();
        running.serving = is_reversed ? &below : &reply;
        running.serving->serving_next = is_reversed ? &reply : &below;
        running.serving->serving_next->serving_prev = running.serving;
    } else if (is_reply_owed) {
        running.serving = &reply;
    } else if (is_below_owed) {
        running.serving = &below;
    }
}

static void any_answer(void)
{
    any_world();
    any_endpoint();
    bool is_below_held = any_bool();
    if (is_below_held) {
        hold(&below, &outer, any_bool() ? &running : any_bool() ? &waiting : &queued);
        waiting.serving = below.server == &waiting ? &below : NULL;
    }
    if (any_bool()) {
        hold(&reply, &waiting, any_bool() ? &running : &queued);
        any_chain(is_below_held);
        any_debts(is_below_held);
    }
    waiting.context = MAYBE(spare);
    spare.thread = waiting.context != NULL ? &waiting : NULL;
    spare.reply_top = any_bool() ? NULL : &lowest;
    assume_kept();
    /* A Call goes on top of the chain that its caller runs on: what R4 says of that one. */
    ASSUME(waiting.plain_reply == NULL || reply.context == NULL || reply.below == waiting.plain_reply);
    any_message();
}
