/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * TCB: a thread's bindings, its stop and its end, and its invocations.
 */
#include "kernel/object/tcb.h"

#include "gen/invocations.h"
#include "kernel/object/objects.h"
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

/* --- invocations --- */

#define TCB_FEATURES_ALL TCB_FEATURE_FPU

static struct tcb *tcb_of(const struct invocation *in)
{
    return (struct tcb *)cap_object(in->cap);
}

/* --- configure --- */

static err_t check_buffer(struct cap frame, uint64_t offset, struct err_info *info)
{
    uint64_t needed = SEL_RIGHT_READ | SEL_RIGHT_WRITE;
    uint64_t size = UINT64_C(1) << cap_size_bits(frame);
    if (frame_cap_device(frame) != 0) {
        return refuse(info, ERR_INVALID_ARGUMENT, 3, cap_object(frame), 0);
    }
    if ((cap_rights(frame) & needed) != needed) {
        return refuse(info, ERR_RIGHTS, 3, cap_rights(frame), needed);
    }
    if (offset % IPC_BUFFER_BYTES != 0) {
        return refuse(info, ERR_ALIGNMENT, 4, offset, IPC_BUFFER_BYTES);
    }
    if (offset >= size) {
        return refuse(info, ERR_OUT_OF_RANGE, 4, offset, size);
    }
    return ERR_OK;
}

err_t decode_tcb_configure(const struct invocation *in, struct tcb_configure_op *op, struct err_info *info)
{
    *op = (struct tcb_configure_op){.tcb = tcb_of(in),
                                    .cspace = in->cap_slot[0],
                                    .vspace = in->cap_slot[1],
                                    .buffer = in->cap_slot[2],
                                    .buffer_offset = in->arg[3]};
    if (op->tcb->state != THREAD_INACTIVE) {
        return refuse(info, ERR_BUSY, 0, 0, 0);
    }
    return op->buffer == NULL ? ERR_OK : check_buffer(op->buffer->cap, op->buffer_offset, info);
}

