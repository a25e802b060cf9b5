/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Threads: what they hold, stopping them, and the invocations of a TCB.
 */
#include "test/model/parts.h"

uint32_t model_thread_vspace(uint32_t thread)
{
    const struct model_cap *cap = model_cap_at(model_thread_place(thread, MODEL_VSPACE));
    return cap == 0 ? 0 : cap->object;
}

/* --- its five capabilities --- */

void model_thread_fill(uint32_t thread, enum model_thread_place index, struct model_place source)
{
    struct model_cap copy = model_cap_copy(model_cap_at(source));
    model_cap_insert(model_thread_place(thread, index), copy, source);
}

void model_thread_set_buffer(uint32_t thread, struct model_place source, uint64_t offset)
{
    model_thread_fill(thread, MODEL_BUFFER, source);
    model.thread[thread].buffer = model_cap_at(source)->address + offset;
    (void)model_buffer_read(model.thread[thread].buffer, 0);
}

/** A place of the thread is about to be emptied: without CSpace or VSpace it stops. */
void model_thread_cleared(struct model_place place)
{
    if (place.index == MODEL_CSPACE || place.index == MODEL_VSPACE) {
        model_thread_stop(place.id);
    } else if (place.index == MODEL_BUFFER) {
        model.thread[place.id].buffer = 0;
    }
}

/* --- stopping --- */

/** Out of whatever it waits for; a system call of its own ends as CANCELLED. */
void model_thread_stop(uint32_t thread)
{
    struct model_thread *self = &model.thread[thread];
    bool is_told = self->state == MODEL_RECV || self->state == MODEL_WAIT ||
                   ((self->state == MODEL_SEND || self->state == MODEL_REPLY) && self->fault_label == 0);
    switch (self->state) {
    case MODEL_READY:
        model_block(thread);
        break;
    case MODEL_RECV:
        model_withdraw(thread);
        model_leave(thread);
        break;
    case MODEL_SEND:
    case MODEL_WAIT:
        model_leave(thread);
        break;
    case MODEL_REPLY:
        model_forget_caller(self->reply);
        break;
    case MODEL_WFI:
        model.vcpu[self->vcpu].is_set = false;
        break;
    default:
        break;
    }
    if (is_told) {
        model_end_call(thread, SEL_ERROR_CANCELLED);
    }
    self->state = MODEL_INACTIVE;
    self->fault_label = 0;
}

/** H10: whom it owes an answer hears that none will come. */
static uint64_t thread_suspend(uint32_t thread)
{
    while (model_serving(thread) != 0) {
        model_reply_break(model_serving(thread));
        if (model_must_stop()) {
            return MODEL_PREEMPTED;
        }
    }
    model_thread_stop(thread);
    model_settle(thread, true);
    return SEL_ERROR_OK;
}

uint64_t model_thread_destroy(uint32_t thread)
{
    struct model_thread *self = &model.thread[thread];
    if (thread_suspend(thread) == MODEL_PREEMPTED) {
        return MODEL_PREEMPTED;
    }
    model.notification[self->notification].bound = 0;
    self->notification = 0;
    if (self->vcpu != 0) {
        model_vcpu_unbind(self->vcpu);
    }
    model_context_unbind(self->home_context);
    model_forget_thread(thread);
    return SEL_ERROR_OK;
}

/* --- configure --- */

static uint64_t check_buffer(struct model_call *call)
{
    uint64_t needed = SEL_RIGHT_READ | SEL_RIGHT_WRITE;
    uint64_t offset = call->arg[3];
    if (call->arg[2] == 0) {
        return SEL_ERROR_OK;
    }
    const struct model_cap *frame = model_cap_at(model_argument_place(call, 2));
    if (frame->kind != 0) {
        return model_refuse(call, SEL_ERROR_INVALID_ARGUMENT, 3, frame->address, 0);
    }
    if ((frame->rights & needed) != needed) {
        return model_refuse(call, SEL_ERROR_RIGHTS, 3, frame->rights, needed);
    }
    if (offset % IPC_BUFFER_BYTES != 0) {
        return model_refuse(call, SEL_ERROR_ALIGNMENT, 4, offset, IPC_BUFFER_BYTES);
    }
    uint64_t size = 1ul << frame->size_bits;
    return offset < size ? SEL_ERROR_OK : model_refuse(call, SEL_ERROR_OUT_OF_RANGE, 4, offset, size);
}

