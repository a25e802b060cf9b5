/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * The contract with the architecture: all that generic code may ask of it. arch/aarch64 is the machine, arch/fake a host-run
 * imitation on which the unit tests and the model run. Both define, in context.h, the types struct arch_context, arch_fpu_state,
 * arch_vspace and arch_vcpu. A context's words are those of messages.yaml, `thread_registers`, in that order: what a system call
 * has where in it is generated (gen/registers.h: arch_syscall_x, arch_message_get and _set, arch_set_x, arch_restart_syscall).
 *
 * What the emulator cannot show (caches, TLB, barriers) is cited at each implementation.
 */
#pragma once

#include "gen/registers.h"
#include "kernel/api/entry.h"
#include "kernel/arch/arch_context.h"

/* --- registers of a thread, as read_registers/write_registers number them (0..34); all zero in a new one --- */

/** Writes register `index`; pstate is cut to what the thread may hold. */
void arch_register_set(struct arch_context *context, uint64_t index, uint64_t value, bool is_guest);
/** Step over the instruction that faulted (fault reply SKIP). */
void arch_skip_instruction(struct tcb *tcb);

/* --- switching --- */

/** Whether what the thread is (native, guest) fits its address space; a VCPU or VSpace may have gone meanwhile. */
bool arch_can_run(const struct tcb *tcb);
/** `tcb` will be destroyed or its FPU state read: write back and disown the FPU. */
void arch_fpu_release(struct tcb *tcb) LOCKED;

/* --- address spaces --- */

struct arch_mapping {
    uint64_t address; /* virtual (guest: intermediate physical) */
    uint64_t physical;
    uint64_t size_bits; /* 12, 21, 30 */
    uint64_t rights;    /* SEL_RIGHT_READ | WRITE | EXECUTE */
    uint64_t attribute; /* FRAME_ATTRIBUTE_x */
};

/** Make an empty table of levels in zeroed memory. */
void arch_vspace_init(struct vspace *vspace);
/** How many new tables mapping at `address` needs (0..2); UINT64_MAX: something is mapped there. Reads only. */
uint64_t arch_vspace_tables_needed(const struct vspace *vspace, uint64_t address, uint64_t size_bits);
/** Map; cannot fail after the check above (takes tables from the VSpace's pool). */
void arch_vspace_map(struct vspace *vspace, const struct arch_mapping *mapping) LOCKED;
/** Unmap with break-before-make and TLB invalidation; empty tables go back to the pool. */
void arch_vspace_unmap(struct vspace *vspace, uint64_t address, uint64_t size_bits) LOCKED;
/** Change rights of an existing mapping, break-before-make. */
void arch_vspace_protect(struct vspace *vspace, uint64_t address, uint64_t size_bits, uint64_t rights) LOCKED;
/** First mapping at or above `address`; false if none. */
bool arch_vspace_find(const struct vspace *vspace, uint64_t address, struct arch_mapping *out);
/** The VSpace dies: invalidate its translations, give up its VMID, unload it where loaded. */
void arch_vspace_destroy(struct vspace *vspace) LOCKED;

/* --- memory --- */

/** Zeroed between two looks at pending interrupts (H9). */
#define ZERO_CHUNK_BYTES UINT64_C(16384)
/** Zero [address, address + length), both multiples of 64 bytes, kernel-addressable RAM; after boot ZERO_CHUNK_BYTES at most. */
void arch_zero(uint64_t address, uint64_t length);
/** operation: 0 clean to PoC, 1 invalidate, 2 clean and invalidate, 3 unify instruction; by physical address. */
void arch_cache(uint64_t operation, uint64_t address, uint64_t length);

/* --- time --- */

uint64_t arch_clock(void); /* ticks of the physical counter */
uint64_t arch_clock_hz(void);
void arch_timer_set(uint64_t deadline); /* UINT64_MAX = off */

/* --- interrupts --- */

