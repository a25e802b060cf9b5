/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * TCB: a thread's bindings, its stop and its end. Its invocations are in tcb_invoke.c.
 */
#include "kernel/object/tcb.h"

#include <stddef.h>

#include "kernel/api/preempt.h"
#include "kernel/api/rules.h"
#include "kernel/object/cap.h"
#include "kernel/object/endpoint.h"
#include "kernel/object/notification.h"
#include "kernel/object/reply.h"
#include "kernel/object/sched_context.h"
#include "kernel/object/vcpu.h"
#include "kernel/sched/sched.h"

struct tcb *tcb_of_slot(struct slot *slot)
{
    return (struct tcb *)((uint64_t)slot & ~((UINT64_C(1) << OBJECT_BITS_TCB) - 1));
}

void tcb_slot_set(struct tcb *tcb, enum tcb_slot index, struct slot *source)
{
    struct cap cap = cap_set_bound(cap_copy(source->cap), 1);
    slot_insert(&tcb->slot[index], cap, source);
    if (index == TCB_SLOT_CSPACE) {
        tcb->cspace_slots = (struct slot *)cap_object(cap);
        tcb->cspace_count = UINT64_C(1) << cnode_cap_slot_bits(cap);
    } else if (index == TCB_SLOT_VSPACE) {
        tcb->vspace = (struct vspace *)cap_object(cap);
    }
}

void tcb_set_buffer(struct tcb *tcb, struct slot *source, uint64_t offset)
{
    tcb_slot_set(tcb, TCB_SLOT_BUFFER, source);
    tcb->buffer = (uint64_t *)(cap_object(source->cap) + offset);
    tcb->buffer_offset = offset;
}

void tcb_slot_cleared(struct slot *slot)
{
    struct tcb *tcb = tcb_of_slot(slot);
    if (slot == &tcb->slot[TCB_SLOT_CSPACE]) {
        tcb->cspace_slots = NULL;
        tcb->cspace_count = 0;
        tcb_stop(tcb);
    } else if (slot == &tcb->slot[TCB_SLOT_VSPACE]) {
        tcb->vspace = NULL;
        tcb_stop(tcb);
    } else if (slot == &tcb->slot[TCB_SLOT_BUFFER]) {
        tcb->buffer = NULL;
    }
}

void tcb_time_changed(struct tcb *tcb)
{
    if (tcb->state == THREAD_WAIT) {
        struct notification *notification = tcb->blocked_on;
        notification_dequeue(notification, tcb);
        notification_enqueue(notification, tcb);
        notification_recheck(notification);
    } else if (tcb->state == THREAD_RECV && tcb->bound_notification != NULL) {
        notification_recheck(tcb->bound_notification);
    }
}

/** Out of whatever the thread waits for. Whether that was a system call of its own, which has to be told. */
static bool tcb_unblock(struct tcb *tcb) REQUIRES(kernel_lock)
{
    switch (tcb->state) {
    case THREAD_READY:
        sched_block(tcb);
        return false;
    case THREAD_RECV:
        reply_withdraw(tcb);
        endpoint_dequeue(tcb->blocked_on, tcb);
        return true;
    case THREAD_SEND:
        endpoint_dequeue(tcb->blocked_on, tcb);
        return tcb->fault_label == 0;
    case THREAD_REPLY:
        reply_forget_caller(tcb->reply);
        return tcb->fault_label == 0;
    case THREAD_WAIT:
        notification_dequeue(tcb->blocked_on, tcb);
        return true;
    case THREAD_WFI:
        timer_event_cancel(&tcb->vcpu->event);
        return false;
    default:
        return false;
    }
}

void tcb_stop(struct tcb *tcb)
{
    if (tcb_unblock(tcb)) {
        arch_set_status(&tcb->registers, ERR_CANCELLED);
    }
    tcb->state = THREAD_INACTIVE;
    tcb->fault_label = 0;
}

enum progress tcb_suspend(struct tcb *tcb)
{
    while (RULE(10) && tcb->serving != NULL) {
        reply_break(tcb->serving);
        if (preemption_point()) {
            return PREEMPTED;
        }
    }
    tcb_stop(tcb);
    reply_settle_context(tcb, true);
    return DONE;
}

enum progress tcb_destroy(struct tcb *tcb)
{
    if (tcb_suspend(tcb) == PREEMPTED) {
        return PREEMPTED;
    }
    if (tcb->bound_notification != NULL) {
        tcb->bound_notification->bound = NULL;
        tcb->bound_notification = NULL;
    }
    if (tcb->vcpu != NULL) {
        vcpu_unbind(tcb->vcpu);
    }
    sched_context_forget_thread(tcb);
    arch_fpu_release(tcb);
    sched_forget(tcb);
    return DONE;
}