uint64_t model_tcb_configure(struct model_call *call)
{
    uint32_t thread = call->cap.object;
    uint64_t error = model_check_cap(call, 0, CAP_TYPE_CNODE, 0);
    error = error ? error : model_check_cap(call, 1, CAP_TYPE_VSPACE, 0);
    error = error ? error : model_check_optional_cap(call, 2, CAP_TYPE_FRAME, 0);
    if (error == SEL_ERROR_OK && model.thread[thread].state != MODEL_INACTIVE) {
        error = model_refuse(call, SEL_ERROR_BUSY, 0, 0, 0);
    }
    error = error ? error : check_buffer(call);
    if (error != SEL_ERROR_OK) {
        return error;
    }
    struct model_place source[] = {model_argument_place(call, 0), model_argument_place(call, 1),
                                   model_argument_place(call, 2)};
    for (unsigned int i = MODEL_CSPACE; i <= MODEL_BUFFER; i++) {
        if (model_destroy(model_thread_place(thread, i)) == MODEL_PREEMPTED) {
            return MODEL_PREEMPTED;
        }
    }
    model_thread_fill(thread, MODEL_CSPACE, source[0]);
    model_thread_fill(thread, MODEL_VSPACE, source[1]);
    if (source[2].holder != MODEL_IN_NOTHING) {
        model_thread_set_buffer(thread, source[2], call->arg[3]);
    }
    return model_destroy_dying();
}

static uint64_t set_handler(struct model_call *call, enum model_thread_place index)
{
    uint64_t error = model_check_optional_cap(call, 0, CAP_TYPE_ENDPOINT, SEL_RIGHT_WRITE);
    struct model_place source = model_argument_place(call, 0);
    error = error ? error : model_destroy(model_thread_place(call->cap.object, index));
    if (error == SEL_ERROR_OK && source.holder != MODEL_IN_NOTHING) {
        model_thread_fill(call->cap.object, index, source);
    }
    return error;
}

uint64_t model_tcb_set_fault_handler(struct model_call *call)
{
    return set_handler(call, MODEL_FAULT_HANDLER);
}

uint64_t model_tcb_set_timeout_handler(struct model_call *call)
{
    return set_handler(call, MODEL_TIMEOUT_HANDLER);
}

uint64_t model_tcb_set_priority(struct model_call *call)
{
    uint64_t error = model_check_cap(call, 0, CAP_TYPE_TCB, 0);
    error = error ? error : model_check_range(call, 1, 0, SEL_LIMIT_PRIORITY_MAX);
    error = error ? error : model_check_range(call, 2, 0, SEL_LIMIT_PRIORITY_MAX);
    if (error != SEL_ERROR_OK) {
        return error;
    }
    uint64_t bound = model.thread[model_argument_object(call, 0)].max_priority;
    for (uint32_t i = 1; i <= 2; i++) {
        if (call->arg[i] > bound) {
            return model_refuse(call, SEL_ERROR_DENIED, i + 1, call->arg[i], bound);
        }
    }
    model_set_priority(call->cap.object, (uint32_t)call->arg[1]);
    model.thread[call->cap.object].max_priority = (uint32_t)call->arg[2];
    return SEL_ERROR_OK;
}

/* --- registers --- */

static uint64_t check_other(struct model_call *call)
{
    bool is_self = call->cap.object == call->thread;
    return is_self ? model_refuse(call, SEL_ERROR_BUSY, 0, 0, 0) : SEL_ERROR_OK;
}

uint64_t model_tcb_read_registers(struct model_call *call)
{
    uint64_t error = check_other(call);
    error = error ? error : model_check_registers(call, MODEL_REGISTERS, call->arg[1]);
    for (uint64_t i = 0; error == SEL_ERROR_OK && i < call->arg[1]; i++) {
        model_result(call, model.thread[call->cap.object].reg[call->arg[0] + i]);
    }
    return error;
}

