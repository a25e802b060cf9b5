/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * State of one core. Only way to it: percpu(); on one core it is a constant address.
 */
#pragma once

#include "kernel/sched/heap.h"

#define PRIORITY_COUNT 256

struct percpu {
    struct tcb *current;           /* thread whose context entry code saves into; NULL while idle */
    struct sched_context *context; /* being charged now */
    uint64_t context_since;        /* ticks: charged up to here */
    uint64_t timer_deadline;       /* what the hardware timer is set to */
    uint64_t must_choose;          /* who runs, or what is loaded for it, may have changed (Q3) */
    struct tcb *fpu_owner;
    struct vcpu *vcpu_loaded;        /* whose state is in the EL1 registers */
    struct vcpu *vcpu_interruptible; /* the same while its virtual interrupts can come (ICH_HCR_EL2.En), else NULL */
    struct vcpu *vcpu_active;        /* the same while guest values are loaded; NULL: native ones are */
    struct heap releases;            /* SchedContexts */
    struct heap timers;              /* Timer objects and guests' timers */
    uint64_t ready_end;              /* above the highest priority that is queued; 0: nobody is */
    struct tcb *ready_first; /* queued before all others, outside of the array (Q4); NULL: whoever is first there */
    uint64_t array_end;      /* as ready_end, of the array */
    uint64_t ready_bitmap[PRIORITY_COUNT / 64];
    struct tcb *ready[PRIORITY_COUNT]; /* the first; a ring by tcb.peer_next, peer_prev */
};

extern struct percpu percpu_area;

static inline struct percpu *percpu(void)
{
    return &percpu_area;
}
