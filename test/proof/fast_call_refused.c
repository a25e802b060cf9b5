/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * property: where the fastpath refuses a Call it has written nothing
 * bounds: any state of the world of lib/fastpath.h that keeps the kernel's invariants, as in fast_call.c; messages of up to 12 words, or of more than
 *         any may have, with capabilities or without
 * sources: kernel/ipc/fastpath.c kernel/sched/sched.c kernel/smp/percpu.c
 * unwind: 160 copy_rest.0:3 irq_first.0:1
 * budget: ci
 * twin: kernel/ipc/fastpath.c: 'fits(tag, caller, endpoint->queue.head, is_long) &&' -> 'fits(tag, caller, endpoint->queue.head, is_long) && (copy_rest(tag, caller, endpoint->queue.head, is_long), true) &&': breaks 'writes nothing: waiting_page' (full)
 * twin: kernel/ipc/fastpath.c: 'if (!allows(cap, CAP_TYPE_ENDPOINT, SEL_RIGHT_WRITE)) {' -> 'caller->can_grant = false;\n    if (!allows(cap, CAP_TYPE_ENDPOINT, SEL_RIGHT_WRITE)) {': breaks 'writes nothing: running'
 * twin: kernel/ipc/fastpath.c: '&caller->cspace_slots[cptr]' -> '&caller->cspace_slots[0]': breaks 'own door'
 */
#include "test/proof/lib/fast_call.h"

/* It is no fastpath's. */
struct tcb *kernel_invoke(struct slot *slot, uint64_t tag, struct tcb *tcb)
{
    prove_door(slot, tag, tcb);
    return tcb;
}

void proof(void)
{
    any_call();
    go_nowhere(SYSCALL_CALL);
    REACHED("a Call that is refused");
}
