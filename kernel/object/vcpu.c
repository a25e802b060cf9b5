/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * VCPU: binding to a thread, waking from WFI, invocations. EL1 state, list registers and timers: arch.h, "guests".
 */
#include "kernel/object/objects.h"

#define ENTRY_BITS 29   /* of a list_register */
#define INTID_END  1020 /* special numbers follow */

void vcpu_create(struct vcpu *vcpu)
{
    vcpu->event.is_guest = true;
    arch_vcpu_init(vcpu);
}

/** What is left is a native thread: it must not come back in a guest's mode. */
void vcpu_unbind(struct vcpu *vcpu)
{
    struct tcb *tcb = vcpu->tcb;
    kassert(!vcpu->event.is_set); /* C2: its thread has been stopped */
    arch_vcpu_unload(vcpu);
    if (tcb == NULL) {
        return;
    }
    arch_register_set(&tcb->registers, THREAD_REG_PSTATE, arch_register_get(&tcb->registers, THREAD_REG_PSTATE), false);
    tcb->vcpu = NULL;
    vcpu->tcb = NULL;
}

void vcpu_destroy(struct vcpu *vcpu)
{
    if (vcpu->tcb != NULL) {
        tcb_stop(vcpu->tcb);
    }
    vcpu_unbind(vcpu);
}

void vcpu_wake_if_pending(struct vcpu *vcpu)
{
    struct tcb *tcb = vcpu->tcb;
    if (tcb != NULL && tcb->state == THREAD_WFI && arch_vcpu_is_interrupt_pending(vcpu)) {
        timer_event_cancel(&vcpu->event);
        sched_make_ready(tcb);
    }
}

/* --- invocations --- */

void invoke_vcpu_read_registers(const struct vcpu_read_registers_op *op, struct result *out)
{
    arch_vcpu_unload(op->vcpu);
    for (uint64_t i = 0; i < op->count; i++) { /* bound: VCPU_REG_COUNT */
        result_add(out, arch_vcpu_register_get(op->vcpu, op->first + i));
    }
}

void invoke_vcpu_write_registers(const struct vcpu_write_registers_op *op)
{
    arch_vcpu_unload(op->vcpu);
    for (uint64_t i = 0; i < op->count; i++) { /* bound: VCPU_REG_COUNT */
        arch_vcpu_register_set(op->vcpu, op->first + i, invocation_word(op->in, 2 + i));
    }
}

/** Bits that a pair of entries may have: none above an entry's, none in entries this machine does not have. */
static uint64_t entries_mask(uint64_t pair)
{
    uint64_t one = (1ul << ENTRY_BITS) - 1;
    uint64_t count = arch_vcpu_entry_count();
    return (2 * pair < count ? one : 0) | (2 * pair + 1 < count ? one << 32 : 0);
}

/** Anything else would be UNPREDICTABLE (IHI 0069, ICH_LR<n>_EL2). */
uint64_t vcpu_entries_invalid(const struct vcpu *vcpu, const union vcpu_entries *entries)
{
    uint64_t invalid = 0;
    for (uint64_t i = 0; i < arch_vcpu_entry_count(); i++) { /* bound: SEL_LIMIT_VCPU_ENTRY_MAX */
        uint64_t intid = list_register_intid(entries->entry[i]);
        if (!vcpu_entry_is_used(entries->entry[i])) {
            continue;
        }
        bool is_taken = intid >= INTID_END || arch_vcpu_is_timer_intid(vcpu, intid);
        for (uint64_t j = 0; j < i; j++) { /* bound: SEL_LIMIT_VCPU_ENTRY_MAX */
            is_taken |= vcpu_entry_is_used(entries->entry[j]) && list_register_intid(entries->entry[j]) == intid;
        }
        invalid |= (uint64_t)is_taken << i;
    }
    return invalid;
}

err_t decode_vcpu_set_interrupts(struct vcpu_set_interrupts_op *op, struct err_info *info)
{
    union vcpu_entries entries = {{op->entries01, op->entries23}};
    err_t error = check_mask(info, 1, op->entries01, entries_mask(0));
    error = error == ERR_OK && op->entries23 != 0 ? check_mask(info, 2, op->entries23, entries_mask(1)) : error;
    uint64_t invalid = error == ERR_OK ? vcpu_entries_invalid(op->vcpu, &entries) : 0;
    if (invalid != 0) {
        uint64_t pair = (invalid & 3) == 0;
        return refuse(info, ERR_INVALID_ARGUMENT, 1 + pair, entries.pair[pair], INTID_END);
    }
    return error;
}

