/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * The architecture's own types: saved registers of a thread, FPU state, page-table root, a guest's EL1 state.
 *
 * Invariant A1: order and number of the words of arch_context are those of messages.yaml, `thread_registers`.
 */
#pragma once

#include "kernel/arch/guest_timer.h"
#include "kernel/lib/base.h"

struct arch_context {
    uint64_t x[31];
    uint64_t sp; /* SP_EL0 */
    uint64_t pc;
    uint64_t pstate;
    uint64_t tpidr_el0;
};

_Static_assert(offsetof(struct arch_context, pstate) == 8ul * THREAD_REG_PSTATE, "A1");
_Static_assert(sizeof(struct arch_context) == 8ul * THREAD_REG_COUNT, "A1");

struct arch_fpu_state {
    uint64_t v[64]; /* v0..v31, 128 bits each */
    uint64_t fpcr;
    uint64_t fpsr;
};

struct arch_vspace {
    uint64_t root;        /* physical address of the level 1 table */
    uint64_t fresh_table; /* physical address of the first table never used */
    uint64_t vttbr;       /* root and VMID; 0: it has none (vmid.c) */
};

/* By twos that are neighbours in messages.yaml, `vcpu_registers`: one load or store for both. */

/** Guest registers that reach native processes: switched between guest and native (arm-facts.md). TPIDRRO_EL0 and TCR_EL1 go apart. */
#define VCPU_SWITCHED_REGISTERS(DO) DO(SCTLR_EL1, CPACR_EL1) DO(CNTKCTL_EL1, MDSCR_EL1)

/** The others: they stay loaded until another guest runs. ACTLR_EL1 stays what it is: no guest reaches it (HCR_EL2.TACR), nor does its VMM. */
#define VCPU_LAZY_REGISTERS(DO) VCPU_LAZY_FIRST(DO) VCPU_LAZY_SECOND(DO) VCPU_LAZY_THIRD(DO)
#define VCPU_LAZY_FIRST(DO)     DO(TTBR0_EL1, TTBR1_EL1) DO(MAIR_EL1, AMAIR_EL1) DO(ESR_EL1, FAR_EL1)
#define VCPU_LAZY_SECOND(DO)    DO(AFSR0_EL1, AFSR1_EL1) DO(PAR_EL1, VBAR_EL1) DO(CONTEXTIDR_EL1, TPIDR_EL1)
#define VCPU_LAZY_THIRD(DO)     DO(SP_EL1, ELR_EL1) DO(SPSR_EL1, CSSELR_EL1) DO(VMPIDR_EL2, VPIDR_EL2)

/** Of the timers: controls last, they switch them on. */
#define VCPU_TIMER_REGISTERS(DO) DO(CNTV_CVAL_EL0, CNTP_CVAL_EL0) DO(CNTV_CTL_EL0, CNTP_CTL_EL0)

#define VCPU_LOAD(first, second)                                                                                       \
    {                                                                                                                  \
        uint64_t value[] = {arch->reg[VCPU_REG_##first], arch->reg[VCPU_REG_##second]};                                \
        sysreg_write(first, value[0]);                                                                                 \
        sysreg_write(second, value[1]);                                                                                \
    }
#define VCPU_SAVE(first, second)                                                                                       \
    {                                                                                                                  \
        uint64_t value[] = {sysreg_read(first), sysreg_read(second)};                                                  \
        arch->reg[VCPU_REG_##first] = value[0];                                                                        \
        arch->reg[VCPU_REG_##second] = value[1];                                                                       \
    }

#define LIST_REGISTER_MAX (SEL_LIMIT_VCPU_ENTRY_MAX + 2)
#define GUEST_TIMER_COUNT 2

/** Virtual interrupts; all that the hardware has too only while the VCPU is not loaded. */
struct vcpu_interrupts {
    uint64_t lr[LIST_REGISTER_MAX]; /* as ICH_LR<n>_EL2; entries first, then virtual and physical timer */
    uint64_t hcr; /* EOIcount as in ICH_HCR_EL2: EOIs of interrupts in no list register, not yet told */
    uint64_t vmcr, ap0r, ap1r;
    uint64_t state;      /* of the list registers (L3) */
    bool is_state_known; /* since the guest ran last */
    uint8_t line;        /* bit per entry: the line is high, re-pend at EOI */
    uint8_t notify_eoi;  /* bit per entry: tell the VMM of the EOI; with VERB_NOTIFY_EMPTY of all whose line is low */
    struct guest_timer timer[GUEST_TIMER_COUNT];
    uint64_t timer_pending[GUEST_TIMER_COUNT]; /* made of `timer`: what its list register holds when it comes due */
};

struct arch_vcpu {
    uint64_t reg[VCPU_REG_COUNT]; /* while not loaded; TPIDR_EL0 and SP_EL0 are the thread's own */
    uint64_t cntvoff;
    struct vcpu_interrupts interrupts;
    uint64_t exit_esr; /* syndrome of the exit being completed */
    uint64_t vsesr;    /* syndrome of a pending virtual SError */
    uint64_t hcr;      /* HCR_EL2 while it runs; VSE: a virtual SError is pending */
};
