/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * One context, two threads, no queue: see handover.h.
 */
#include "kernel/ipc/handover.h"

#include <stddef.h>

#include "gen/abi.h"
#include "kernel/arch/arch.h"
#include "kernel/debug/trace.h"
#include "kernel/ipc/fault.h"
#include "kernel/ipc/transfer.h"
#include "kernel/object/endpoint.h"
#include "kernel/object/notification.h"
#include "kernel/object/reply.h"
#include "kernel/object/sched_context.h"
#include "kernel/object/tcb.h"
#include "kernel/sched/sched.h"
#include "kernel/smp/percpu.h"

/** `from` runs on the context in use, and no home of its own waits for it; `to` would run next. */
static bool can_pass_time(const struct percpu *cpu, const struct tcb *from, const struct tcb *to)
    REQUIRES(kernel_lock)
{
    const struct sched_context *context = from->context;
    return from == cpu->current && context != NULL && context == cpu->context && from->lent_context == NULL &&
           (from->home_context == NULL || from->home_context == context) && to->context == NULL &&
           sched_is_first(to);
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

bool handover_call(struct tcb *caller, struct endpoint *endpoint, struct tcb *server)
{
    struct percpu *cpu = percpu();
    struct reply *reply = server->reply;
    struct sched_context *context = caller->context;
    if (!can_pass_time(cpu, caller, server) || server->peer_next != server || server->queue_next != NULL ||
        endpoint->cancel_next != NULL || server->serving != NULL || context->reply_top != NULL) {
        return false;
    }
    endpoint->queue.head = NULL;
    endpoint->state = ENDPOINT_IDLE;
    server->blocked_on = NULL;
    server->peer_next = NULL;
    server->peer_prev = NULL;
    server->is_leader = false;
    server->reply = NULL;
    server->serving = reply;
    transfer_message(caller, server, caller->badge, caller->can_grant);
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

bool handover_answer(struct tcb *server, struct endpoint *endpoint, struct reply *reply, bool can_grant)
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
    endpoint_enqueue(endpoint, server, ENDPOINT_RECEIVERS);
    arch_set_reply_status(&server->registers, ERR_OK);
    pass_time(cpu, server, caller);
    if (caller->fault_label != 0) {
        caller->state = fault_complete(caller, server);
        cpu->is_decided = caller->state == THREAD_READY;
    } else {
        transfer_message(server, caller, 0, can_grant);
        arch_set_status(&caller->registers, ERR_OK);
    }
    return true;
}
