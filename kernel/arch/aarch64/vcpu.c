/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * What of a guest is loaded when. On leaving a guest only the registers that would reach native processes are changed
 * (arm-facts.md); the rest of its EL1 state stays until another guest runs.
 *
 * Invariant: percpu.vcpu_loaded's `lazy` registers are in the hardware; its `switched` ones too exactly while it is vcpu_active.
 */
#include "kernel/arch/aarch64/machine.h"
#include "kernel/object/objects.h"

#define HCR_TERR (1ul << 36)
#define HCR_TLOR (1ul << 35)
/*
 * TID3: ID registers are answered by the VMM. TIDCP, TACR, TSW, TERR, TLOR: implementation defined, auxiliary, set/way, error record
 * and LORegion registers are not the guest's. API, APK, ATA, EnSCXT stay 0: pointer authentication, MTE, SCXTNUM trap.
 */
#define HCR_GUEST                                                                                                      \
    (HCR_VM | HCR_SWIO | HCR_FMO | HCR_IMO | HCR_AMO | HCR_FB | HCR_BSU_INNER | HCR_TWI | HCR_TID3 | HCR_TSC |         \
     HCR_TIDCP | HCR_TACR | HCR_TSW | HCR_RW | HCR_TERR | HCR_TLOR)
/* Cortex-A57 TRM, 4.3.33: value at reset. */
#define SCTLR_EL1_RESET 0x00c50838ul
#define MPIDR_RES1      (1ul << 31)

#define ID_FIELD(name, low) (sysreg_read(name) >> (low) & 0xf)

static bool has_ras;

void guest_init(void)
{
    has_ras = ID_FIELD(id_aa64pfr0_el1, 28) != 0;
    cptr_kernel = CPTR_RES1 | CPTR_TTA | (ID_FIELD(id_aa64pfr0_el1, 44) != 0 ? CPTR_TAM : 0);
    /* Unknown at reset where they exist (DDI 0487, D19.2). 0 traps new features (n... bits; En... of HCRX_EL2), and no old ones. */
    if (ID_FIELD(id_aa64mmfr0_el1, 56) != 0) {
        /* HFGRTR_EL2, HFGWTR_EL2, HFGITR_EL2, HDFGRTR_EL2, HDFGWTR_EL2 */
        __asm__ volatile("msr s3_4_c1_c1_4, xzr\n\tmsr s3_4_c1_c1_5, xzr\n\tmsr s3_4_c1_c1_6, xzr\n\t"
                         "msr s3_4_c3_c1_4, xzr\n\tmsr s3_4_c3_c1_5, xzr");
    }
    if (ID_FIELD(id_aa64mmfr1_el1, 40) != 0) {
        sysreg_write(s3_4_c1_c2_2, 0); /* HCRX_EL2 */
    }
    sysreg_write(mdcr_el2, MDCR_KERNEL | (sysreg_read(mdcr_el2) & 0x1f));
    /* HPMD and HCCD of MDCR_EL2 are 0 by now: nothing else keeps the counter from counting here (DDI 0487, PMCCFILTR_EL0). */
    if (SEL_CYCLES) {
        sysreg_write(pmccfiltr_el0, 1ul << 27);  /* NSH: cycles of EL2 as well, the kernel's part */
        sysreg_write(pmcntenset_el0, 1ul << 31); /* C: the cycle counter */
        sysreg_write(pmcr_el0, 0x45);            /* E, C, LC: on, from 0, all 64 bits */
    }
    sysreg_write(hstr_el2, 0);
    sysreg_write(cnthctl_el2, CNTHCTL_KERNEL);
    sysreg_write(cntvoff_el2, 0);
    sysreg_write(cntv_ctl_el0, 0);
    sysreg_write(cntp_ctl_el0, 0);
    native_registers_load();
    interrupts_init();
}

/* Native values are loaded: walks are off while the tables' bases change (A57 erratum 1319537). */
void guest_attach(struct vcpu *vcpu)
{
    struct percpu *cpu = percpu();
    const struct arch_vcpu *arch = &vcpu->arch;
    if (cpu->vcpu_loaded != vcpu) {
        if (cpu->vcpu_loaded != NULL) {
            arch_vcpu_unload(cpu->vcpu_loaded);
        }
        VCPU_LAZY_REGISTERS(VCPU_LOAD)
        interrupts_attach(vcpu);
        cpu->vcpu_loaded = vcpu;
    } else {
        interrupts_on(vcpu);
    }
}

/* Inlined, for no call is on the way to a guest. */
ALWAYS_INLINE void guest_enter(struct vcpu *vcpu)
{
    struct percpu *cpu = percpu();
    struct arch_vcpu *arch = &vcpu->arch;
    if (cpu->vcpu_active == NULL) {
        VCPU_SWITCHED_REGISTERS(VCPU_LOAD)
        if (SEL_CYCLES) {
            sysreg_write(mdcr_el2, sysreg_read(mdcr_el2) | MDCR_TPM);
            sysreg_write(pmuserenr_el0, 0); /* TPM is enough; QEMU 7.2 lets a guest's EL0 read by CR all the same */
        }
        /* VTTBR and the tables' base before walks are allowed (A57 erratum 1319537). */
        isb();
        VCPU_LOAD(TPIDRRO_EL0, TCR_EL1)
        if ((arch->hcr & HCR_VSE) != 0 && has_ras) {
            sysreg_write(s3_4_c5_c2_3, arch->vsesr); /* VSESR_EL2, RAS extension */
        }
        sysreg_write(hcr_el2, arch->hcr);
        cpu->vcpu_active = vcpu;
    }
    arch->interrupts.is_state_known = false; /* it runs */
}

