/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * What of a guest is loaded when. On leaving a guest only the registers that would reach native processes are changed
 * (arm-facts.md); the rest of its EL1 state stays until another guest runs.
 *
 * Invariant: percpu.vcpu_loaded's `lazy` registers are in the hardware; its `switched` ones too exactly while is_vcpu_active.
 */
#include <stddef.h>

#include "kernel/arch/aarch64/guest.h"
#include "kernel/arch/aarch64/registers.h"
#include "kernel/arch/aarch64/switch.h"
#include "kernel/arch/aarch64/vmid.h"
#include "kernel/arch/arch.h"
#include "kernel/debug/panic.h"
#include "kernel/object/tcb.h"
#include "kernel/object/vcpu.h"
#include "kernel/smp/percpu.h"

#define HCR_TERR (1ul << 36)
#define HCR_TLOR (1ul << 35)
/*
 * TID3: ID registers are answered by the VMM. TIDCP, TACR, TSW, TERR, TLOR: implementation defined, auxiliary, set/way, error record
 * and LORegion registers are not the guest's. API, APK, ATA, EnSCXT stay 0: pointer authentication, MTE, SCXTNUM trap.
 */
#define HCR_GUEST                                                                                                                                    \
    (HCR_VM | HCR_SWIO | HCR_FMO | HCR_IMO | HCR_AMO | HCR_FB | HCR_BSU_INNER | HCR_TWI | HCR_TID3 | HCR_TSC | HCR_TIDCP | HCR_TACR | HCR_TSW |      \
     HCR_RW | HCR_TERR | HCR_TLOR)
#define MDCR_KERNEL (MDCR_TPMCR | MDCR_TPM | MDCR_TDA | MDCR_TDOSA | MDCR_TDRA | MDCR_TTRF)
/* Cortex-A57 TRM, 4.3.33: value at reset. */
#define SCTLR_EL1_RESET 0x00c50838ul
#define MPIDR_RES1 (1ul << 31)

static bool has_ras;

void guest_init(void)
{
    has_ras = ((sysreg_read(id_aa64pfr0_el1) >> 28) & 0xf) != 0;
    sysreg_write(mdcr_el2, MDCR_KERNEL | (sysreg_read(mdcr_el2) & 0x1f));
    sysreg_write(hstr_el2, 0);
    sysreg_write(cnthctl_el2, CNTHCTL_EL1PCTEN | CNTHCTL_EL1PCEN);
    sysreg_write(cntvoff_el2, 0);
    sysreg_write(cntv_ctl_el0, 0);
    sysreg_write(cntp_ctl_el0, 0);
    native_registers_load();
    interrupts_init();
}

bool guest_is_loaded(const struct vcpu *vcpu)
{
    return percpu()->vcpu_loaded == vcpu;
}

static void lazy_load(const struct vcpu_lazy_registers *lazy)
{
    sysreg_write(actlr_el1, lazy->actlr_el1);
    sysreg_write(ttbr0_el1, lazy->ttbr0_el1);
    sysreg_write(ttbr1_el1, lazy->ttbr1_el1);
    sysreg_write(mair_el1, lazy->mair_el1);
    sysreg_write(amair_el1, lazy->amair_el1);
    sysreg_write(esr_el1, lazy->esr_el1);
    sysreg_write(far_el1, lazy->far_el1);
    sysreg_write(afsr0_el1, lazy->afsr0_el1);
    sysreg_write(afsr1_el1, lazy->afsr1_el1);
    sysreg_write(par_el1, lazy->par_el1);
    sysreg_write(vbar_el1, lazy->vbar_el1);
    sysreg_write(contextidr_el1, lazy->contextidr_el1);
    sysreg_write(tpidr_el1, lazy->tpidr_el1);
    sysreg_write(sp_el1, lazy->sp_el1);
    sysreg_write(elr_el1, lazy->elr_el1);
    sysreg_write(spsr_el1, lazy->spsr_el1);
    sysreg_write(csselr_el1, lazy->csselr_el1);
    sysreg_write(vmpidr_el2, lazy->vmpidr);
    sysreg_write(vpidr_el2, lazy->vpidr);
}

static void lazy_save(struct vcpu_lazy_registers *lazy)
{
    lazy->actlr_el1 = sysreg_read(actlr_el1);
    lazy->ttbr0_el1 = sysreg_read(ttbr0_el1);
    lazy->ttbr1_el1 = sysreg_read(ttbr1_el1);
    lazy->mair_el1 = sysreg_read(mair_el1);
    lazy->amair_el1 = sysreg_read(amair_el1);
    lazy->esr_el1 = sysreg_read(esr_el1);
    lazy->far_el1 = sysreg_read(far_el1);
    lazy->afsr0_el1 = sysreg_read(afsr0_el1);
    lazy->afsr1_el1 = sysreg_read(afsr1_el1);
    lazy->par_el1 = sysreg_read(par_el1);
    lazy->vbar_el1 = sysreg_read(vbar_el1);
    lazy->contextidr_el1 = sysreg_read(contextidr_el1);
    lazy->tpidr_el1 = sysreg_read(tpidr_el1);
    lazy->sp_el1 = sysreg_read(sp_el1);
    lazy->elr_el1 = sysreg_read(elr_el1);
    lazy->spsr_el1 = sysreg_read(spsr_el1);
    lazy->csselr_el1 = sysreg_read(csselr_el1);
}

