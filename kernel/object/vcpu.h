/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * VCPU: the EL1 state of a guest, its list registers and timers. What is in it and when it is loaded is the architecture's
 * affair (arch.h, "guests"); here are the object, its binding to a thread and its invocations.
 *
 * Invariant C1: `tcb` and that thread's `vcpu` point at each other or are both NULL.
 * Invariant C2: `event` is in percpu.timers only while the thread is in state WFI.
 */
#pragma once

#include "kernel/arch/arch.h"
#include "kernel/object/timer.h"

struct vcpu {
    struct arch_vcpu arch;
    struct timer_event event; /* deadline of a timer while the guest waits in WFI and is not loaded */
    struct tcb *tcb;          /* whose guest this is, or NULL */
};

/** Retype made it: reset state in zeroed memory. */
void vcpu_create(struct vcpu *vcpu) LOCKED;

/** The thread dies and has been stopped: undo the binding. */
void vcpu_unbind(struct vcpu *vcpu) LOCKED;

/** Last capability went: its thread, if any, stops. */
void vcpu_destroy(struct vcpu *vcpu) LOCKED;

static inline bool vcpu_entry_is_used(uint64_t entry)
{
    return list_register_state(entry) != INTERRUPT_STATE_EMPTY || list_register_level(entry);
}

/** A bit for each used entry that the hardware must not be given: no interrupt, a timer's, or one that is in an entry before. */
uint64_t vcpu_entries_invalid(const struct vcpu *vcpu, const union vcpu_entries *entries) LOCKED;

/** If its thread waits in WFI and a virtual interrupt is pending: let it run. */
void vcpu_wake_if_pending(struct vcpu *vcpu) LOCKED;
