/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Timer objects and the events of percpu.timers. Programming the hardware is sched/sched.c's.
 */
#include "kernel/object/objects.h"

void timer_event_set(struct timer_event *event, uint64_t deadline)
{
    timer_event_cancel(event);
    heap_insert(&percpu()->timers, &event->node, deadline);
    percpu()->must_choose = true;
    event->is_set = true;
}

void timer_event_cancel(struct timer_event *event)
{
    if (event->is_set) {
        heap_remove(&percpu()->timers, &event->node);
        percpu()->must_choose = true;
        event->is_set = false;
    }
}

/** Out of percpu.timers: whoever calls sees to the hardware. A guest's expires in a tick alone. Not inlined: for size. */
static NOINLINE void event_expire(struct timer_event *event, uint64_t now) LOCKED
{
    heap_remove(&percpu()->timers, &event->node);
    event->is_set = false;
    if (event->is_guest) {
        struct vcpu *vcpu = (struct vcpu *)((char *)event - offsetof(struct vcpu, event));
        struct tcb *tcb = vcpu->tcb;
        kassert(tcb != NULL && tcb->state == THREAD_WFI); /* C2 */
        if (arch_vcpu_timer_expired(vcpu, now) && (tcb->context == NULL || !sched_run_now(tcb, true))) {
            sched_make_ready(tcb);
        }
        return;
    }
    struct timer *timer = (struct timer *)event;
    notification_signal(timer->notification, timer->badge);
}

void timer_expire(uint64_t now)
{
    struct heap_node *first;
    while ((first = heap_first(&percpu()->timers)) != NULL && first->key <= now) {
        event_expire((struct timer_event *)first, now);
        if (preemption_point()) {
            return;
        }
    }
}

void timer_unbind(struct timer *timer)
{
    timer_event_cancel(&timer->event);
    if (timer->notification != NULL) {
        *timer->link = timer->next;
        if (timer->next != NULL) {
            timer->next->link = timer->link;
        }
        timer->notification = NULL;
    }
}

enum progress timer_forget_notification(struct notification *notification)
{
    while (notification->timers != NULL) {
        timer_unbind(notification->timers);
        if (preemption_point()) {
            return PREEMPTED;
        }
    }
    return DONE;
}

/* --- invocations --- */

void invoke_timer_bind(const struct timer_bind_op *op)
{
    struct timer *timer = op->timer;
    timer->notification = slot_object(op->notification);
    timer->badge = notification_cap_badge(op->notification->cap);
    timer->link = &timer->notification->timers;
    timer->next = *timer->link;
    if (timer->next != NULL) {
        timer->next->link = &timer->next;
    }
    *timer->link = timer;
}

void invoke_timer_set(const struct timer_set_op *op)
{
    timer_event_set(&op->timer->event, op->deadline);
    uint64_t now = arch_clock();
    if (op->deadline <= now) {
        event_expire(&op->timer->event, now);
    }
}

void invoke_timer_cancel(const struct timer_cancel_op *op, struct result *out)
{
    out->word[0] = op->timer->event.is_set;
    timer_event_cancel(&op->timer->event);
}
