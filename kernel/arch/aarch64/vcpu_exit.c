/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Exits of a guest: what the kernel finishes itself (WFI, instructions whose condition fails), and the complete message of all others
 * (messages.yaml, `exits`; ESR encodings: Arm ARM DDI 0487, D19.2.37).
 * A guest is hostile: nothing here asserts on what it did, its memory is read only where it is RAM.
 */
#include "kernel/arch/aarch64/answer.h"
#include "kernel/boot/memory.h"
#include "kernel/object/objects.h"

#define ISS_SYSREG_ENCODING 0x3ffc1eul /* op0, op2, op1, CRn, CRm; without Rt */
#define ISS_WFX_TI          3ul        /* 0: WFI */

void guest_step(struct arch_context *context, uint64_t esr)
{
    if (context->pstate & PSTATE_AARCH32) {
        context->pc = (context->pc + (esr & ESR_IL ? 4 : 2)) & 0xffffffff;
        context->pstate = aarch32_advance_it(context->pstate) & ~PSTATE_SS;
    } else {
        guest_step_aarch64(context);
    }
}

static uint64_t context_register(const struct arch_context *context, uint64_t index)
{
    return index == NO_REGISTER ? 0 : context->x[index];
}

/* What the syndrome says of an access, IL and M[4] are in the exit's first word where the processor has them (messages.yaml; held by test/unit/kernel/arch/exit_word_test.c). */
#define EXIT_TAG (tag_make(FAULT_VM_EXIT, FAULT_VM_EXIT_LENGTH, 0) | TAG_KERNEL)

/* Apart, for the stack that only this needs. */
static NOINLINE void deliver_with_interrupts(struct vcpu *vcpu, uint64_t word, const uint64_t *rest) LOCKED
{
    kernel_fault(EXIT_TAG, exit_set_lr_state(word, arch_vcpu_interrupt_state(vcpu)), rest);
}

/** Deliver: `word`, the first, gets what all exits have. */
static NOINLINE void exit_deliver(struct tcb *tcb, uint64_t word, uint64_t esr, const uint64_t *rest) LOCKED
{
    tcb->vcpu->arch.exit_esr = esr;
    word |= (esr & ESR_IL) | (tcb->registers.pstate & PSTATE_AARCH32);
    trace(TRACE_VM_EXIT, word, tcb->registers.pc);
    if (!interrupts_are_idle()) {
        deliver_with_interrupts(tcb->vcpu, word, rest);
        return;
    }
    [[clang::always_inline]] kernel_fault(EXIT_TAG, word, rest);
}

/** Words 2..8 of all exits but hypercalls, where they may stay until the VMM receives them. */
static uint64_t *exit_prepare(struct tcb *tcb, uint64_t esr, uint64_t address, uint64_t value)
{
    const struct arch_context *at = &tcb->registers;
    struct fault fault = fault_vm_exit(0, address, value, at->pc, esr, sysreg_read(far_el2), at->pstate, 0);
    __builtin_memcpy(tcb->fault_word, fault.word, sizeof(fault.word));
    return &tcb->fault_word[1];
}

void guest_exit_reason(struct tcb *tcb, uint64_t reason, uint64_t esr)
{
    exit_deliver(tcb, exit_set_reason(0, reason), esr, exit_prepare(tcb, esr, 0, 0));
}

/* --- translations with the guest's own tables; its EL1 registers are still loaded --- */

/** A read at the guest's own exception level, by the stages that `flags` say. */
static uint64_t own_translate(const struct tcb *tcb, uint64_t address, uint64_t flags)
{
    bool is_el0 = (tcb->registers.pstate & (PSTATE_MODE & ~PSTATE_AARCH32)) == 0;
    return guest_translate(address, flags | (is_el0 ? TRANSLATE_FLAG_EL0 : 0));
}