static void switched_save(struct vcpu_switched_registers *switched)
{
    switched->sctlr_el1 = sysreg_read(sctlr_el1);
    switched->tcr_el1 = sysreg_read(tcr_el1);
    switched->cpacr_el1 = sysreg_read(cpacr_el1);
    switched->cntkctl_el1 = sysreg_read(cntkctl_el1);
    switched->mdscr_el1 = sysreg_read(mdscr_el1);
    switched->tpidrro_el0 = sysreg_read(tpidrro_el0);
}

static void switched_load(const struct vcpu_switched_registers *switched)
{
    sysreg_write(sctlr_el1, switched->sctlr_el1);
    sysreg_write(cpacr_el1, switched->cpacr_el1);
    sysreg_write(cntkctl_el1, switched->cntkctl_el1);
    sysreg_write(mdscr_el1, switched->mdscr_el1);
    sysreg_write(tpidrro_el0, switched->tpidrro_el0);
    /* VTTBR and the tables' base before walks are allowed (A57 erratum 1319537). */
    isb();
    sysreg_write(tcr_el1, switched->tcr_el1);
}

static void hcr_load(const struct arch_vcpu *arch)
{
    if (arch->is_serror_pending && has_ras) {
        sysreg_write(s3_4_c5_c2_3, arch->vsesr);    /* VSESR_EL2, RAS extension */
    }
    sysreg_write(hcr_el2, HCR_GUEST | (arch->is_serror_pending ? HCR_VSE : 0));
}

void guest_enter(struct vcpu *vcpu)
{
    struct percpu *cpu = percpu();
    if (cpu->vcpu_loaded != vcpu) {
        if (cpu->vcpu_loaded != NULL) {
            guest_unload(cpu->vcpu_loaded);
        }
        lazy_load(&vcpu->arch.lazy);
        interrupts_attach(vcpu);
        cpu->vcpu_loaded = vcpu;
    }
    if (!cpu->is_vcpu_active) {
        switched_load(&vcpu->arch.switched);
        hcr_load(&vcpu->arch);
        cpu->is_vcpu_active = 1;
    }
    if (!vcpu->arch.interrupts.is_live) {
        interrupts_load(vcpu);
    }
}

void guest_leave(struct vcpu *vcpu)
{
    interrupts_save(vcpu);
    vcpu->arch.is_serror_pending = (sysreg_read(hcr_el2) & HCR_VSE) != 0;
    switched_save(&vcpu->arch.switched);
    native_registers_load();
    percpu()->is_vcpu_active = 0;
}

void guest_unload(struct vcpu *vcpu)
{
    struct percpu *cpu = percpu();
    if (cpu->vcpu_loaded != vcpu) {
        return;
    }
    if (cpu->is_vcpu_active) {
        guest_leave(vcpu);
    }
    lazy_save(&vcpu->arch.lazy);
    interrupts_detach(vcpu);
    cpu->vcpu_loaded = NULL;
    if (vcpu->tcb != NULL && vcpu->tcb->state == THREAD_WFI) {
        interrupts_arm_event(vcpu);
    }
}

void arch_vcpu_init(struct vcpu *vcpu)
{
    vcpu->arch = (struct arch_vcpu){
        .switched.sctlr_el1 = SCTLR_EL1_RESET,
        .lazy.actlr_el1 = sysreg_read(actlr_el1),
        .lazy.vmpidr = MPIDR_RES1,
        .lazy.vpidr = sysreg_read(midr_el1),
    };
}

void arch_vcpu_reset(struct vcpu *vcpu)
{
    guest_unload(vcpu);
    arch_vcpu_init(vcpu);
}

void arch_vcpu_destroy(struct vcpu *vcpu)
{
    guest_unload(vcpu);
}

/* --- registers by number --- */

#define AT_SWITCHED(name) offsetof(struct arch_vcpu, switched.name)
#define AT_LAZY(name)     offsetof(struct arch_vcpu, lazy.name)

