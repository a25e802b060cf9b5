/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * property: a Call by the fastpath leaves what the common way and sched_pick leave: threads and their registers, Endpoint, Replies, contexts,
 *           queues, the core, buffers, who runs next and the timer; no time is charged
 * bounds: any state of the world of lib/fastpath.h that keeps the kernel's invariants: who calls (on time of its own, lent, or of a chain), up to two
 *         at the Endpoint, two that are ready, CSpaces of 4 slots; messages of up to 12 words
 * sources: kernel/ipc/fastpath.c kernel/ipc/ipc.c kernel/ipc/transfer.c kernel/object/reply.c kernel/object/endpoint.c kernel/object/thread_queue.c
 *          kernel/object/sched_context.c kernel/object/tcb.c kernel/object/notification.c kernel/object/cnode.c kernel/object/cap.c
 *          kernel/sched/sched.c kernel/smp/percpu.c kernel/api/syscall.c
 * unwind: 160 transfer_caps.0:1 transfer_long.0:5 copy_rest.0:3 ipc_refuse_unservable.0:1 irq_first.0:1 thread_queue_insert.0:1
 * budget: full
 * twin: kernel/ipc/handover.h: 'server->blocked_on = NULL;' -> ';': breaks 'leave the same: waiting'
 * twin: kernel/ipc/handover.h: 'reply_chain_push(reply, context);' -> ';': breaks 'leave the same: below'
 * twin: kernel/ipc/handover.h: 'endpoint->state == ENDPOINT_PASSIVE_RECEIVER' -> 'endpoint->state >= ENDPOINT_RECEIVERS': breaks 'leave the same: endpoint'
 * twin: kernel/ipc/handover.h: ' && is_first(cpu, server)' -> '': breaks 'would be chosen'
 */
#include "test/proof/lib/fast_call.h"

/* --- no time is charged --- */

bool refill_charge(struct sched_context *context, uint64_t used, uint64_t now)
{
    (void)context;
    (void)used;
    (void)now;
    proof_never();
    return false;
}

void refill_activate(struct sched_context *context, uint64_t now)
{
    (void)context;
    (void)now;
    proof_never();
}

void fault_wake(struct tcb *tcb, err_t status)
{
    (void)tcb;
    (void)status;
    proof_never();
}

void proof(void)
{
    any_call();
    uint64_t cptr = arch_syscall_cap(&running.registers);
    ASSUME(cptr >= CSPACE_COUNT || !is_invoked(cap_type(cspace.slot[cptr].cap))); /* the kernel's own have one way */
    go_both_ways(SYSCALL_CALL);
    if (is_long(&running)) {
        REACHED("a Call of more words than there are registers");
    } else {
        REACHED("a short Call");
    }
}