/** The trapping instruction, for the VMM to decode; false unless all of it lies in RAM. */
static bool instruction_read(const struct tcb *tcb, uint64_t esr, uint64_t *instruction)
{
    uint64_t pc = tcb->registers.pc;
    uint64_t length = esr & ESR_IL ? 4 : 2;
    uint64_t par = own_translate(tcb, pc, GUEST_TRANSLATE_BOTH);
    uint64_t physical = (par & PAR_ADDRESS) | (pc & 0xfff);
    if ((par & PAR_F) != 0 || (pc & 0xfff) + length > 0x1000 || !memory_is_ram(physical, length)) {
        return false;
    }
    const volatile uint16_t *half = (const volatile uint16_t *)physical;
    *instruction = half[0] | (length == 4 ? (uint64_t)half[1] << 16 : 0);
    return true;
}

/** As the abort left it in HPFAR_EL2 (the page) and FAR_EL2. */
static uint64_t fault_ipa(uint64_t esr, uint64_t far)
{
    return (sysreg_read(hpfar_el2) & 0xffffffffff0ul) << 8 | (esr & ABORT_S1PTW ? 0 : far & 0xfff);
}

/** HPFAR_EL2 holds the address but for permission faults not on a table walk (DDI 0487, HPFAR_EL2); then translate. */
static bool abort_ipa(const struct tcb *tcb, uint64_t esr, uint64_t *ipa)
{
    uint64_t far = sysreg_read(far_el2);
    if (ABORT_FSC_TYPE(esr) != FSC_PERMISSION || (esr & ABORT_S1PTW) != 0) {
        *ipa = fault_ipa(esr, far);
        return true;
    }
    uint64_t par = own_translate(tcb, far, 0);
    *ipa = (par & PAR_ADDRESS) | (far & 0xfff);
    return (par & PAR_F) == 0;
}

/* --- the reasons --- */

/** The usual access of a device: the syndrome describes it, and stage 2 has no page there. */
#define PLAIN_ACCESS_MASK (63ul << ESR_EC_SHIFT | ABORT_ISV | ABORT_S1PTW | 0xful << 2)
#define PLAIN_ACCESS      ((uint64_t)EC_DATA_ABORT << ESR_EC_SHIFT | ABORT_ISV | FSC_TRANSLATION << 2)

static void exit_access(struct tcb *tcb, uint64_t esr, uint64_t ipa) LOCKED
{
    uint64_t value = 0;
    if (esr & ABORT_WNR) {
        uint64_t unused_bits = 64 - (8ul << exit_size_log2(esr));
        value = context_register(&tcb->registers, exit_register(esr)) << unused_bits >> unused_bits;
    }
    exit_deliver(tcb, exit_set_reason(esr & ABORT_SYNDROME, EXIT_MMIO), esr, exit_prepare(tcb, esr, ipa, value));
}

static void exit_abort(struct tcb *tcb, uint64_t esr) LOCKED
{
    uint64_t ipa;
    if (ABORT_FSC_TYPE(esr) > FSC_PERMISSION) {
        guest_exit_reason(tcb, EXIT_OTHER, esr);
        return;
    }
    if (!abort_ipa(tcb, esr, &ipa)) {
        /* The guest's tables changed under the access: it is simply made again. */
        return;
    }
    bool is_fetch = ESR_EC(esr) == EC_FETCH_ABORT;
    if (!is_fetch && (esr & ABORT_ISV) != 0 && (esr & ABORT_S1PTW) == 0) {
        exit_access(tcb, esr, ipa);
        return;
    }
    uint64_t word = exit_set_reason(esr & ABORT_S1PTW, is_fetch ? EXIT_FETCH : EXIT_UNDECODED);
    const uint64_t *rest = exit_prepare(tcb, esr, ipa, 0);
    if (!is_fetch) {
        bool is_read = instruction_read(tcb, esr, &tcb->fault_word[FAULT_VM_EXIT_WORD_INSTRUCTION]);
        word = exit_set_has_instruction(word | (esr & ABORT_WNR), is_read);
    }
    exit_deliver(tcb, word, esr, rest);
}