static const uint16_t register_offset[VCPU_REG_COUNT] = {
    [VCPU_REG_SCTLR_EL1] = AT_SWITCHED(sctlr_el1),      [VCPU_REG_ACTLR_EL1] = AT_LAZY(actlr_el1),
    [VCPU_REG_CPACR_EL1] = AT_SWITCHED(cpacr_el1),      [VCPU_REG_TTBR0_EL1] = AT_LAZY(ttbr0_el1),
    [VCPU_REG_TTBR1_EL1] = AT_LAZY(ttbr1_el1),          [VCPU_REG_TCR_EL1] = AT_SWITCHED(tcr_el1),
    [VCPU_REG_MAIR_EL1] = AT_LAZY(mair_el1),            [VCPU_REG_AMAIR_EL1] = AT_LAZY(amair_el1),
    [VCPU_REG_ESR_EL1] = AT_LAZY(esr_el1),              [VCPU_REG_FAR_EL1] = AT_LAZY(far_el1),
    [VCPU_REG_AFSR0_EL1] = AT_LAZY(afsr0_el1),          [VCPU_REG_AFSR1_EL1] = AT_LAZY(afsr1_el1),
    [VCPU_REG_PAR_EL1] = AT_LAZY(par_el1),              [VCPU_REG_VBAR_EL1] = AT_LAZY(vbar_el1),
    [VCPU_REG_CONTEXTIDR_EL1] = AT_LAZY(contextidr_el1), [VCPU_REG_TPIDRRO_EL0] = AT_SWITCHED(tpidrro_el0),
    [VCPU_REG_TPIDR_EL1] = AT_LAZY(tpidr_el1),          [VCPU_REG_SP_EL1] = AT_LAZY(sp_el1),
    [VCPU_REG_ELR_EL1] = AT_LAZY(elr_el1),              [VCPU_REG_SPSR_EL1] = AT_LAZY(spsr_el1),
    [VCPU_REG_CNTKCTL_EL1] = AT_SWITCHED(cntkctl_el1),  [VCPU_REG_CSSELR_EL1] = AT_LAZY(csselr_el1),
    [VCPU_REG_MDSCR_EL1] = AT_SWITCHED(mdscr_el1),      [VCPU_REG_CNTV_CTL_EL0] = AT_LAZY(cntv_ctl),
    [VCPU_REG_CNTV_CVAL_EL0] = AT_LAZY(cntv_cval),      [VCPU_REG_CNTP_CTL_EL0] = AT_LAZY(cntp_ctl),
    [VCPU_REG_CNTP_CVAL_EL0] = AT_LAZY(cntp_cval),      [VCPU_REG_VMPIDR_EL2] = AT_LAZY(vmpidr),
    [VCPU_REG_VPIDR_EL2] = AT_LAZY(vpidr),
};

/** Where register `index` lives; the thread's own ones are in its context (NULL if there is no thread). */
static uint64_t *register_at(struct vcpu *vcpu, uint64_t index) REQUIRES(kernel_lock)
{
    if (index == VCPU_REG_TPIDR_EL0) {
        return vcpu->tcb != NULL ? &vcpu->tcb->registers.tpidr_el0 : NULL;
    }
    if (index == VCPU_REG_SP_EL0) {
        return vcpu->tcb != NULL ? &vcpu->tcb->registers.sp : NULL;
    }
    guest_unload(vcpu);
    return (uint64_t *)((char *)&vcpu->arch + register_offset[index]);
}

uint64_t arch_vcpu_register_get(struct vcpu *vcpu, uint64_t index)
{
    const uint64_t *at = register_at(vcpu, index);
    return at != NULL ? *at : 0;
}

void arch_vcpu_register_set(struct vcpu *vcpu, uint64_t index, uint64_t value)
{
    uint64_t *at = register_at(vcpu, index);
    if (at != NULL) {
        *at = value;
    }
}

void arch_vcpu_set_offset(struct vcpu *vcpu, uint64_t offset)
{
    guest_unload(vcpu);
    vcpu->arch.lazy.cntvoff = offset;
}

/** By the guest's own stage 1, whose registers are loaded for it; PAR_EL1 is the guest's too. */
uint64_t arch_vcpu_translate(struct vcpu *vcpu, uint64_t address, uint64_t flags, uint64_t *ipa)
{
    vmid_load(vcpu->tcb->vspace);
    guest_enter(vcpu);
    isb();
    uint64_t par_before = sysreg_read(par_el1);
    if (flags & TRANSLATE_FLAG_EL0) {
        if (flags & TRANSLATE_FLAG_WRITE) {
            __asm__ volatile("at s1e0w, %0" ::"r"(address));
        } else {
            __asm__ volatile("at s1e0r, %0" ::"r"(address));
        }
    } else if (flags & TRANSLATE_FLAG_WRITE) {
        __asm__ volatile("at s1e1w, %0" ::"r"(address));
    } else {
        __asm__ volatile("at s1e1r, %0" ::"r"(address));
    }
    isb();
    uint64_t par = sysreg_read(par_el1);
    sysreg_write(par_el1, par_before);
    guest_leave(vcpu);
    *ipa = (par & 0x0000fffffffff000ul) | (address & 0xfff);
    return par & 1 ? par : 0;
}
