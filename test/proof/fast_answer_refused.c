/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * property: where the fastpath refuses a ReplyRecv it has written nothing
 * bounds: any state of the world of lib/fastpath.h that keeps the kernel's invariants, as in fast_answer.c; messages of up to 12 words, or of more than
 *         any may have, with capabilities or without
 * sources: kernel/ipc/fastpath.c kernel/sched/sched.c kernel/smp/percpu.c
 * unwind: 160 copy_rest.0:3 irq_first.0:1
 * budget: ci
 * twin: kernel/ipc/fastpath.c: 'if (reply->caller->fault_label == 0 &&' -> 'reply->caller->reply = NULL;\n        if (reply->caller->fault_label == 0 &&': breaks 'writes nothing: waiting' (full)
 */
#include "test/proof/lib/fast_answer.h"

/** The fastpath has not refused. */
uint8_t fault_complete(struct tcb *tcb, const struct tcb *server)
{
    (void)tcb;
    (void)server;
    return THREAD_READY;
}

void proof(void)
{
    any_answer();
    go_nowhere(SYSCALL_REPLY_RECV);
    REACHED("a ReplyRecv that is refused");
}
