/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Who owns and who uses a scheduling context. Not here: its refills (sched/refill.c), charging (sched/sched.c), and the call chains
 * it travels along (object/reply.c).
 */
#include "kernel/object/objects.h"

void sched_context_give(struct sched_context *context, struct tcb *thread)
{
    kassert(context->thread == NULL && thread->context == NULL);
    thread->context = context;
    context->thread = thread;
    tcb_renew(thread);
    if (thread->state == THREAD_READY) {
        sched_make_ready(thread);
    }
}

struct sched_context *sched_context_idle_home(const struct tcb *thread)
{
    struct sched_context *home = thread->home_context;
    return home != NULL && home->thread == NULL && home->reply_top == NULL ? home : NULL;
}

void sched_context_take(struct sched_context *context)
{
    struct tcb *thread = context->thread;
    if (thread == NULL) {
        return;
    }
    struct sched_context *home = sched_context_idle_home(thread);
    sched_block(thread);
    thread->context = NULL;
    context->thread = NULL;
    tcb_renew(thread);
    if (home != NULL) {
        sched_context_give(home, thread);
    }
}

/** A Notification's context is idle again: pending signals may find a waiter who runs on it (H2). */
static void context_idle_at_home(struct sched_context *context) LOCKED
{
    struct notification *home = context->home_notification;
    if (home != NULL && context->thread == NULL && home->pending != 0) {
        notification_recheck(home);
    }
}

void sched_context_lend(struct sched_context *context, struct tcb *thread)
{
    kassert(context->lent_to == NULL && thread->lent_context == NULL);
    context->lent_to = thread;
    thread->lent_context = context;
    thread->plain_reply = NULL;
    sched_context_give(context, thread);
}

void sched_context_unlend(struct tcb *thread)
{
    struct sched_context *context = thread->lent_context;
    if (context == NULL) {
        return;
    }
    thread->lent_context = NULL;
    context->lent_to = NULL;
    if (context->thread == thread) {
        sched_context_take(context);
    }
    context_idle_at_home(context);
}

void sched_context_return_home(struct sched_context *context)
{
    struct tcb *owner = context->home_thread != NULL ? context->home_thread : context->lent_to;
    if (context->reply_top != NULL) {
        context->reply_top->context = NULL;
        context->reply_top->server->plain_reply = NULL;
        context->reply_top = NULL;
    }
    sched_context_take(context);
    if (owner == NULL) {
        context_idle_at_home(context);
    } else if (RULE(6) && owner->context == NULL) {
        sched_context_give(context, owner);
        tcb_time_changed(owner);
    }
}

bool sched_context_is_stray(const struct tcb *thread)
{
    const struct sched_context *context = thread->context;
    return context != NULL && context->home_thread != thread && context->lent_to != thread &&
           (context->reply_top == NULL || context->reply_top->server != thread);
}

void sched_context_unbind(struct sched_context *context)
{
    if (context == NULL) {
        return;
    }
    struct tcb *owner = context->home_thread != NULL ? context->home_thread : context->lent_to;
    if (context->home_thread != NULL) {
        context->home_thread->home_context = NULL;
    }
    if (context->lent_to != NULL) {
        context->lent_to->lent_context = NULL;
    }
    if (context->home_notification != NULL) {
        context->home_notification->context = NULL;
    }
    context->home_thread = NULL;
    context->home_notification = NULL;
    context->lent_to = NULL;
    struct tcb *user = context->thread;
    if (owner != NULL && owner->state == THREAD_REPLY && owner->reply->donated == context) {
        reply_undonate(owner->reply);
    }
    if (user != NULL && (user == owner || (tcb_is_waiting(user) && sched_context_is_stray(user)))) {
        sched_context_take(context);
        tcb_time_changed(user);
        if (user->context == NULL && user->state == THREAD_READY) {
            reply_donate(user);
        }
    }
}

void sched_context_destroy(struct sched_context *context)
{
    sched_context_unbind(context);
    struct tcb *user = context->thread;
    sched_context_return_home(context);
    if (user != NULL) {
        tcb_time_changed(user);
    }
    sched_forget_context(context);
}

void sched_context_configure(struct sched_context *context, uint64_t budget_ns, uint64_t period_ns, uint64_t refill_max)
{
    context->budget = ticks_of_ns(budget_ns);
    context->period = ticks_of_ns(period_ns);
    /* A head refill below a fifth of the least budget joins the next: the timer interrupt would cost as much. */
    context->refill_min = ticks_of_ns(SEL_LIMIT_BUDGET_NS_MIN / 5);
    context->refill_max = (uint8_t)refill_max;
    context->consumed = 0;
    sched_restart_context(context);
}

void sched_context_bind_thread(struct sched_context *context, struct tcb *thread)
{
    context->home_thread = thread;
    thread->home_context = context;
    thread->plain_reply = NULL;
    tcb_renew(thread);
    if (context->thread == NULL && thread->context == NULL) {
        sched_context_give(context, thread);
        tcb_time_changed(thread);
    }
}

/* --- invocations --- */

bool sched_context_is_bound(const struct sched_context *context)
{
    return context->home_thread != NULL || context->home_notification != NULL;
}

/** That the context has no home yet was looked at before: one that has was configured. */
err_t decode_sched_context_bind(struct sched_context_bind_op *op, struct err_info *info)
{
    const struct tcb *tcb = slot_object(op->target); /* or */
    const struct notification *notification = slot_object(op->target);
    bool is_home = (cap_type(op->target->cap) == CAP_TYPE_TCB ? tcb->home_context : notification->context) != NULL;
    err_t error = check_bound(info, op->sched_context->budget != 0, true);
    return error == ERR_OK && is_home ? refuse(info, ERR_ALREADY_BOUND, 1, 0, 0) : error;
}

void invoke_sched_context_bind(const struct sched_context_bind_op *op)
{
    struct sched_context *context = op->sched_context;
    if (cap_type(op->target->cap) == CAP_TYPE_NOTIFICATION) {
        context->home_notification = slot_object(op->target);
        context->home_notification->context = context;
        context_idle_at_home(context);
        return;
    }
    sched_context_bind_thread(context, slot_object(op->target));
}

void invoke_sched_context_consumed(const struct sched_context_consumed_op *op, struct result *out)
{
    const struct sched_context *context = op->sched_context;
    uint64_t running = context == percpu()->context ? arch_clock() - percpu()->context_since : 0;
    out->word[0] = ns_of_ticks(context->consumed + running);
}
