/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * property: a ReplyRecv that answers a Call by the fastpath leaves what the common way and sched_pick leave: threads and their registers, Endpoint,
 *           Replies, contexts, queues, the core, buffers, who runs next and the timer; no time is charged
 * bounds: any state of the world of lib/fastpath.h that keeps the kernel's invariants: who answers (on time of a chain of up to two or of its own),
 *         up to two answers owed, in both orders, one thread at the Endpoint, two that are ready, CSpaces of 4 slots; messages of up to 12 words
 * sources: kernel/ipc/fastpath.c kernel/ipc/ipc.c kernel/ipc/transfer.c kernel/object/reply.c kernel/object/endpoint.c kernel/object/thread_queue.c
 *          kernel/object/cnode.c kernel/object/cap.c
 *          kernel/sched/sched.c kernel/smp/percpu.c kernel/api/syscall.c
 * unwind: 160 transfer_caps.0:1 transfer_long.0:5 copy_rest.0:3 ipc_refuse_unservable.0:1 irq_first.0:1 thread_queue_insert.0:1
 * hint: kernel/ipc/ipc.c: '    endpoint_dequeue(sender->blocked_on, sender);\n    transfer_message(sender, tcb,' -> '    proof_never();\n    transfer_message(sender, tcb,'
 * hint: kernel/object/reply.c: '    struct sched_context *context = tcb->context;\n    struct tcb *server = context' -> '    proof_never();\n    struct sched_context *context = tcb->context;\n    struct tcb *server = context'
 * budget: full
 * twin: kernel/ipc/handover.h: 'server->blocked_on = endpoint;' -> ';': breaks 'leave the same: running'
 * twin: kernel/ipc/handover.h: 'below->context = context;' -> ';': breaks 'leave the same: below'
 * twin: kernel/ipc/handover.h: 'server->plain_reply == reply' -> 'server->serving == reply': breaks 'leave the same: running'
 * twin: kernel/ipc/handover.h: 'server->plain_reply = NULL;' -> ';': breaks 'is owed that alone'
 * twin: kernel/ipc/handover.h: 'server->serving = NULL;' -> ';': breaks 'wait alone and without time'
 */
#include "test/proof/lib/fast_answer.h"

uint8_t fault_complete(struct tcb *tcb, const struct tcb *server)
{
    (void)tcb;
    (void)server;
    proof_never();
    return THREAD_READY;
}

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

void proof(void)
{
    any_answer();
    waiting.fault_label = 0;
    go_both_ways(SYSCALL_REPLY_RECV);
    if (is_long(&running)) {
        REACHED("an answer of more words than there are registers");
    } else {
        REACHED("a short answer");
    }
}