/**
 * The VMM changed what the list registers hold: an exit that waits for it tells that when it is received (EOIs it has counted stay
 * counted), and the guest may have an interrupt to wake for.
 */
static void interrupts_changed(struct vcpu *vcpu) LOCKED
{
    struct tcb *tcb = vcpu->tcb;
    if (tcb != NULL && tcb->state == THREAD_SEND && tcb->fault_label == FAULT_VM_EXIT) {
        uint64_t word = tcb->fault_word[0];
        uint64_t eoi_count = lr_state_eoi_count(exit_lr_state(word));
        uint64_t state = lr_state_set_eoi_count(arch_vcpu_interrupt_state(vcpu), eoi_count);
        tcb->fault_word[0] = exit_set_lr_state(word, state);
    }
    vcpu_wake_if_pending(vcpu);
}

void invoke_vcpu_set_interrupts(const struct vcpu_set_interrupts_op *op, struct result *out)
{
    union vcpu_entries entries = {{op->entries01, op->entries23}};
    out->word[0] = arch_vcpu_interrupt_state(op->vcpu);
    arch_vcpu_set_interrupts(op->vcpu, &entries, op->flags != 0);
    interrupts_changed(op->vcpu);
}

void invoke_vcpu_configure_timer(const struct vcpu_configure_timer_op *op)
{
    struct guest_timer config = {
        .intid = (uint8_t)op->intid,
        .priority = (uint8_t)op->priority,
        .is_enabled = (op->flags & VCPU_TIMER_FLAG_ENABLED) != 0,
        .is_group1 = (op->flags & VCPU_TIMER_FLAG_GROUP1) != 0,
    };
    arch_vcpu_configure_timer(op->vcpu, op->timer, config);
    interrupts_changed(op->vcpu);
}

err_t decode_vcpu_translate(struct vcpu_translate_op *op, struct err_info *info)
{
    const struct tcb *tcb = op->vcpu->tcb;
    return check_bound(info, tcb != NULL && tcb->vspace != NULL && tcb->vspace->is_guest, true);
}

void invoke_vcpu_translate(const struct vcpu_translate_op *op, struct result *out)
{
    out->word[1] = arch_vcpu_translate(op->vcpu, op->address, op->flags, &out->word[0]);
}

err_t decode_vcpu_inject(struct vcpu_inject_op *op, struct err_info *info)
{
    bool is_known = op->verb == VCPU_INJECT_SYNC || op->verb == VCPU_INJECT_SERROR;
    return is_known ? ERR_OK : refuse(info, ERR_INVALID_ARGUMENT, 1, op->verb, VCPU_INJECT_SYNC | VCPU_INJECT_SERROR);
}

void invoke_vcpu_inject(const struct vcpu_inject_op *op)
{
    arch_vcpu_inject(op->vcpu, op->verb == VCPU_INJECT_SYNC, op->syndrome, op->address);
    vcpu_wake_if_pending(op->vcpu);
}

void invoke_vcpu_info(const struct vcpu_info_op *op, struct result *out)
{
    const struct tcb *tcb = op->vcpu->tcb;
    out->word[0] = arch_vcpu_entry_count();
    out->word[1] = arch_vcpu_interrupt_state(op->vcpu);
    out->word[2] = arch_vcpu_timer_lines(op->vcpu);
    out->word[3] = tcb != NULL && tcb->state == THREAD_WFI;
}

err_t decode_vcpu_reset(struct vcpu_reset_op *op, struct err_info *info)
{
    const struct tcb *tcb = op->vcpu->tcb;
    bool is_busy = tcb != NULL && (tcb->state == THREAD_READY || tcb->state == THREAD_WFI);
    return is_busy ? refuse(info, ERR_BUSY, 0, 0, 0) : ERR_OK;
}

void invoke_vcpu_reset(const struct vcpu_reset_op *op)
{
    struct tcb *tcb = op->vcpu->tcb;
    arch_vcpu_reset(op->vcpu);
    if (tcb != NULL) {
        arch_fpu_release(tcb);
        tcb->fpu = (struct arch_fpu_state){0};
    }
}
