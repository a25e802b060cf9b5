/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * VCPUs as generic code sees them: a state that is read and written, bound to a thread, which may wait in WFI. What the registers do to
 * a guest is the architecture's affair; here it is that of arch/fake.
 */
#include "test/model/parts.h"

#define ENTRY_MASK    ((1ul << 29) - 1)
#define INTID_SPECIAL 1020 /* from here on no interrupts */

void model_vcpu_unbind(uint32_t vcpu)
{
    struct model_vcpu *self = &model.vcpu[vcpu];
    self->is_set = false;
    if (self->thread != 0) {
        model.thread[self->thread].reg[MODEL_REG_PSTATE] &= MODEL_PSTATE_NATIVE;
        model.thread[self->thread].vcpu = 0;
        self->thread = 0;
    }
}

void model_vcpu_destroy(uint32_t vcpu)
{
    if (model.vcpu[vcpu].thread != 0) {
        model_thread_stop(model.vcpu[vcpu].thread);
    }
    model_vcpu_unbind(vcpu);
}

static void wake_if_pending(uint32_t vcpu)
{
    struct model_vcpu *self = &model.vcpu[vcpu];
    if (self->thread != 0 && model.thread[self->thread].state == MODEL_WFI && self->is_pending) {
        self->is_set = false;
        model_make_ready(self->thread);
    }
}

void model_vcpu_expired(uint32_t vcpu)
{
    model.vcpu[vcpu].is_set = false;
    model.vcpu[vcpu].is_pending = true;
    wake_if_pending(vcpu);
}

void model_guest_deadline(uint32_t vcpu, uint64_t deadline)
{
    model.vcpu[vcpu].deadline = deadline;
    model.vcpu[vcpu].is_set = true;
}

/* --- invocations --- */

uint64_t model_vcpu_read_registers(struct model_call *call)
{
    uint64_t error = model_check_registers(call, MODEL_VCPU_REGISTERS, call->arg[1]);
    for (uint64_t i = 0; error == SEL_ERROR_OK && i < call->arg[1]; i++) {
        model_result(call, model.vcpu[call->cap.object].reg[call->arg[0] + i] ^ (MODEL_BUG == 9));
    }
    return error;
}

uint64_t model_vcpu_write_registers(struct model_call *call)
{
    uint64_t error = model_check_written_registers(call, MODEL_VCPU_REGISTERS);
    for (uint64_t i = 0; error == SEL_ERROR_OK && i < call->arg[1]; i++) {
        model.vcpu[call->cap.object].reg[call->arg[0] + i] = model_argument_word(call, 2 + i);
    }
    return error;
}

/** Which bits a pair of list registers may have on a machine with MODEL_VCPU_ENTRIES of them. */
static uint64_t pair_mask(uint64_t first)
{
    uint64_t mask = first < MODEL_VCPU_ENTRIES ? ENTRY_MASK : 0;
    return mask | (first + 1 < MODEL_VCPU_ENTRIES ? ENTRY_MASK << 32 : 0);
}

/** Entry `index` may be there: of an interrupt, not a timer's, not that of an entry before it; nothing may always be there. */
static bool entry_is_possible(const struct model_vcpu *vcpu, const uint64_t *pairs, uint64_t index)
{
    uint64_t entry = pairs[index / 2] >> 32 * (index % 2);
    uint64_t intid = list_register_intid(entry);
    bool is_there = list_register_state(entry) != INTERRUPT_STATE_EMPTY || list_register_level(entry) != 0;
    for (uint64_t timer = 0; timer < 2; timer++) {
        bool is_configured = vcpu->timer_intid[timer] != 0;
        if (is_there && is_configured && vcpu->timer_intid[timer] == intid) {
            return false;
        }
    }
    for (uint64_t other = 0; is_there && other < index; other++) {
        uint64_t before = pairs[other / 2] >> 32 * (other % 2);
        bool is_empty = list_register_state(before) == INTERRUPT_STATE_EMPTY && list_register_level(before) == 0;
        if (!is_empty && list_register_intid(before) == intid) {
            return false;
        }
    }
    return !is_there || intid < INTID_SPECIAL;
}

static uint64_t check_entries(struct model_call *call, const struct model_vcpu *vcpu)
{
    for (uint64_t i = 0; i < MODEL_VCPU_ENTRIES; i++) {
        if (!entry_is_possible(vcpu, call->arg, i)) {
            return model_refuse(call, SEL_ERROR_INVALID_ARGUMENT, 1 + i / 2, call->arg[i / 2], INTID_SPECIAL);
        }
    }
    return SEL_ERROR_OK;
}

/** An exit not received yet speaks of the list registers as they are then; its count of EOIs is not theirs. */
static void refresh_exit(const struct model_vcpu *vcpu)
{
    struct model_thread *thread = &model.thread[vcpu->thread];
    if (thread->state == MODEL_SEND && thread->fault_label == FAULT_VM_EXIT) {
        uint64_t state = exit_lr_state(thread->fault_word[0]);
        state = lr_state_set_eoi_count(vcpu->lr_state, lr_state_eoi_count(state));
        thread->fault_word[0] = exit_set_lr_state(thread->fault_word[0], state);
    }
}