void guest_leave(struct vcpu *vcpu)
{
    struct arch_vcpu *arch = &vcpu->arch;
    arch->hcr = sysreg_read(hcr_el2);
    VCPU_SWITCHED_REGISTERS(VCPU_SAVE)
    VCPU_SAVE(TPIDRRO_EL0, TCR_EL1)
    native_registers_load();
    percpu()->vcpu_active = NULL;
}

void arch_vcpu_unload(struct vcpu *vcpu)
{
    struct percpu *cpu = percpu();
    struct arch_vcpu *arch = &vcpu->arch;
    if (cpu->vcpu_loaded != vcpu) {
        return;
    }
    if (cpu->vcpu_active != NULL) {
        guest_leave(vcpu);
    }
    VCPU_LAZY_REGISTERS(VCPU_SAVE)
    interrupts_detach(vcpu);
    cpu->vcpu_loaded = NULL;
    interrupts_rearm_event(vcpu);
}

void arch_vcpu_init(struct vcpu *vcpu)
{
    vcpu->arch = (struct arch_vcpu){
        .hcr = HCR_GUEST,
        .reg = {[VCPU_REG_SCTLR_EL1] = SCTLR_EL1_RESET,
                [VCPU_REG_ACTLR_EL1] = sysreg_read(actlr_el1),
                [VCPU_REG_VMPIDR_EL2] = MPIDR_RES1,
                [VCPU_REG_VPIDR_EL2] = sysreg_read(midr_el1)},
    };
}

void arch_vcpu_reset(struct vcpu *vcpu)
{
    arch_vcpu_unload(vcpu);
    arch_vcpu_init(vcpu);
    /* New code may lie where the guest's old code was: its first fetches come before it can invalidate anything itself (DDI 0487, D7.5.9). */
    __asm__ volatile("ic ialluis" ::: "memory");
    dsb_ish();
    isb();
}

/* --- registers by number --- */

/** Where register `index` lives; the thread's own ones are in its context. Without a thread they are nobody's, and 0. */
static uint64_t *register_at(struct vcpu *vcpu, uint64_t index) LOCKED
{
    if (vcpu->tcb != NULL && (index == VCPU_REG_TPIDR_EL0 || index == VCPU_REG_SP_EL0)) {
        return index == VCPU_REG_SP_EL0 ? &vcpu->tcb->registers.sp : &vcpu->tcb->registers.tpidr_el0;
    }
    return &vcpu->arch.reg[index];
}

uint64_t arch_vcpu_register_get(struct vcpu *vcpu, uint64_t index)
{
    return *register_at(vcpu, index);
}

void arch_vcpu_register_set(struct vcpu *vcpu, uint64_t index, uint64_t value)
{
    bool is_nobodys = vcpu->tcb == NULL && (index == VCPU_REG_TPIDR_EL0 || index == VCPU_REG_SP_EL0);
    *register_at(vcpu, index) = is_nobodys ? 0 : value;
}

void arch_vcpu_set_offset(struct vcpu *vcpu, uint64_t offset)
{
    arch_vcpu_unload(vcpu);
    vcpu->arch.cntvoff = offset;
    interrupts_rearm_event(vcpu);
}

#define AT(operation) __asm__ volatile("at " operation ", %0" ::"r"(address))

/* Inlined: for a call, rare as it is, every exit would save more registers. */
ALWAYS_INLINE uint64_t guest_translate(uint64_t address, uint64_t flags)
{
    uint64_t par_before = sysreg_read(par_el1);
    if (flags == (GUEST_TRANSLATE_BOTH | TRANSLATE_FLAG_EL0)) {
        AT("s12e0r");
    } else if (flags == GUEST_TRANSLATE_BOTH) {
        AT("s12e1r");
    } else if (flags == (TRANSLATE_FLAG_EL0 | TRANSLATE_FLAG_WRITE)) {
        AT("s1e0w");
    } else if (flags == TRANSLATE_FLAG_EL0) {
        AT("s1e0r");
    } else if (flags == TRANSLATE_FLAG_WRITE) {
        AT("s1e1w");
    } else {
        AT("s1e1r");
    }
    isb();
    uint64_t par = sysreg_read(par_el1);
    sysreg_write(par_el1, par_before);
    return par;
}

/** By the guest's own stage 1, whose registers are loaded for it. */
uint64_t arch_vcpu_translate(struct vcpu *vcpu, uint64_t address, uint64_t flags, uint64_t *ipa)
{
    switch_prepare(vcpu->tcb);
    sysreg_write(vttbr_el2, vcpu->tcb->vspace->arch.vttbr);
    guest_enter(vcpu);
    isb();
    uint64_t par = guest_translate(address, flags);
    guest_leave(vcpu);
    percpu()->must_choose = true; /* VTTBR_EL2 */
    *ipa = (par & PAR_ADDRESS) | (address & 0xfff);
    return par & PAR_F ? par : 0;
}
