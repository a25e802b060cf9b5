/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * One context, two threads, no queue: see ipc/ipc.h.
 */
#include "kernel/object/objects.h"

_Static_assert(PRIORITY_COUNT == 256, "the words of ready_bitmap");

/** Whether nobody is queued whom sched_pick would take before `tcb`; mostly nobody is queued at all. */
static bool is_first(const struct percpu *cpu, const struct tcb *tcb)
{
    const uint64_t *ready = cpu->ready_bitmap;
    return (ready[0] | ready[1] | ready[2] | ready[3]) == 0 || sched_is_first(tcb);
}

/** `from` runs on the context in use, and no home of its own waits for it; `to` would run next. */
static bool can_pass_time(const struct percpu *cpu, const struct tcb *from, const struct tcb *to)
{
    const struct sched_context *context = from->context;
    return from == cpu->current && context != NULL && context == cpu->context && from->lent_context == NULL &&
           (from->home_context == NULL || from->home_context == context) && to->context == NULL && is_first(cpu, to);
}

static void pass_time(struct percpu *cpu, struct tcb *from, struct tcb *to)
{
    struct sched_context *context = from->context;
    from->context = NULL;
    to->context = context;
    context->thread = to;
    to->state = THREAD_READY;
    cpu->current = to;
    cpu->is_decided = true;
    trace(TRACE_SWITCH, (uint64_t)from, (uint64_t)to);
}

/** Words behind the fault's length are zero. All are loaded before one is stored: pairs of them are one instruction. */
static void deliver_fault(struct tcb *caller, struct tcb *server, uint64_t badge, const struct fault *fault)
{
    struct fault copy = *fault;
    caller->fault_label = copy.label;
    for (uint64_t i = 0; i < MESSAGE_REGISTER_WORDS; i++) { /* bound: MESSAGE_REGISTER_WORDS */
        arch_message_set(&server->registers, i, copy.word[i]);
    }
    arch_set_badge(&server->registers, badge);
    arch_set_tag(&server->registers, tag_make(copy.label, copy.length, 0) | TAG_KERNEL);
}

bool handover_call(struct tcb *caller, struct endpoint *endpoint, uint64_t badge, const struct fault *fault)
{
    struct percpu *cpu = percpu();
    struct tcb *server = endpoint->queue.head;
    struct sched_context *context = caller->context;
    if (endpoint->state != ENDPOINT_RECEIVERS || server->reply == NULL || !can_pass_time(cpu, caller, server) ||
        server->peer_next != server || server->queue_next != NULL || endpoint->cancel_next != NULL ||
        server->serving != NULL || context->reply_top != NULL) {
        return false;
    }
    struct reply *reply = server->reply;
    endpoint->queue.head = NULL;
    endpoint->state = ENDPOINT_IDLE;
    server->blocked_on = NULL;
    server->peer_next = NULL;
    server->peer_prev = NULL;
    server->is_leader = false;
    server->reply = NULL;
    server->serving = reply;
    reply->serving_link = &server->serving;
    if (fault != NULL) {
        deliver_fault(caller, server, badge, fault);
    } else {
        transfer_message(caller, server, badge, caller->can_grant);
    }
    arch_set_status(&server->registers, ERR_OK);
    reply->caller = caller;
    reply->context = context;
    context->reply_top = reply;
    caller->reply = reply;
    caller->state = THREAD_REPLY;
    pass_time(cpu, caller, server);
    return true;
}

static bool is_quiet(const struct tcb *server, const struct endpoint *endpoint)
{
    const struct notification *bound = server->bound_notification;
    return endpoint->queue.head == NULL && (bound == NULL || bound->pending == 0);
}

bool handover_answer(struct tcb *server, struct endpoint *endpoint, struct reply *reply)
{
    struct percpu *cpu = percpu();
    struct tcb *caller = reply->caller;
    struct sched_context *context = reply->context;
    if (caller == NULL || context == NULL || server->context != context || context->thread != server ||
        !can_pass_time(cpu, server, caller) || server->serving != reply || reply->serving_next != NULL ||
        reply->below != NULL || !is_quiet(server, endpoint)) {
        return false;
    }
    reply->caller = NULL;
    reply->context = NULL;
    context->reply_top = NULL;
    caller->reply = NULL;
    server->serving = NULL;
    server->reply = reply;
    server->state = THREAD_RECV;
    server->blocked_on = endpoint;
    server->peer_next = server;
    server->peer_prev = server;
    server->is_leader = true;
    endpoint->queue.head = server;
    endpoint->state = ENDPOINT_RECEIVERS;
    arch_set_reply_status(&server->registers, ERR_OK);
    pass_time(cpu, server, caller);
    if (caller->fault_label != 0) {
        caller->state = fault_complete(caller, server);
        cpu->is_decided = caller->state == THREAD_READY;
    } else {
        transfer_message(server, caller, 0, false);
        arch_set_status(&caller->registers, ERR_OK);
    }
    return true;
}
