/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Fault delivery and completion.
 */
#include "kernel/arch/arch_switch.h"
#include "kernel/ipc/handover.h"

/** H8: nobody can take the fault. A timeout needs no handler: the thread waits for its next budget. */
static void fault_undeliverable(struct tcb *tcb) LOCKED
{
    if (tcb->fault_label == FAULT_TIMEOUT) {
        tcb->fault_label = 0;
        sched_make_ready(tcb);
        return;
    }
    /* Its handler got the words and died: they need not have been kept (fault_hand_over). */
    uint64_t mask = tcb->state == THREAD_REPLY ? 0 : UINT32_MAX;
    if (RULE(8)) {
        sched_block(tcb);
        tcb->state = THREAD_INACTIVE;
    }
    if (SEL_ASSERT) {
        console_printf("kernel: thread %lx stopped: fault %u without a handler, words %x %x %x\n", (uint64_t)tcb,
                       (unsigned int)tcb->fault_label, (unsigned int)(tcb->fault_word[0] & mask),
                       (unsigned int)(tcb->fault_word[1] & mask), (unsigned int)(tcb->fault_word[2] & mask));
    }
}

/** Copied by assignment, which may be onto itself: an exit's words may be there already. */
struct fault_rest {
    uint64_t word[MESSAGE_REGISTER_WORDS - 1];
};

static void fault_record(struct tcb *tcb, uint64_t tag, uint64_t first, const uint64_t *rest)
{
    tcb->fault_label = tag_label(tag);
    tcb->fault_length = tag_length(tag);
    tcb->fault_word[0] = first;
    *(struct fault_rest *)&tcb->fault_word[1] = *(const struct fault_rest *)rest;
}

/** Call the handler in `slot` with the recorded fault. */
static bool fault_send(struct tcb *tcb, enum tcb_slot slot) LOCKED
{
    struct cap handler = tcb->slot[slot].cap;
    return cap_type(handler) == CAP_TYPE_ENDPOINT &&
           ipc_send(tcb, cap_set_rights(handler, SEL_RIGHT_WRITE), true, true) == ERR_OK;
}

/** Whoever handles the faults of `tcb`, which runs, is passive and waits alone. False, and nothing changed, if it is not that case. */
static bool fault_hand_over(struct tcb *tcb, uint64_t tag, uint64_t first, const uint64_t *rest) LOCKED
{
    struct percpu *cpu = percpu();
    struct cap handler = tcb->slot[TCB_SLOT_FAULT].cap;
    struct endpoint *endpoint = (struct endpoint *)cap_object(handler);
    kassert(tcb->context == cpu->context); /* who runs has the time in use */
    if (cap_type(handler) != CAP_TYPE_ENDPOINT || !can_take_call(cpu, tcb, endpoint) ||
        !arch_vspace_has_id(endpoint->queue.head->vspace)) {
        return false;
    }
    struct tcb *server = take_call(cpu, tcb, endpoint);
    tcb->fault_label = tag_label(tag);
    tcb->fault_word[0] = first; /* costs nothing, beside the label; the profiler of exits finds it there */
    arch_leave_with(server, tag, cap_badge(handler), first, rest);
    return true;
}

/* Apart, so that the short way needs no stack. */
static NOINLINE void raise_by_queue(struct tcb *tcb, uint64_t tag, uint64_t first, const uint64_t *rest) LOCKED
{
    fault_record(tcb, tag, first, rest);
    if (!fault_send(tcb, TCB_SLOT_FAULT)) {
        fault_undeliverable(tcb);
    }
}

void kernel_fault(uint64_t tag, uint64_t first, const uint64_t *rest)
{
    struct tcb *tcb = percpu()->current;
    trace(tag_label(tag) == FAULT_VM_EXIT ? TRACE_VM_EXIT : TRACE_FAULT, tag_label(tag), first);
    if (!fault_hand_over(tcb, tag, first, rest)) {
        raise_by_queue(tcb, tag, first, rest);
    }
}

bool fault_deliver_timeout(struct tcb *tcb, uint64_t badge, uint64_t consumed_ns)
{
    struct fault fault = fault_timeout(badge, consumed_ns, arch_context_pc(&tcb->registers));
    fault_record(tcb, fault.tag, fault.word[0], &fault.word[1]);
    if (fault_send(tcb, TCB_SLOT_TIMEOUT)) {
        return true;
    }
    tcb->fault_label = 0;
    return false;
}

uint8_t fault_complete(struct tcb *tcb, const struct tcb *server)
{
    bool has_verbs = tag_length(arch_syscall_tag(&server->registers)) != 0;
    bool is_exit = tcb->fault_label == FAULT_VM_EXIT;

    tcb->fault_label = 0;
    if (!has_verbs || is_exit) {
        return has_verbs ? arch_vcpu_complete_exit(tcb, &server->registers) : THREAD_INACTIVE;
    }
    uint64_t verbs = arch_message_get(&server->registers, 0);
    if ((verbs & FAULT_REPLY_SKIP) != 0) {
        arch_skip_instruction(tcb);
    }
    return (verbs & FAULT_REPLY_RESUME) != 0 ? THREAD_READY : THREAD_INACTIVE;
}

void fault_wake(struct tcb *tcb, err_t status)
{
    if (tcb->fault_label != 0) {
        fault_undeliverable(tcb);
    } else {
        transfer_failure(tcb, status);
        sched_make_ready(tcb);
    }
}
