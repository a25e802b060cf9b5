/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Switching between threads: address space, native or guest EL1 state, FPU. Not here: what a guest's state is (vcpu.c), who runs (sched/).
 *
 * Invariant: CPTR_EL2 traps the FPU unless percpu.fpu_owner runs.
 * Invariant: EL0 runs natively only with the values of native_registers_load(): nothing a guest left in EL1 reaches it.
 */
#include "kernel/arch/arch_switch.h"
#include "kernel/object/objects.h"

/* DC: with stage 1 off data would be Device memory (DDI 0487, D8.2.12 and HCR_EL2.DC). */
#define HCR_NATIVE (HCR_VM | HCR_SWIO | HCR_FMO | HCR_IMO | HCR_AMO | HCR_DC | HCR_TIDCP | HCR_TGE | HCR_RW)

uint64_t cptr_kernel;

void native_registers_load(void)
{
    /* Walks off before the guest's VMID goes: a speculative walk must not mix its tables with another VMID (A57 erratum 1319537). */
    sysreg_write(tcr_el1, TCR_WALKS_OFF);
    isb();
    sysreg_write(hcr_el2, HCR_NATIVE);
    sysreg_write(sctlr_el1, SCTLR_EL1_NATIVE);
    sysreg_write(cpacr_el1, CPACR_FPEN);
    sysreg_write(cntkctl_el1, CNTKCTL_EL0PCTEN);
    sysreg_write(mdscr_el1, MDSCR_TDCC);
    sysreg_write(tpidrro_el0, 0);
    if (SEL_CYCLES) {
        sysreg_write(mdcr_el2, sysreg_read(mdcr_el2) & ~MDCR_TPM);
        sysreg_write(pmuserenr_el0, 1ul << 2); /* CR: EL0 may read the cycle counter, and nothing else */
    }
}

void fpu_close(void)
{
    sysreg_write(cptr_el2, cptr_kernel | CPTR_TFP);
}

bool fpu_take(struct tcb *tcb)
{
    struct percpu *cpu = percpu();
    if ((tcb->features & TCB_FEATURE_FPU) == 0 && tcb->vcpu == NULL) {
        return false;
    }
    if (cpu->fpu_owner != NULL) {
        arch_fpu_release(cpu->fpu_owner);
    }
    sysreg_write(cptr_el2, cptr_kernel);
    isb();
    fpu_load(&tcb->fpu);
    tcb->has_fpu = true;
    cpu->fpu_owner = tcb;
    return true;
}

void arch_fpu_release(struct tcb *tcb)
{
    struct percpu *cpu = percpu();
    if (cpu->fpu_owner != tcb) {
        return;
    }
    sysreg_write(cptr_el2, cptr_kernel);
    isb();
    fpu_save(&tcb->fpu);
    fpu_close();
    tcb->has_fpu = false;
    cpu->fpu_owner = NULL;
}

/** Everything `next` needs: stage 2, native or guest EL1 state, FPU trap. */
static inline ALWAYS_INLINE void load(struct tcb *next, struct vcpu *vcpu) LOCKED
{
    struct percpu *cpu = percpu();
    if (vcpu == NULL && cpu->vcpu_active != NULL) {
        [[clang::always_inline]] guest_leave(cpu->vcpu_active);
    }
    sysreg_write(vttbr_el2, next->vspace->arch.vttbr);
    if (vcpu != NULL) {
        guest_enter(vcpu);
    }
    if (cpu->fpu_owner != NULL) {
        sysreg_write(cptr_el2, cpu->fpu_owner == next ? cptr_kernel : cptr_kernel | CPTR_TFP);
    }
}

NOINLINE void switch_prepare(const struct tcb *to)
{
    if (percpu()->vcpu_active != NULL) { /* native values while VMIDs change (vmid.c) */
        guest_leave(percpu()->vcpu_active);
    }
    vmid_renew(to->vspace);
    if (to->vcpu != NULL && to->vcpu != percpu()->vcpu_interruptible) {
        guest_attach(to->vcpu);
    }
}

/** Apart, for the stack frame that only this needs. */
static NOINLINE void prepare_and_leave_to(struct tcb *to) UNLOCKS
{
    switch_prepare(to);
    load(to, to->vcpu);
    kernel_lock_release();
    load_context(to);
}

void arch_leave_to(struct tcb *to)
{
    kassert(sched_is_chosen() && arch_can_run(to)); /* who got the time by a hand-over can run: T4 */
    struct vcpu *vcpu = to->vcpu;
    bool is_other = vcpu != NULL && vcpu != percpu()->vcpu_interruptible;
    if (__builtin_expect(!arch_vspace_has_id(to->vspace), false) || __builtin_expect(is_other, false)) {
        prepare_and_leave_to(to);
        return;
    }
    if (vcpu == NULL) { /* each on a way of its own */
        load(to, NULL);
    } else {
        load(to, vcpu);
    }
    kernel_lock_release();
    load_context(to);
}

/* Its callers hold the lock still, so they say: none comes back to release it. */
__attribute__((no_thread_safety_analysis)) void arch_leave_with(struct tcb *to, uint64_t tag, uint64_t badge,
                                                                uint64_t first, const uint64_t *rest)
{
    kassert(!percpu()->must_choose && sched_is_chosen() && to->vcpu == NULL && arch_can_run(to) &&
            arch_vspace_has_id(to->vspace)); /* T4 */
    load(to, NULL);
    kernel_lock_release();
    leave_with(to, tag, badge, first, rest);
}

/* --- registers of a thread --- */

_Static_assert(PSTATE_EL0T == 0, "a new thread's registers are the zeroes of Retype");

/** An illegal mode would make the return to it fail in the kernel (DDI 0487, D1.4.4): a guest gets EL1h instead. */
static uint64_t guest_pstate(uint64_t pstate)
{
    bool has_aarch32 = (sysreg_read(id_aa64pfr0_el1) & 0xf) == 2;
    uint64_t mode = pstate & PSTATE_MODE;
    if (mode == PSTATE_EL0T || mode == PSTATE_EL1T || mode == PSTATE_EL1H || (mode == PSTATE_USR32 && has_aarch32)) {
        return pstate & 0xffffffff;
    }
    return (pstate & 0xffffffe0) | PSTATE_EL1H;
}

void arch_register_set(struct arch_context *context, uint64_t index, uint64_t value, bool is_guest)
{
    if (index == THREAD_REG_PSTATE) {
        value = is_guest ? guest_pstate(value) : value & PSTATE_NZCV;
    }
    ((uint64_t *)context)[index] = value;
}

void arch_skip_instruction(struct tcb *tcb)
{
    tcb->registers.pc += 4;
}
