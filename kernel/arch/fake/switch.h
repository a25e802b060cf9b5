/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * The switch of a fastpath on the fake machine: as narrow as on a real one.
 */
#pragma once

#include "kernel/arch/fake/fake.h"
#include "kernel/debug/panic.h"
#include "kernel/object/tcb.h"
#include "kernel/object/vspace.h"
#include "kernel/sched/sched.h"
#include "kernel/smp/percpu.h"

static inline struct percpu *arch_percpu(void)
{
    return percpu();
}

static inline bool arch_vspace_has_id(const struct vspace *vspace)
{
    return vspace == NULL || vspace->arch.has_id; /* threads here may have none */
}

static inline bool arch_is_plain_switch(const struct tcb *from, const struct tcb *to, uint64_t *space)
{
    *space = 0; /* nothing is loaded here */
    return (from->has_fpu | to->has_fpu) == 0 && arch_vspace_has_id(to->vspace);
}

#define ARCH_MESSAGE_WORD(from, index) arch_message_get(from, index)

static inline bool arch_answer_exit(const struct tcb *from, struct tcb *tcb) LOCKED
{
    return tcb->vcpu != NULL && fake.vcpu_next_state == THREAD_READY &&
           arch_vcpu_complete_exit(tcb, &from->registers) == THREAD_READY;
}

static inline void arch_save_message(struct tcb *from, uint64_t number)
{
    (void)number;
    (void)from; /* it never left it */
}

static inline struct tcb *arch_leave_fast(struct tcb *from, struct tcb *to, uint64_t space, uint64_t tag,
                                          uint64_t badge) UNLOCKS
{
    (void)space;
    fake_leave_fast(from, to, tag, badge);
    kernel_lock_release();
    return NULL;
}

static inline void arch_leave_with(struct tcb *to, uint64_t tag, uint64_t badge, uint64_t first,
                                   const uint64_t *rest) LOCKED
{
    kassert(sched_is_chosen() && percpu()->current == to);
    fake_leave_with(to, tag, badge, first, rest);
}

static inline bool arch_goes_on(const struct tcb *tcb)
{
    return percpu()->current == tcb && !percpu()->must_choose;
}

static inline struct tcb *arch_leave_chosen(void) UNLOCKS
{
    fake.is_out = true;
    kernel_lock_release();
    return NULL;
}

static inline void arch_leave_to(struct tcb *to) UNLOCKS
{
    kassert(sched_is_chosen() && percpu()->current == to);
    (void)to;
    (void)arch_leave_chosen();
}
