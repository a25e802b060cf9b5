/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Completing an exit by the verbs of the VMM's reply (messages.yaml, exits.reply), and injected exceptions.
 * The VMM is not trusted either: whatever it answers, the guest alone suffers.
 */
#include "kernel/arch/aarch64/answer.h"
#include "kernel/object/objects.h"

/** The vector of a synchronous exception: from the same level by its stack pointer, from below by its state (DDI 0487, D1.3.1). */
static uint64_t vector_offset(uint64_t pstate)
{
    uint64_t mode = pstate & PSTATE_MODE;
    if (mode == PSTATE_EL1H || mode == PSTATE_EL1T) {
        return mode == PSTATE_EL1H ? 0x200 : 0x000;
    }
    return pstate & PSTATE_AARCH32 ? 0x600 : 0x400;
}

/** What AArch64.TakeException does (DDI 0487, D1.4.1): old state to ELR, SPSR; EL1h, all masked; PAN by SCTLR_EL1.SPAN. */
static void inject_sync(struct vcpu *vcpu, uint64_t syndrome, uint64_t address) LOCKED
{
    struct arch_context *context = &vcpu->tcb->registers;
    bool has_pan = ((sysreg_read(id_aa64mmfr1_el1) >> 20) & 0xf) != 0;
    uint64_t pstate = context->pstate;
    arch_vcpu_unload(vcpu);
    vcpu->arch.reg[VCPU_REG_ESR_EL1] = syndrome;
    vcpu->arch.reg[VCPU_REG_FAR_EL1] = address;
    vcpu->arch.reg[VCPU_REG_ELR_EL1] = context->pc;
    vcpu->arch.reg[VCPU_REG_SPSR_EL1] = pstate;
    context->pc = vcpu->arch.reg[VCPU_REG_VBAR_EL1] + vector_offset(pstate);
    bool sets_pan = has_pan && (vcpu->arch.reg[VCPU_REG_SCTLR_EL1] & SCTLR_EL1_SPAN) == 0;
    context->pstate =
        (pstate & (PSTATE_NZCV | PSTATE_PAN | PSTATE_DIT)) | (sets_pan ? PSTATE_PAN : 0) | PSTATE_DAIF | PSTATE_EL1H;
}

void arch_vcpu_inject(struct vcpu *vcpu, bool is_sync, uint64_t syndrome, uint64_t address)
{
    if (!is_sync) {
        vcpu->arch.vsesr = syndrome & 0x1ffffff;
        vcpu->arch.hcr |= HCR_VSE;
    } else if (vcpu->tcb != NULL) {
        inject_sync(vcpu, syndrome, address);
    }
}

uint8_t arch_vcpu_complete_exit(struct tcb *tcb, const struct arch_context *reply)
{
    struct vcpu *vcpu = tcb->vcpu;
    uint64_t verbs = arch_message_get(reply, 0);
    if (vcpu == NULL) {
        return THREAD_INACTIVE;
    }
    if (verbs & VERB_STEP) {
        guest_step(&tcb->registers, vcpu->arch.exit_esr);
    }
    GUEST_WRITE(&tcb->registers, verbs, arch_message_get, reply);
    if (verbs & VERB_SET_INTERRUPTS) {
        union vcpu_entries entries = {{arch_message_get(reply, 5), arch_message_get(reply, 6)}};
        /* bound: SEL_LIMIT_VCPU_ENTRY_MAX */
        for (uint64_t bad = vcpu_entries_invalid(vcpu, &entries); bad != 0; bad &= bad - 1) {
            entries.entry[__builtin_ctzl(bad)] = 0;
        }
        arch_vcpu_set_interrupts(vcpu, &entries, (verbs & VERB_NOTIFY_EMPTY) != 0);
    }
    if (verbs & (VERB_INJECT_SYNC | VERB_INJECT_SERROR)) {
        arch_vcpu_inject(vcpu, (verbs & VERB_INJECT_SYNC) != 0, arch_message_get(reply, 7), arch_message_get(reply, 1));
    }
    if ((verbs & VERB_RESUME) == 0) {
        return THREAD_INACTIVE;
    }
    if ((verbs & VERB_BLOCK) != 0 && !arch_vcpu_is_interrupt_pending(vcpu)) {
        interrupts_arm_event(vcpu);
        return THREAD_WFI;
    }
    return THREAD_READY;
}
