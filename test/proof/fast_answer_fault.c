/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * property: a ReplyRecv that answers a fault by the fastpath leaves what the common way and sched_pick leave, whether its thread goes on or not:
 *           threads and their registers, Endpoint, Replies, contexts, queues, the core, buffers, who runs next, the timer, what is charged
 * bounds: any state of the world of lib/fastpath.h that keeps the kernel's invariants: who answers (on time of a chain of up to two or of its own),
 *         up to two answers owed, in both orders, one thread at the Endpoint, two that are ready, CSpaces of 4 slots; messages of up to 12 words
 * sources: kernel/ipc/fastpath.c kernel/ipc/ipc.c kernel/ipc/transfer.c kernel/object/reply.c kernel/object/endpoint.c kernel/object/thread_queue.c
 *          kernel/object/cnode.c kernel/object/cap.c
 *          kernel/sched/sched.c kernel/smp/percpu.c kernel/api/syscall.c
 * unwind: 160 transfer_caps.0:1 transfer_long.0:5 copy_rest.0:3 ipc_refuse_unservable.0:1 irq_first.0:1 thread_queue_insert.0:1
 * hint: kernel/ipc/ipc.c: '    endpoint_dequeue(sender->blocked_on, sender);\n    transfer_message(sender, tcb,' -> '    proof_never();\n    transfer_message(sender, tcb,'
 * hint: kernel/object/reply.c: '    struct sched_context *context = tcb->context;\n    struct tcb *server = context' -> '    proof_never();\n    struct sched_context *context = tcb->context;\n    struct tcb *server = context'
 * budget: full
 * twin: kernel/ipc/fastpath.c: 'FAULT_VM_EXIT && tag_length(tag) != 0;' -> 'FAULT_VM_EXIT;': breaks 'both ways leave the same: waiting'
 * twin: kernel/ipc/fastpath.c: '    percpu()->must_choose = true;\n    (void)arch_leave_chosen();' -> '    (void)arch_leave_chosen();': breaks 'would be chosen'
 */
#include "test/proof/lib/fast_answer.h"

#define fault_deliver_timeout real_fault_deliver_timeout
#define fault_wake            real_fault_wake
#include "kernel/ipc/fault.c"
#undef fault_deliver_timeout
#undef fault_wake

static struct vcpu vcpu;
static uint8_t exit_state; /* of a guest that was answered */
static bool is_used_up;

uint8_t arch_vcpu_complete_exit(struct tcb *tcb, const struct arch_context *answer)
{
    (void)tcb;
    (void)answer;
    return exit_state;
}

bool refill_charge(struct sched_context *context, uint64_t used, uint64_t now)
{
    PROVE(context == &in_use && now == fake.clock, "the time in use is charged");
    refills_told.charge_count++;
    refills_told.charged += used;
    return is_used_up;
}

void refill_activate(struct sched_context *context, uint64_t now)
{
    PROVE(now == fake.clock, "time is used from now on");
    refills_told.activated = context;
}

void proof(void)
{
    any_answer();
    ASSUME(waiting.fault_label != 0);
    exit_state = (uint8_t)any_u64();
    ASSUME(exit_state == THREAD_READY || exit_state == THREAD_WFI || exit_state == THREAD_INACTIVE);
    waiting.vcpu = waiting.fault_label == FAULT_VM_EXIT ? &vcpu : NULL;
    fake.vcpu_next_state =
        exit_state; /* whether the answer is one that the fastpath can do itself (arch_answer_exit) */
    is_used_up = any_bool();
    go_both_ways(SYSCALL_REPLY_RECV);
    if (waiting.state == THREAD_READY) {
        REACHED_IF(waiting.vcpu == NULL, "an answer that lets a thread go on after its fault");
        REACHED_IF(waiting.vcpu != NULL, "an answer that lets a guest go on after its exit");
    } else {
        REACHED("an answer that does not");
    }
}
