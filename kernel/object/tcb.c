/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * TCB: a thread's bindings, its stop and its end, and its invocations.
 */
#include "kernel/object/objects.h"

void tcb_create(struct tcb *tcb)
{
    thread_queue_init(tcb);
    tcb->state = THREAD_INACTIVE;
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
}

void tcb_slot_cleared(struct slot *slot)
{
    struct tcb *tcb = (struct tcb *)__builtin_align_down((uint64_t)slot, 1ul << OBJECT_BITS_TCB); /* one of its five */
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

NOINLINE void tcb_renew(const struct tcb *tcb)
{
    if (tcb->state == THREAD_RECV && tcb->blocked_on != NULL) {
        endpoint_renew(tcb->blocked_on);
    } else if (tcb->state == THREAD_REPLY && tcb->reply != NULL) {
        tcb->reply->server->plain_reply = NULL;
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
static bool tcb_unblock(struct tcb *tcb) LOCKED
{
    switch (tcb->state) {
    case THREAD_READY:
        sched_block(tcb);
        break;
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
        break;
    }
    return false;
}

void tcb_stop(struct tcb *tcb)
{
    if (tcb_unblock(tcb)) {
        transfer_failure(tcb, ERR_CANCELLED);
    }
    tcb->state = THREAD_INACTIVE;
    tcb->fault_label = 0;
}

enum progress tcb_cancel_all(struct thread_queue *queue)
{
    while (queue->head != NULL) {
        struct tcb *tcb = queue->head;
        tcb_unblock(tcb);
        if (RULE(5)) {
            fault_wake(tcb, ERR_PEER_DIED);
        }
        if (preemption_point()) {
            return PREEMPTED;
        }
    }
    return DONE;
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
    sched_context_unbind(tcb->home_context);
    arch_fpu_release(tcb);
    sched_forget(tcb);
    return DONE;
}

/* --- invocations --- */

static err_t check_buffer(struct cap frame, uint64_t offset, struct err_info *info)
{
    uint64_t size = UINT64_C(1) << frame_size_bits(frame);
    if (frame_cap_device(frame) != 0) {
        return refuse(info, ERR_INVALID_ARGUMENT, 3, cap_object(frame), 0);
    }
    err_t error = check_held(info, 3, frame, SEL_RIGHT_READ | SEL_RIGHT_WRITE);
    if (error == ERR_OK && offset % IPC_BUFFER_BYTES != 0) {
        return refuse(info, ERR_ALIGNMENT, 4, offset, IPC_BUFFER_BYTES);
    }
    return error != ERR_OK || offset < size ? error : refuse(info, ERR_OUT_OF_RANGE, 4, offset, size);
}

err_t decode_tcb_configure(struct tcb_configure_op *op, struct err_info *info)
{
    if (op->tcb->state != THREAD_INACTIVE) {
        return refuse(info, ERR_BUSY, 0, 0, 0);
    }
    return op->buffer == NULL ? ERR_OK : check_buffer(op->buffer->cap, op->buffer_offset, info);
}

enum progress invoke_tcb_configure(const struct tcb_configure_op *op)
{
    /* bound: TCB_SLOT_BUFFER - TCB_SLOT_CSPACE + 1 */
    for (enum tcb_slot i = TCB_SLOT_CSPACE; i <= TCB_SLOT_BUFFER; i++) {
        if (destroy_slot(&op->tcb->slot[i]) == PREEMPTED) {
            return PREEMPTED;
        }
    }
    tcb_slot_set(op->tcb, TCB_SLOT_CSPACE, op->cspace);
    tcb_slot_set(op->tcb, TCB_SLOT_VSPACE, op->vspace);
    if (op->buffer != NULL) {
        tcb_set_buffer(op->tcb, op->buffer, op->buffer_offset);
    }
    return destroy_dying();
}

/* --- handlers --- */

enum progress tcb_set_handler(struct tcb *tcb, struct slot *endpoint, enum tcb_slot index)
{
    if (destroy_slot(&tcb->slot[index]) == PREEMPTED) {
        return PREEMPTED;
    }
    if (endpoint != NULL) {
        tcb_slot_set(tcb, index, endpoint);
    }
    return DONE;
}

/* --- priority --- */

err_t decode_tcb_set_priority(struct tcb_set_priority_op *op, struct err_info *info)
{
    uint64_t bound = ((const struct tcb *)slot_object(op->authority))->max_priority;
    if (op->priority > bound) {
        return refuse(info, ERR_DENIED, 2, op->priority, bound);
    }
    return op->max_priority <= bound ? ERR_OK : refuse(info, ERR_DENIED, 3, op->max_priority, bound);
}

void invoke_tcb_set_priority(const struct tcb_set_priority_op *op)
{
    sched_set_priority(op->tcb, (uint8_t)op->priority);
    op->tcb->max_priority = (uint8_t)op->max_priority;
}

/* --- registers --- */

void invoke_tcb_read_registers(const struct tcb_read_registers_op *op, struct result *out)
{
    for (uint64_t i = 0; i < op->count; i++) { /* bound: THREAD_REG_COUNT */
        result_add(out, arch_register_get(&op->tcb->registers, op->first + i));
    }
}

void invoke_tcb_write_registers(const struct tcb_write_registers_op *op)
{
    for (uint64_t i = 0; i < op->count; i++) { /* bound: THREAD_REG_COUNT */
        arch_register_set(&op->tcb->registers, op->first + i, invocation_word(op->in, 2 + i), op->tcb->vcpu != NULL);
    }
}

/* --- suspend, resume --- */

err_t decode_tcb_resume(struct tcb_resume_op *op, struct err_info *info)
{
    return check_bound(info, op->tcb->cspace_slots != NULL && op->tcb->vspace != NULL, true);
}

/** A thread that waits for its fault's handler is called off it; one in a system call of its own stays there. */
void invoke_tcb_resume(const struct tcb_resume_op *op)
{
    if (op->tcb->fault_label != 0) {
        tcb_stop(op->tcb);
    }
    if (op->tcb->state == THREAD_INACTIVE) {
        sched_make_ready(op->tcb);
    }
}

/* --- bindings --- */

err_t decode_tcb_bind_notification(struct tcb_bind_notification_op *op, struct err_info *info)
{
    const struct notification *notification = slot_object(op->notification);
    return notification->bound == NULL ? ERR_OK : refuse(info, ERR_ALREADY_BOUND, 1, 0, 0);
}

void invoke_tcb_bind_notification(const struct tcb_bind_notification_op *op)
{
    struct notification *notification = slot_object(op->notification);
    op->tcb->bound_notification = notification;
    notification->bound = op->tcb;
    notification_recheck(notification);
}

void invoke_tcb_unbind_notification(const struct tcb_unbind_notification_op *op)
{
    op->tcb->bound_notification->bound = NULL;
    op->tcb->bound_notification = NULL;
}

err_t decode_tcb_bind_vcpu(struct tcb_bind_vcpu_op *op, struct err_info *info)
{
    const struct vcpu *vcpu = slot_object(op->vcpu);
    err_t error = check_bound(info, op->tcb->vcpu != NULL, false);
    error = error == ERR_OK && vcpu->tcb != NULL ? refuse(info, ERR_ALREADY_BOUND, 1, 0, 0) : error;
    bool is_refused = error == ERR_OK && (op->tcb->vspace == NULL || !op->tcb->vspace->is_guest);
    return is_refused ? refuse(info, ERR_INVALID_ARGUMENT, 0, 0, 0) : error;
}

void invoke_tcb_bind_vcpu(const struct tcb_bind_vcpu_op *op)
{
    op->tcb->vcpu = slot_object(op->vcpu);
    op->tcb->vcpu->tcb = op->tcb;
}

void invoke_tcb_set_features(const struct tcb_set_features_op *op)
{
    arch_fpu_release(op->tcb);
    op->tcb->features = (uint8_t)op->flags;
}
