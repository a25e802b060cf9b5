/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Notification: signal bits and those who wait for them.
 */
#include "kernel/object/objects.h"

static struct thread_queue *queue_of(struct notification *notification, const struct tcb *tcb)
{
    return tcb->is_passive_waiter ? &notification->passive : &notification->queue;
}

void notification_enqueue(struct notification *notification, struct tcb *tcb)
{
    tcb->blocked_on = notification;
    tcb->is_passive_waiter = tcb->context == NULL;
    thread_queue_insert(queue_of(notification, tcb), tcb);
}

void notification_dequeue(struct notification *notification, struct tcb *tcb)
{
    thread_queue_remove(queue_of(notification, tcb), tcb);
    tcb->blocked_on = NULL;
    tcb->is_passive_waiter = false;
}

/** Whether the Notification has a context that nobody uses. */
static bool can_lend(const struct notification *notification)
{
    const struct sched_context *context = notification->context;
    return context != NULL && context->thread == NULL && context->lent_to == NULL;
}

/** Who gets the pending bits now, or NULL: nobody waits who could run (H2). */
static struct tcb *taker(const struct notification *notification)
{
    struct tcb *bound = notification->bound;
    bound = bound != NULL && bound->state == THREAD_RECV ? bound : NULL;
    if (notification->queue.head != NULL) {
        return notification->queue.head;
    }
    if (bound != NULL && bound->context != NULL) {
        return bound;
    }
    if (RULE(2) && !can_lend(notification)) {
        return NULL;
    }
    return notification->passive.head != NULL ? notification->passive.head : bound;
}

void notification_recheck(struct notification *notification)
{
    struct tcb *tcb = notification->pending != 0 ? taker(notification) : NULL;
    if (tcb == NULL) {
        return;
    }
    if (tcb->state == THREAD_RECV) {
        endpoint_dequeue(tcb->blocked_on, tcb);
        reply_withdraw(tcb);
        transfer_notification(tcb, notification->pending);
    } else {
        notification_dequeue(notification, tcb);
    }
    arch_set_badge(&tcb->registers, notification->pending);
    notification->pending = 0;
    if (tcb->context == NULL && can_lend(notification)) {
        sched_context_lend(notification->context, tcb);
    }
    sched_wake(tcb);
}

void notification_signal(struct notification *notification, uint64_t badge)
{
    struct tcb *tcb = notification->queue.head;
    notification_add(notification, badge);
    if (tcb == NULL || !sched_run_now(tcb, false)) {
        notification_recheck(notification);
        return;
    }
    if (tcb->peer_next == tcb && tcb->queue_next == NULL) {
        notification->queue.head = NULL; /* it waited alone: it is as W1 wants it */
    } else {
        thread_queue_remove(&notification->queue, tcb);
    }
    tcb->blocked_on = NULL;
    arch_set_badge(&tcb->registers, notification->pending);
    notification->pending = 0;
    arch_set_status(&tcb->registers, ERR_OK);
}

bool notification_can_take(const struct notification *notification, const struct tcb *tcb, bool would_wait)
{
    return notification->pending != 0 &&
           (!would_wait || reply_keeps_time(tcb, NULL) || sched_context_idle_home(tcb) != NULL ||
            can_lend(notification) || (tcb->context != NULL && tcb->context == notification->context));
}

uint64_t notification_take(struct notification *notification, struct tcb *tcb)
{
    uint64_t bits = notification->pending;
    notification->pending = 0;
    if (!reply_keeps_time(tcb, NULL) && (can_lend(notification) || sched_context_idle_home(tcb) != NULL)) {
        reply_settle_context(tcb, true);
        if (tcb->context == NULL) {
            sched_context_lend(notification->context, tcb);
        }
    }
    return bits;
}

err_t notification_receive(struct notification *notification, struct tcb *tcb, bool would_wait)
{
    if (notification_can_take(notification, tcb, would_wait)) {
        arch_set_badge(&tcb->registers, notification_take(notification, tcb));
        return ERR_OK;
    }
    if (!would_wait) {
        return ERR_WOULD_BLOCK;
    }
    reply_settle_context(tcb, true);
    sched_block_now(tcb);
    tcb->state = THREAD_WAIT;
    notification_enqueue(notification, tcb);
    return ERR_OK;
}

enum progress notification_destroy(struct notification *notification)
{
    if (tcb_cancel_all(&notification->queue) == PREEMPTED || tcb_cancel_all(&notification->passive) == PREEMPTED ||
        timer_forget_notification(notification) == PREEMPTED || irq_forget_notification(notification) == PREEMPTED) {
        return PREEMPTED;
    }
    sched_context_unbind(notification->context);
    if (notification->bound != NULL) {
        notification->bound->bound_notification = NULL;
    }
    return DONE;
}