enum progress invoke_tcb_configure(const struct tcb_configure_op *op)
{
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

static enum progress handler_set(struct tcb *tcb, enum tcb_slot index, struct slot *endpoint) REQUIRES(kernel_lock)
{
    if (destroy_slot(&tcb->slot[index]) == PREEMPTED) {
        return PREEMPTED;
    }
    if (endpoint != NULL) {
        tcb_slot_set(tcb, index, endpoint);
    }
    return DONE;
}

err_t decode_tcb_set_fault_handler(const struct invocation *in, struct tcb_set_fault_handler_op *op,
                                   struct err_info *info)
{
    (void)info;
    *op = (struct tcb_set_fault_handler_op){.tcb = tcb_of(in), .endpoint = in->cap_slot[0]};
    return ERR_OK;
}

enum progress invoke_tcb_set_fault_handler(const struct tcb_set_fault_handler_op *op)
{
    return handler_set(op->tcb, TCB_SLOT_FAULT, op->endpoint);
}

err_t decode_tcb_set_timeout_handler(const struct invocation *in, struct tcb_set_timeout_handler_op *op,
                                     struct err_info *info)
{
    (void)info;
    *op = (struct tcb_set_timeout_handler_op){.tcb = tcb_of(in), .endpoint = in->cap_slot[0]};
    return ERR_OK;
}

enum progress invoke_tcb_set_timeout_handler(const struct tcb_set_timeout_handler_op *op)
{
    return handler_set(op->tcb, TCB_SLOT_TIMEOUT, op->endpoint);
}

/* --- priority --- */

err_t decode_tcb_set_priority(const struct invocation *in, struct tcb_set_priority_op *op, struct err_info *info)
{
    const struct tcb *authority = (const struct tcb *)cap_object(in->cap_slot[0]->cap);
    for (uint64_t i = 1; i <= 2; i++) {
        if (in->arg[i] > SEL_LIMIT_PRIORITY_MAX) {
            return refuse(info, ERR_OUT_OF_RANGE, i + 1, in->arg[i], SEL_LIMIT_PRIORITY_MAX);
        }
        if (in->arg[i] > authority->max_priority) {
            return refuse(info, ERR_DENIED, i + 1, in->arg[i], authority->max_priority);
        }
    }
    *op = (struct tcb_set_priority_op){
        .tcb = tcb_of(in), .priority = (uint8_t)in->arg[1], .max_priority = (uint8_t)in->arg[2]};
    return ERR_OK;
}

void invoke_tcb_set_priority(const struct tcb_set_priority_op *op)
{
    sched_set_priority(op->tcb, op->priority);
    op->tcb->max_priority = op->max_priority;
}

/* --- registers --- */

err_t decode_tcb_read_registers(const struct invocation *in, struct tcb_read_registers_op *op, struct err_info *info)
{
    op->tcb = tcb_of(in);
    bool is_caller = op->tcb == in->caller;
    return is_caller ? refuse(info, ERR_BUSY, 0, 0, 0)
                     : decode_register_range(in, ARCH_REGISTER_COUNT, false, &op->range, info);
}

void invoke_tcb_read_registers(const struct tcb_read_registers_op *op, struct result *out)
{
    for (uint64_t i = 0; i < op->range.count; i++) {
        result_put(out, i, arch_register_get(&op->tcb->registers, op->range.first + i));
    }
}

err_t decode_tcb_write_registers(const struct invocation *in, struct tcb_write_registers_op *op, struct err_info *info)
{
    op->tcb = tcb_of(in);
    bool is_caller = op->tcb == in->caller;
    return is_caller ? refuse(info, ERR_BUSY, 0, 0, 0)
                     : decode_register_range(in, ARCH_REGISTER_COUNT, true, &op->range, info);
}

void invoke_tcb_write_registers(const struct tcb_write_registers_op *op)
{
    for (uint64_t i = 0; i < op->range.count; i++) {
        uint64_t value = register_range_get(&op->range, i);
        arch_register_set(&op->tcb->registers, op->range.first + i, value, op->tcb->vcpu != NULL);
    }
}

/* --- suspend, resume --- */

err_t decode_tcb_suspend(const struct invocation *in, struct tcb_suspend_op *op, struct err_info *info)
{
    (void)info;
    *op = (struct tcb_suspend_op){.tcb = tcb_of(in)};
    return ERR_OK;
}

enum progress invoke_tcb_suspend(const struct tcb_suspend_op *op)
{
    return tcb_suspend(op->tcb);
}

err_t decode_tcb_resume(const struct invocation *in, struct tcb_resume_op *op, struct err_info *info)
{
    *op = (struct tcb_resume_op){.tcb = tcb_of(in)};
    if (op->tcb->cspace_slots == NULL || op->tcb->vspace == NULL) {
        return refuse(info, ERR_NOT_BOUND, 0, 0, 0);
    }
    return ERR_OK;
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

err_t decode_tcb_bind_notification(const struct invocation *in, struct tcb_bind_notification_op *op,
                                   struct err_info *info)
{
    *op = (struct tcb_bind_notification_op){.tcb = tcb_of(in),
                                            .notification = (struct notification *)cap_object(in->cap_slot[0]->cap)};
    if (op->tcb->bound_notification != NULL) {
        return refuse(info, ERR_ALREADY_BOUND, 0, 0, 0);
    }
    if (op->notification->bound != NULL) {
        return refuse(info, ERR_ALREADY_BOUND, 1, 0, 0);
    }
    return ERR_OK;
}

void invoke_tcb_bind_notification(const struct tcb_bind_notification_op *op)
{
    op->tcb->bound_notification = op->notification;
    op->notification->bound = op->tcb;
    notification_recheck(op->notification);
}

err_t decode_tcb_unbind_notification(const struct invocation *in, struct tcb_unbind_notification_op *op,
                                     struct err_info *info)
{
    *op = (struct tcb_unbind_notification_op){.tcb = tcb_of(in)};
    return op->tcb->bound_notification != NULL ? ERR_OK : refuse(info, ERR_NOT_BOUND, 0, 0, 0);
}

void invoke_tcb_unbind_notification(const struct tcb_unbind_notification_op *op)
{
    op->tcb->bound_notification->bound = NULL;
    op->tcb->bound_notification = NULL;
}

err_t decode_tcb_bind_vcpu(const struct invocation *in, struct tcb_bind_vcpu_op *op, struct err_info *info)
{
    *op = (struct tcb_bind_vcpu_op){.tcb = tcb_of(in), .vcpu = (struct vcpu *)cap_object(in->cap_slot[0]->cap)};
    if (op->tcb->vcpu != NULL) {
        return refuse(info, ERR_ALREADY_BOUND, 0, 0, 0);
    }
    if (op->vcpu->tcb != NULL) {
        return refuse(info, ERR_ALREADY_BOUND, 1, 0, 0);
    }
    if (op->tcb->vspace == NULL || !op->tcb->vspace->is_guest) {
        return refuse(info, ERR_INVALID_ARGUMENT, 0, 0, 0);
    }
    return ERR_OK;
}

void invoke_tcb_bind_vcpu(const struct tcb_bind_vcpu_op *op)
{
    vcpu_bind(op->vcpu, op->tcb);
}

err_t decode_tcb_set_features(const struct invocation *in, struct tcb_set_features_op *op, struct err_info *info)
{
    *op = (struct tcb_set_features_op){.tcb = tcb_of(in), .features = (uint8_t)in->arg[0]};
    if ((in->arg[0] & ~(uint64_t)TCB_FEATURES_ALL) != 0) {
        return refuse(info, ERR_INVALID_ARGUMENT, 1, in->arg[0], TCB_FEATURES_ALL);
    }
    return ERR_OK;
}

void invoke_tcb_set_features(const struct tcb_set_features_op *op)
{
    arch_fpu_release(op->tcb);
    op->tcb->features = op->features;
}