#define ARCH_IRQ_NONE 1023
/** Whether an interrupt waits (asked at preemption points). */
bool arch_irq_is_pending(void);
/** Acknowledge the next one (priority drop done, still active), or ARCH_IRQ_NONE. */
uint64_t arch_irq_acknowledge(void);
void arch_irq_deactivate(uint64_t irq);
void arch_irq_mask(uint64_t irq);
void arch_irq_unmask(uint64_t irq);
void arch_irq_set_trigger(uint64_t irq, bool is_edge);
uint64_t arch_irq_count(void);
/** Interrupts the kernel keeps for itself (its timer, the guests' timers, maintenance). */
bool arch_irq_is_reserved(uint64_t irq);
/** Serve a reserved interrupt. */
void arch_irq_reserved(uint64_t irq) LOCKED;

/* --- guests (null modules where the architecture has none); context.h defines struct arch_vcpu --- */

/** List registers as a VMM gives them (messages.yaml, list_register). */
union vcpu_entries {
    uint64_t pair[SEL_LIMIT_VCPU_ENTRY_MAX / 2]; /* the first in the low half */
    uint32_t entry[SEL_LIMIT_VCPU_ENTRY_MAX];
};

void arch_vcpu_init(struct vcpu *vcpu) LOCKED;
/** Unload it, stop its timers. */
void arch_vcpu_unload(struct vcpu *vcpu) LOCKED;
/** Complete a VM exit by the message in `reply` (messages.yaml, exits.reply). Returns the state the thread goes to: READY, WFI or INACTIVE. */
uint8_t arch_vcpu_complete_exit(struct tcb *tcb, const struct arch_context *reply) LOCKED;
/** EL1 registers of an unloaded VCPU by the list `vcpu_registers` of messages.yaml; index below its length. */
uint64_t arch_vcpu_register_get(struct vcpu *vcpu, uint64_t index) LOCKED;
void arch_vcpu_register_set(struct vcpu *vcpu, uint64_t index, uint64_t value) LOCKED;
/** How many list registers a VMM may use (0: no guests on this machine). */
uint64_t arch_vcpu_entry_count(void);
/** Replace the VMM's list registers (messages.yaml, list_register) by valid ones (vcpu_entries_invalid). */
void arch_vcpu_set_interrupts(struct vcpu *vcpu, const union vcpu_entries *entries, bool notify_empty) LOCKED;
/** State of all list registers (lr_state). */
uint64_t arch_vcpu_interrupt_state(struct vcpu *vcpu) LOCKED;
/** Whether the guest would take a virtual interrupt if it were unmasked in its PSTATE. */
bool arch_vcpu_is_interrupt_pending(struct vcpu *vcpu) LOCKED;
/** Lines of both timers: bit 0 virtual, bit 1 physical. */
uint64_t arch_vcpu_timer_lines(struct vcpu *vcpu) LOCKED;
/** `timer` is VCPU_TIMER_x. A new intid empties all list registers, so that none is there twice. */
void arch_vcpu_configure_timer(struct vcpu *vcpu, uint64_t timer, struct guest_timer config) LOCKED;
/** Whether one of its timers was configured with it. */
bool arch_vcpu_is_timer_intid(const struct vcpu *vcpu, uint64_t intid) LOCKED;
void arch_vcpu_set_offset(struct vcpu *vcpu, uint64_t offset) LOCKED;
/** Guest virtual to intermediate physical by its own stage 1; returns 0 or the fault (PAR_EL1). */
uint64_t arch_vcpu_translate(struct vcpu *vcpu, uint64_t address, uint64_t flags, uint64_t *ipa) LOCKED;
/** Take an exception at EL1 when the guest runs next: synchronous, or else SError. */
void arch_vcpu_inject(struct vcpu *vcpu, bool is_sync, uint64_t syndrome, uint64_t address) LOCKED;
/** A deadline of a waiting guest's timers passed (its timer_event fired): whether an interrupt of theirs would be signalled now. If not, their next one is armed. */
bool arch_vcpu_timer_expired(struct vcpu *vcpu, uint64_t now) LOCKED;
/** EL1 state to reset values, list registers and timers emptied. */
void arch_vcpu_reset(struct vcpu *vcpu) LOCKED;

/* --- firmware, console, end --- */

void arch_smc(const uint64_t in[8], uint64_t out[4]);
void arch_console_putc(char c);
/** Registers and syndrome, for a panic. */
void arch_panic_dump(void);
_Noreturn void arch_halt(void);