uint64_t model_tcb_write_registers(struct model_call *call)
{
    struct model_thread *thread = &model.thread[call->cap.object];
    uint64_t error = check_other(call);
    error = error ? error : model_check_written_registers(call, MODEL_REGISTERS);
    for (uint64_t i = 0; error == SEL_ERROR_OK && i < call->arg[1]; i++) {
        uint64_t index = call->arg[0] + i;
        uint64_t word = model_argument_word(call, 2 + i);
        bool is_cut = index == MODEL_REG_PSTATE && thread->vcpu == 0;
        thread->reg[index] = is_cut ? word & MODEL_PSTATE_NATIVE : word;
        thread->repeats = index == MODEL_REG_PC ? false : thread->repeats;
    }
    return error;
}

/* --- suspend, resume, bindings --- */

uint64_t model_tcb_suspend(struct model_call *call)
{
    return thread_suspend(call->cap.object);
}

/** Of a faulted thread: retry. One in a system call of its own stays there. */
uint64_t model_tcb_resume(struct model_call *call)
{
    uint32_t thread = call->cap.object;
    if (model_cspace(thread) == 0 || model_thread_vspace(thread) == 0) {
        return model_refuse(call, SEL_ERROR_NOT_BOUND, 0, 0, 0);
    }
    if (model.thread[thread].fault_label != 0) {
        model_thread_stop(thread);
    }
    if (model.thread[thread].state == MODEL_INACTIVE) {
        model_make_ready(thread);
    }
    return SEL_ERROR_OK;
}

uint64_t model_tcb_bind_notification(struct model_call *call)
{
    struct model_thread *thread = &model.thread[call->cap.object];
    uint64_t error = model_check_cap(call, 0, CAP_TYPE_NOTIFICATION, SEL_RIGHT_READ);
    if (error != SEL_ERROR_OK) {
        return error;
    }
    uint32_t notification = model_argument_object(call, 0);
    if (thread->notification != 0) {
        return model_refuse(call, SEL_ERROR_ALREADY_BOUND, 0, 0, 0);
    }
    if (model.notification[notification].bound != 0) {
        return model_refuse(call, SEL_ERROR_ALREADY_BOUND, 1, 0, 0);
    }
    thread->notification = notification;
    model.notification[notification].bound = call->cap.object;
    model_recheck(notification);
    return SEL_ERROR_OK;
}

uint64_t model_tcb_unbind_notification(struct model_call *call)
{
    struct model_thread *thread = &model.thread[call->cap.object];
    if (thread->notification == 0) {
        return model_refuse(call, SEL_ERROR_NOT_BOUND, 0, 0, 0);
    }
    model.notification[thread->notification].bound = 0;
    thread->notification = 0;
    return SEL_ERROR_OK;
}

uint64_t model_tcb_bind_vcpu(struct model_call *call)
{
    uint32_t thread = call->cap.object;
    uint64_t error = model_check_cap(call, 0, CAP_TYPE_VCPU, 0);
    if (error != SEL_ERROR_OK) {
        return error;
    }
    uint32_t vcpu = model_argument_object(call, 0);
    uint32_t vspace = model_thread_vspace(thread);
    if (model.thread[thread].vcpu != 0) {
        return model_refuse(call, SEL_ERROR_ALREADY_BOUND, 0, 0, 0);
    }
    if (model.vcpu[vcpu].thread != 0) {
        return model_refuse(call, SEL_ERROR_ALREADY_BOUND, 1, 0, 0);
    }
    if (vspace == 0 || !model.vspace[vspace].is_guest) {
        return model_refuse(call, SEL_ERROR_INVALID_ARGUMENT, 0, 0, 0);
    }
    model.thread[thread].vcpu = vcpu;
    model.vcpu[vcpu].thread = thread;
    return SEL_ERROR_OK;
}

uint64_t model_tcb_set_features(struct model_call *call)
{
    uint64_t error = model_check_mask(call, 0, TCB_FEATURE_FPU);
    if (error == SEL_ERROR_OK) {
        model.thread[call->cap.object].features = (uint32_t)call->arg[0];
    }
    return error;
}