uint64_t model_vcpu_set_interrupts(struct model_call *call)
{
    struct model_vcpu *vcpu = &model.vcpu[call->cap.object];
    uint64_t error = model_check_mask(call, 2, 1);
    error = error ? error : model_check_bound(call, vcpu->thread != 0, true);
    error = error ? error : model_check_mask(call, 0, pair_mask(0));
    error = error ? error : model_check_mask(call, 1, pair_mask(2));
    error = error ? error : check_entries(call, vcpu);
    if (error != SEL_ERROR_OK) {
        return error;
    }
    model_result(call, vcpu->lr_state);
    vcpu->entries[0] = call->arg[0];
    vcpu->entries[1] = call->arg[1];
    uint64_t first = list_register_state(call->arg[0]);
    uint64_t second = list_register_state(call->arg[0] >> 32);
    vcpu->lr_state = first + second * 4;
    vcpu->is_notified_empty = call->arg[2] != 0;
    vcpu->is_pending = first % 2 == INTERRUPT_STATE_PENDING || second % 2 == INTERRUPT_STATE_PENDING;
    refresh_exit(vcpu);
    wake_if_pending(call->cap.object);
    return SEL_ERROR_OK;
}

uint64_t model_vcpu_configure_timer(struct model_call *call)
{
    struct model_vcpu *vcpu = &model.vcpu[call->cap.object];
    uint64_t error = model_check_mask(call, 0, VCPU_TIMER_PHYSICAL);
    error = error ? error : model_check_range(call, 1, 16, 31);
    error = error ? error : model_check_range(call, 2, 0, 255);
    error = error ? error : model_check_mask(call, 3, VCPU_TIMER_FLAG_ENABLED | VCPU_TIMER_FLAG_GROUP1);
    if (error == SEL_ERROR_OK && vcpu->timer_intid[call->arg[0]] != call->arg[1]) { /* no intid is there twice */
        vcpu->entries[0] = 0;
        vcpu->entries[1] = 0;
        vcpu->lr_state = 0;
        vcpu->is_pending = false;
    }
    if (error == SEL_ERROR_OK) {
        vcpu->timer_intid[call->arg[0]] = call->arg[1];
        vcpu->timer_priority[call->arg[0]] = call->arg[2];
        vcpu->timer_is_enabled[call->arg[0]] = (call->arg[3] & VCPU_TIMER_FLAG_ENABLED) != 0;
        vcpu->timer_is_group1[call->arg[0]] = (call->arg[3] & VCPU_TIMER_FLAG_GROUP1) != 0;
        refresh_exit(vcpu);
        wake_if_pending(call->cap.object);
    }
    return error;
}

uint64_t model_vcpu_set_offset(struct model_call *call)
{
    model.vcpu[call->cap.object].offset = call->arg[0];
    return SEL_ERROR_OK;
}

uint64_t model_vcpu_translate(struct model_call *call)
{
    uint32_t thread = model.vcpu[call->cap.object].thread;
    uint32_t vspace = thread == 0 ? 0 : model_thread_vspace(thread);
    uint64_t error = model_check_mask(call, 1, TRANSLATE_FLAG_WRITE | TRANSLATE_FLAG_EL0);
    error = error ? error : model_check_bound(call, vspace != 0 && model.vspace[vspace].is_guest, true);
    if (error == SEL_ERROR_OK) {
        model_result(call, call->arg[0]);
        model_result(call, 0);
    }
    return error;
}

uint64_t model_vcpu_inject(struct model_call *call)
{
    struct model_vcpu *vcpu = &model.vcpu[call->cap.object];
    uint64_t verb = call->arg[0];
    uint64_t error = model_check_bound(call, vcpu->thread != 0, true);
    if (error == SEL_ERROR_OK && verb != VCPU_INJECT_SYNC && verb != VCPU_INJECT_SERROR) {
        error = model_refuse(call, SEL_ERROR_INVALID_ARGUMENT, 1, verb, VCPU_INJECT_SYNC | VCPU_INJECT_SERROR);
    }
    if (error == SEL_ERROR_OK) {
        vcpu->is_injected_sync = verb == VCPU_INJECT_SYNC;
        vcpu->injected_syndrome = call->arg[1];
        vcpu->injected_address = call->arg[2];
        wake_if_pending(call->cap.object);
    }
    return error;
}

uint64_t model_vcpu_info(struct model_call *call)
{
    const struct model_vcpu *vcpu = &model.vcpu[call->cap.object];
    model_result(call, MODEL_VCPU_ENTRIES);
    model_result(call, vcpu->lr_state);
    model_result(call, 0); /* this machine's timers have no lines */
    model_result(call, vcpu->thread != 0 && model.thread[vcpu->thread].state == MODEL_WFI);
    return SEL_ERROR_OK;
}

uint64_t model_vcpu_reset(struct model_call *call)
{
    struct model_vcpu *vcpu = &model.vcpu[call->cap.object];
    const struct model_thread *thread = &model.thread[vcpu->thread];
    if (vcpu->thread != 0 && (thread->state == MODEL_READY || thread->state == MODEL_WFI)) {
        return model_refuse(call, SEL_ERROR_BUSY, 0, 0, 0);
    }
    *vcpu = (struct model_vcpu){.address = vcpu->address, .exists = true, .thread = vcpu->thread};
    return SEL_ERROR_OK;
}
