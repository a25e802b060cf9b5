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

/* What the syndrome says of an access, IL and M[4] are in the exit's first word where the processor has them (messages.yaml). */
_Static_assert(ABORT_SYNDROME == (EXIT_WORD_IS_WRITE | EXIT_WORD_IS_64BIT | EXIT_WORD_REGISTER | EXIT_WORD_SIGN_EXTEND |
                                  EXIT_WORD_SIZE_LOG2 | EXIT_WORD_HAS_SYNDROME) &&
                   EXIT_WORD_IS_WRITE == ABORT_WNR && EXIT_WORD_IS_64BIT == 1ul << 15 &&
                   EXIT_WORD_REGISTER == 31ul << 16 && EXIT_WORD_SIGN_EXTEND == 1ul << 21 &&
                   EXIT_WORD_SIZE_LOG2 == 3ul << 22 && EXIT_WORD_IS_TABLE_WALK == ABORT_S1PTW &&
                   EXIT_WORD_IS_32BIT_INSTRUCTION == ESR_IL && EXIT_WORD_IS_AARCH32 == PSTATE_AARCH32,
               "ISS of a Data Abort, SPSR_EL2 (DDI 0487)");

/** Deliver: `word`, the first, gets reason and the list registers' state. */
static void exit_deliver(struct tcb *tcb, uint64_t reason, uint64_t esr, uint64_t word, const uint64_t *rest) LOCKED
{
    tcb->vcpu->arch.exit_esr = esr;
    word |= exit_set_reason(0, reason) | (esr & ESR_IL) | (tcb->registers.pstate & PSTATE_AARCH32);
    [[clang::always_inline]] word = exit_set_lr_state(word, arch_vcpu_interrupt_state(tcb->vcpu));
    trace(TRACE_VM_EXIT, word, tcb->registers.pc);
    kernel_fault(tag_make(FAULT_VM_EXIT, FAULT_VM_EXIT_LENGTH, 0) | TAG_KERNEL, word, rest);
}

/** Words 3..6 of all exits but hypercalls. */
static struct fault exit_prepare(const struct tcb *tcb, uint64_t esr)
{
    return (struct fault){.word = {
                              [FAULT_VM_EXIT_WORD_PC] = tcb->registers.pc,
                              [FAULT_VM_EXIT_WORD_ESR] = esr,
                              [FAULT_VM_EXIT_WORD_FAR] = sysreg_read(far_el2),
                              [FAULT_VM_EXIT_WORD_PSTATE] = tcb->registers.pstate,
                          }};
}