static void exit_sysreg(struct tcb *tcb, uint64_t esr) LOCKED
{
    uint64_t rt = (esr >> 5) & 0x1f;
    bool is_read = esr & 1;
    uint64_t word = exit_set_register(exit_set_is_write(exit_set_reason(0, EXIT_SYSREG), !is_read), rt);
    word = exit_set_is_64bit(exit_set_size_log2(word, 3), 1);
    uint64_t value = is_read ? id_register_read(ESR_ISS(esr)) : context_register(&tcb->registers, rt);
    exit_deliver(tcb, word, esr, exit_prepare(tcb, esr, ESR_ISS(esr) & ISS_SYSREG_ENCODING, value));
}

/** Trapped AArch32 instructions trap even if their condition fails (DDI 0487, D1.13.5). */
static bool is_executed(const struct tcb *tcb, uint64_t esr)
{
    return (tcb->registers.pstate & PSTATE_AARCH32) == 0 || aarch32_condition_holds(esr, tcb->registers.pstate);
}

/** Go on if an interrupt waits; else wait in the kernel until one does. WFE, WFIT and WFET may end at once (DDI 0487, D1.6). */
static NOINLINE void exit_wait(struct tcb *tcb, uint64_t esr) LOCKED
{
    struct vcpu *vcpu = tcb->vcpu;
    bool is_wfi = (esr & ISS_WFX_TI) == 0 && is_executed(tcb, esr);
    bool is_idle = interrupts_are_idle() && (sysreg_read(hcr_el2) & HCR_VSE) == 0;
    guest_step(&tcb->registers, esr);
    if (is_wfi && !is_idle && interrupts_collect(vcpu)) {
        /* The VMM asked to be told; it would have no occasion while the guest waits. */
        guest_exit_reason(tcb, EXIT_MAINTENANCE, 0);
    } else if (is_wfi && (is_idle || !arch_vcpu_is_interrupt_pending(vcpu))) {
        sched_block(tcb);
        tcb->state = THREAD_WFI;
    }
}

static bool is_conditional(uint64_t class)
{
    return (class >= EC_CP15_32 && class <= EC_CP14_LS) || class == EC_CP10_ID || class == EC_CP14_64;
}

/* Apart, for the registers that only this needs. */
static NOINLINE void exit_other(struct tcb *tcb, uint64_t esr) LOCKED
{
    uint64_t class = ESR_EC(esr);
    if (is_conditional(class) && !is_executed(tcb, esr)) {
        guest_step(&tcb->registers, esr);
        return;
    }
    switch (class) {
    case EC_FP:
        (void)fpu_take(tcb); /* every guest may have it */
        break;
    case EC_SYSREG:
        exit_sysreg(tcb, esr);
        break;
    case EC_FETCH_ABORT:
    case EC_DATA_ABORT:
        exit_abort(tcb, esr);
        break;
    default:
        guest_exit_reason(tcb, class == EC_SERROR ? EXIT_SERROR : EXIT_OTHER, esr);
        break;
    }
}

void guest_exit(struct tcb *tcb, uint64_t esr)
{
    uint64_t class = ESR_EC(esr);
    if ((esr & PLAIN_ACCESS_MASK) == PLAIN_ACCESS) {
        exit_access(tcb, esr, fault_ipa(esr, sysreg_read(far_el2)));
    } else if (class == EC_HVC64 || class == EC_SMC64) { /* the other words are x0..x6 */
        uint64_t word = exit_set_reason(0, class == EC_HVC64 ? EXIT_HVC : EXIT_SMC);
        exit_deliver(tcb, exit_set_immediate(word, esr & 0xffff), esr, tcb->registers.x);
    } else if (class == EC_WFX) {
        exit_wait(tcb, esr);
    } else {
        exit_other(tcb, esr);
    }
}
