/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * What the files of this architecture offer one another: the kernel's own address space, VMIDs, FPU and native registers, guests.
 * Generic code asks arch.h only.
 *
 * A VSpace gets a VMID when it is first loaded, and a new one after all have been given out once. It is native or guest from its creation,
 * so that one VMID is never used with stage 1 on and off (arm-facts.md).
 */
#pragma once

#include "kernel/arch/aarch64/registers.h"
#include "kernel/arch/arch.h"

/* --- mmu.c: EL2 stage 1, identity mapped, made once at boot --- */

/* Attributes of a mapping, as in its descriptor; the memory's kind is an index in MAIR_EL2 (mmu.c). AP[1] is RES1 in a regime of one exception level. */
#define MMU_TEXT   (MMU_RODATA & ~DESC_XN)
#define MMU_RODATA (MMU_DATA | 1ul << 7)
#define MMU_DATA   (0ul << 2 | 1ul << 6 | DESC_INNER | DESC_AF | DESC_XN)
#define MMU_DEVICE (1ul << 2 | 1ul << 6 | DESC_AF | DESC_XN)

/** Map [start, end), page aligned, not mapped yet. MMU still off. */
void mmu_map(uint64_t start, uint64_t end, uint64_t attributes);

/** Switch MMU and caches on. */
void mmu_enable(void);

/* --- vmid.c --- */

/** Boot: VMID 0 is loaded. */
void vmid_init(void);

/** A VMID, if it has none; another may lose its own by that. VTTBR_EL2 has to be loaded afterwards. */
void vmid_renew(struct vspace *vspace) LOCKED;

/** Invalidate all translations of one address of `vspace`, its last level and those above. */
void vmid_invalidate_address(struct vspace *vspace, uint64_t address) LOCKED;

/* --- fpu.S, switch.c --- */

void fpu_save(struct arch_fpu_state *state);
void fpu_load(const struct arch_fpu_state *state);

/** Nobody owns the FPU: its use traps. Boot, at its end. */
void fpu_close(void);

/** Give the FPU to `tcb`, which trapped on it; false if it may not have it. */
bool fpu_take(struct tcb *tcb) LOCKED;

/** CPTR_EL2 while the FPU is whose it is to be; boot sets it once. */
extern uint64_t cptr_kernel;

/** Make sure of what `to` has not had before, or lost to another: a VMID, its guest's state in the hardware. */
void switch_prepare(const struct tcb *to) LOCKED;

/** Load what every native process runs with; `guest_leave` and boot. */
void native_registers_load(void);

/* --- vcpu.c --- */

/** Boot: traps and controls that never change; what this machine can do for guests. */
void guest_init(void);
/** What of its state stays loaded until another guest runs; its interrupts can come from here on. Before its VSpace is loaded. */
void guest_attach(struct vcpu *vcpu) LOCKED;
/** The rest; it is attached, its VSpace is loaded. */
void guest_enter(struct vcpu *vcpu) LOCKED;
/** Fixed native values into the registers that reach EL0 (arm-facts.md); the rest of the guest's state stays. */
void guest_leave(struct vcpu *vcpu) LOCKED;
/**
 * PAR_EL1 of a translation by the loaded guest's own tables, as TRANSLATE_FLAG_x say, or a read through stage 2 as well
 * (GUEST_TRANSLATE_BOTH, with or without EL0). PAR_EL1 itself is the guest's and is put back.
 */
uint64_t guest_translate(uint64_t address, uint64_t flags);
#define GUEST_TRANSLATE_BOTH 4ul

/* --- vcpu_exit.c --- */

/** Number of the zero register in exits and their replies. */
#define NO_REGISTER 31

/** Synchronous exception of the running guest. */
void guest_exit(struct tcb *tcb, uint64_t esr) LOCKED;
/** An exit that only tells its reason. */
void guest_exit_reason(struct tcb *tcb, uint64_t reason, uint64_t esr) LOCKED;
/** Step over the instruction that trapped with syndrome `esr`. */
void guest_step(struct arch_context *context, uint64_t esr);

/* --- vcpu_interrupts.c --- */

void interrupts_init(void);
/** The loaded VCPU's virtual interrupts and maintenance interrupts can come from here on: it is about to run. */
void interrupts_on(struct vcpu *vcpu) LOCKED;
/** Nobody runs: QEMU's WFI, other than the architecture's, ends at once while a virtual interrupt or SError is signalled. */
void interrupts_rest(void) LOCKED;
/** Of the loaded VCPU: no list register holds anything, no EOI is untold. */
bool interrupts_are_idle(void) LOCKED;
/** Re-pend lines that are still high; true if the VMM asked to be told of what was completed. */
bool interrupts_collect(struct vcpu *vcpu) LOCKED;
/** Load and unload with the rest of the VCPU: list registers, VMCR, active priorities, timers, the timers' physical interrupts. */
void interrupts_attach(struct vcpu *vcpu) LOCKED;
void interrupts_detach(struct vcpu *vcpu) LOCKED;
/** While the guest waits in WFI and is not loaded: wake it when a timer of its own comes due. */
void interrupts_arm_event(struct vcpu *vcpu) LOCKED;
/** The same if it waits now. */
void interrupts_rearm_event(struct vcpu *vcpu) LOCKED;
/** Reserved interrupts: a guest's timer, maintenance. */
void interrupts_timer_fired(uint64_t timer) LOCKED;
void interrupts_maintenance(void) LOCKED;

/* --- aarch32.c --- */

/** Whether the trapped AArch32 instruction passes its condition. */
bool aarch32_condition_holds(uint64_t esr, uint64_t pstate);
/** PSTATE after one Thumb instruction of an IT block. */
uint64_t aarch32_advance_it(uint64_t pstate);

/* --- id_registers.c --- */

/** Value of the ID register (op0 = 3, op1 = 0, CRn = 0) that the syndrome of a trapped access names; 0 for others. */
uint64_t id_register_read(uint64_t iss);

/* --- drivers/gic.c, and gicv2.c or gicv3.c --- */

/** Everything masked and inactive, routed to this core; the kernel's own private interrupts are still masked. The end if it is not ours. */
void gic_init(void);

/** Set the physical active state of a private interrupt. */
void gic_set_active(uint64_t irq);