/* Not inlined: its message would be on the stack of who seldom sends one. */
NOINLINE void guest_exit_reason(struct tcb *tcb, uint64_t reason, uint64_t esr)
{
    struct fault fault = exit_prepare(tcb, esr);
    exit_deliver(tcb, reason, esr, 0, &fault.word[1]);
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

/** HPFAR_EL2 holds the address but for permission faults not on a table walk (DDI 0487, HPFAR_EL2); then translate. */
static bool abort_ipa(const struct tcb *tcb, uint64_t esr, uint64_t *ipa)
{
    uint64_t far = sysreg_read(far_el2);
    if (ABORT_FSC_TYPE(esr) != FSC_PERMISSION || (esr & ABORT_S1PTW) != 0) {
        *ipa = (sysreg_read(hpfar_el2) & 0xffffffffff0ul) << 8 | (esr & ABORT_S1PTW ? 0 : far & 0xfff);
        return true;
    }
    uint64_t par = own_translate(tcb, far, 0);
    *ipa = (par & PAR_ADDRESS) | (far & 0xfff);
    return (par & PAR_F) == 0;
}

/* --- the reasons --- */

static void exit_undecoded(struct tcb *tcb, uint64_t esr, struct fault *fault) LOCKED
{
    uint64_t word = esr & (ABORT_S1PTW | ABORT_WNR);
    if (instruction_read(tcb, esr, &fault->word[FAULT_VM_EXIT_WORD_INSTRUCTION])) {
        word = exit_set_has_instruction(word, 1);
    }
    exit_deliver(tcb, EXIT_UNDECODED, esr, word, &fault->word[1]);
}

static void exit_access(struct tcb *tcb, uint64_t esr, struct fault *fault) LOCKED
{
    if (esr & ABORT_WNR) {
        uint64_t value = context_register(&tcb->registers, exit_register(esr));
        fault->word[FAULT_VM_EXIT_WORD_VALUE] = value & ~0ul >> (64 - (8ul << exit_size_log2(esr)));
    }
    exit_deliver(tcb, EXIT_MMIO, esr, esr & ABORT_SYNDROME, &fault->word[1]);
}

static void exit_abort(struct tcb *tcb, uint64_t esr) LOCKED
{
    struct fault fault = exit_prepare(tcb, esr);
    if (ABORT_FSC_TYPE(esr) > FSC_PERMISSION) {
        exit_deliver(tcb, EXIT_OTHER, esr, 0, &fault.word[1]);
        return;
    }
    if (!abort_ipa(tcb, esr, &fault.word[FAULT_VM_EXIT_WORD_ADDRESS])) {
        /* The guest's tables changed under the access: it is simply made again. */
        return;
    }
    if (ESR_EC(esr) == EC_FETCH_ABORT) {
        exit_deliver(tcb, EXIT_FETCH, esr, esr & ABORT_S1PTW, &fault.word[1]);
    } else if ((esr & ABORT_ISV) == 0 || (esr & ABORT_S1PTW) != 0) {
        exit_undecoded(tcb, esr, &fault);
    } else {
        exit_access(tcb, esr, &fault);
    }
}

static void exit_sysreg(struct tcb *tcb, uint64_t esr) LOCKED
{
    struct fault fault = exit_prepare(tcb, esr);
    uint64_t rt = (esr >> 5) & 0x1f;
    bool is_read = esr & 1;
    uint64_t word = exit_set_register(exit_set_is_write(0, !is_read), rt);
    word = exit_set_is_64bit(exit_set_size_log2(word, 3), 1);
    fault.word[FAULT_VM_EXIT_WORD_ADDRESS] = ESR_ISS(esr) & ISS_SYSREG_ENCODING;
    fault.word[FAULT_VM_EXIT_WORD_VALUE] =
        is_read ? id_register_read(ESR_ISS(esr)) : context_register(&tcb->registers, rt);
    exit_deliver(tcb, EXIT_SYSREG, esr, word, &fault.word[1]);
}

/** Go on if an interrupt waits; else wait in the kernel until one does. WFE, WFIT and WFET may end at once (DDI 0487, D1.6). */
static void exit_wait(struct tcb *tcb, uint64_t esr) LOCKED
{
    struct vcpu *vcpu = tcb->vcpu;
    guest_step(&tcb->registers, esr);
    if ((esr & ISS_WFX_TI) != 0) {
        return;
    }
    if (interrupts_collect(vcpu)) {
        /* The VMM asked to be told; it would have no occasion while the guest waits. */
        guest_exit_reason(tcb, EXIT_MAINTENANCE, 0);
    } else if (!arch_vcpu_is_interrupt_pending(vcpu)) {
        sched_block(tcb);
        tcb->state = THREAD_WFI;
    }
}

/** Trapped AArch32 instructions trap even if their condition fails (DDI 0487, D1.13.5). */
static bool is_conditional(uint64_t class)
{
    return class == EC_WFX || (class >= EC_CP15_32 && class <= EC_CP14_LS) || class == EC_CP10_ID ||
           class == EC_CP14_64;
}

void guest_exit(struct tcb *tcb, uint64_t esr)
{
    uint64_t class = ESR_EC(esr);
    bool is_aarch32 = tcb->registers.pstate & PSTATE_AARCH32;
    if (is_aarch32 && is_conditional(class) && !aarch32_condition_holds(esr, tcb->registers.pstate)) {
        guest_step(&tcb->registers, esr);
        return;
    }
    switch (class) {
    case EC_WFX:
        exit_wait(tcb, esr);
        break;
    case EC_FP:
        (void)fpu_take(tcb); /* every guest may have it */
        break;
    case EC_HVC64:
    case EC_SMC64: /* the other words are x0..x6 */
        exit_deliver(tcb, class == EC_HVC64 ? EXIT_HVC : EXIT_SMC, esr, exit_set_immediate(0, esr & 0xffff),
                     tcb->registers.x);
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
