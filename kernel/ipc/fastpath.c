/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Fastpaths of Call and ReplyRecv between a running thread and a passive server: both meant for each other, no queue, no clock, no
 * other time than the caller's; of Signal, Wait and Yield. Built so that no message register is used
 * (CMakeLists.txt): what is called while they are in use is inline or built likewise.
 *
 * Call takes the fast way if
 *   C1 the capability is an Endpoint's with WRITE, and the message carries no capabilities and is short, or both threads have a buffer;
 *   C2 one thread alone waits there, offers a Reply, has no time and owes nobody an answer (E2);
 *   C3 it would run before everyone who is queued, and the caller has no other time that would wait for it;
 *   C4 the switch between the two is one of address spaces alone (arch_is_plain_switch).
 * ReplyRecv if
 *   R1 the capabilities are a Reply and an Endpoint's with READ, and the answer is as in C1; that of a fault is short;
 *   R2 the Reply holds a caller whose time the server runs on; the server owes nobody else an answer and has no time of its own (R4 of reply.h);
 *   R3 nobody waits at the Endpoint, no signal at the bound Notification;
 *   R4 the caller would run before everyone who is queued; C4, or the answer is a fault's, whose thread is loaded as any other.
 * Signal if the capability is a Notification's with WRITE, and then
 *   S1 the caller goes straight on, if nobody waits, not even the bound thread in Recv: the bits are kept;
 *   S2 else the signal is given as by the common way, only what comes before it is spared.
 * Wait if the capability is a Notification's with READ, which is bound to no other thread, x2 is 0 or a bound IRQHandler's, and then
 *   W1 the caller takes the bits and goes straight on, if there are some, it runs on time of its own and has nothing to acknowledge;
 *   W2 else it acknowledges, takes them, or blocks, as by the common way, only what comes before it is spared.
 * A Call of an object of the kernel's (kernel_invoke) and Yield always: they have no other way.
 */
#include "kernel/ipc/fastpath.h"

#include "kernel/api/entry.h"
#include "kernel/arch/arch_switch.h"
#include "kernel/ipc/handover.h"

/** Whether the message can go in the variant for short ones, or in that for those with a rest in the buffers. */
static inline bool fits(uint64_t tag, const struct tcb *from, const struct tcb *to, bool is_long)
{
    return is_long ? (tag & TAG_PLAIN_MASK) <= MESSAGE_WORDS_MAX && from->buffer != NULL && to->buffer != NULL
                   : tag_is_short(tag);
}

/** What does not fit the registers; two words at a time are one instruction. */
static inline void copy_rest(uint64_t tag, const struct tcb *from, const struct tcb *to, bool is_long)
{
    if (!is_long) {
        return;
    }
    uint64_t length = tag_length(tag);
    const uint64_t *in = from->buffer + IPC_BUFFER_MESSAGE + MESSAGE_REGISTER_WORDS;
    uint64_t *out = to->buffer + IPC_BUFFER_MESSAGE + MESSAGE_REGISTER_WORDS;
    if (length % 2 != 0) {
        out[length - 1 - MESSAGE_REGISTER_WORDS] = in[length - 1 - MESSAGE_REGISTER_WORDS];
    }
    const uint64_t *end = in + (length - MESSAGE_REGISTER_WORDS) / 2 * 2;
    while (in != end) { /* bound: (MESSAGE_WORDS_MAX - MESSAGE_REGISTER_WORDS) / 2 */
        uint64_t first = in[0];
        uint64_t second = in[1];
        out[0] = first;
        out[1] = second;
        in += 2;
        out += 2;
    }
}

/** The capability at `cptr`; NULL is not any that is asked for. Slot 0 is always empty. */
static inline struct cap fast_lookup(const struct tcb *tcb, uint64_t cptr)
{
    return cptr < tcb->cspace_count ? tcb->cspace_slots[cptr].cap : (struct cap){.word0 = CAP_TYPE_NULL};
}

static inline bool allows(struct cap cap, uint64_t type, uint64_t right)
{
    return cap_type(cap) == type && (cap_rights(cap) & right) != 0;
}

/** To an object of the kernel's, from where the message is in the context. */
static NOINLINE struct tcb *call_kernel(struct slot *slot, uint64_t tag, struct tcb *caller) UNLOCKS
{
    arch_save_message(caller, SYSCALL_CALL);
    return kernel_invoke(slot, tag, caller);
}

/* Each path twice: with the rest of a long message in registers' way a short one would cost more. */

static ALWAYS_INLINE struct tcb *call(uint64_t cptr, uint64_t tag, bool is_long)
{
    kernel_lock_acquire();
    struct percpu *cpu = arch_percpu();
    struct tcb *caller = cpu->current;
    struct cap cap = fast_lookup(caller, cptr);
    struct endpoint *endpoint = (struct endpoint *)cap_object(cap);
    uint64_t space;
    if (!allows(cap, CAP_TYPE_ENDPOINT, SEL_RIGHT_WRITE)) {
        if (is_invoked(cap_type(cap))) {
            return call_kernel(&caller->cspace_slots[cptr], tag, caller);
        }
    } else if (can_take_call(cpu, caller, endpoint) && fits(tag, caller, endpoint->queue.head, is_long) &&
               arch_is_plain_switch(caller, endpoint->queue.head, &space)) {
        copy_rest(tag, caller, endpoint->queue.head, is_long);
        return arch_leave_fast(caller, take_call(cpu, caller, endpoint), space, tag, cap.word1);
    }
    kernel_lock_release();
    return NULL;
}

/** The answer that `server` has given to a fault, from where it is in the context. */
static NOINLINE void complete(struct tcb *tcb, struct tcb *server) UNLOCKS
{
    arch_save_message(server, SYSCALL_REPLY_RECV);
    tcb->state = fault_complete(tcb, server);
    if (tcb->state == THREAD_READY) {
        arch_leave_to(tcb);
        return;
    }
    percpu()->must_choose = true;
    (void)arch_leave_chosen();
}

/** A fault's answer. The usual one of an exit is done from the registers. The arguments are in the order in which they cost nothing. */
static NOINLINE void answer_fault(struct endpoint *endpoint, uint64_t tag, struct reply *reply, struct tcb *server,
                                  struct percpu *cpu) UNLOCKS
{
    struct tcb *tcb = give_answer(cpu, server, endpoint, reply);
    bool is_exit = tcb->fault_label == FAULT_VM_EXIT && tag_length(tag) != 0;
    if (is_exit && arch_answer_exit(server, tcb)) {
        tcb->fault_label = 0;
        arch_leave_to(tcb);
    } else {
        complete(tcb, server);
    }
}

static ALWAYS_INLINE void reply_recv(uint64_t cptr, uint64_t tag, uint64_t reply_cptr, bool is_long)
{
    kernel_lock_acquire();
    struct percpu *cpu = arch_percpu();
    struct tcb *server = cpu->current;
    bool are_there = cptr < server->cspace_count && reply_cptr < server->cspace_count;
    struct cap cap = are_there ? server->cspace_slots[cptr].cap : (struct cap){.word0 = CAP_TYPE_NULL};
    struct cap reply_cap = are_there ? server->cspace_slots[reply_cptr].cap : (struct cap){.word0 = CAP_TYPE_NULL};
    struct endpoint *endpoint = (struct endpoint *)cap_object(cap);
    struct reply *reply = (struct reply *)cap_object(reply_cap);
    uint64_t space;
    if (allows(cap, CAP_TYPE_ENDPOINT, SEL_RIGHT_READ) && cap_type(reply_cap) == CAP_TYPE_REPLY &&
        can_answer(cpu, server, endpoint, reply) && fits(tag, server, reply->caller, is_long)) {
        if (reply->caller->fault_label == 0 && arch_is_plain_switch(server, reply->caller, &space)) {
            copy_rest(tag, server, reply->caller, is_long);
            (void)arch_leave_fast(server, give_answer(cpu, server, endpoint, reply), space, tag, 0);
            return;
        }
        if (reply->caller->fault_label != 0 && !is_long) {
            answer_fault(endpoint, tag, reply, server, cpu);
            return;
        }
    }
    kernel_lock_release();
}

static NOINLINE struct tcb *call_long(uint64_t cptr, uint64_t tag)
{
    return call(cptr, tag, true);
}

static NOINLINE void reply_recv_long(uint64_t cptr, uint64_t tag, uint64_t reply_cptr)
{
    reply_recv(cptr, tag, reply_cptr, true);
}

struct tcb *fast_call(uint64_t cptr, uint64_t tag)
{
    return tag_is_short(tag) ? call(cptr, tag, false) : call_long(cptr, tag);
}

void fast_reply_recv(uint64_t cptr, uint64_t tag, uint64_t reply_cptr)
{
    tag_is_short(tag) ? reply_recv(cptr, tag, reply_cptr, false) : reply_recv_long(cptr, tag, reply_cptr);
}

/** S2, W2: `argument` is the badge, or the interrupt to acknowledge, 0 if none. From where the message is in the context, other code may use its registers. */
static NOINLINE struct tcb *notify_by_queue(struct tcb *tcb, struct notification *notification, uint64_t argument,
                                            uint64_t number) UNLOCKS
{
    arch_save_message(tcb, number);
    trace(TRACE_SYSCALL, number, arch_syscall_cap(&tcb->registers));
    arch_set_status(&tcb->registers, ERR_OK);
    if (number == SYSCALL_SIGNAL) {
        notification_signal(notification, argument);
        return arch_leave_chosen();
    }
    if (argument != 0) {
        irq_handler_acknowledge(argument);
    }
    (void)notification_receive(notification, tcb, true);
    return arch_leave_chosen();
}

struct tcb *fast_signal(uint64_t cptr)
{
    kernel_lock_acquire();
    struct tcb *tcb = arch_percpu()->current;
    struct cap cap = fast_lookup(tcb, cptr);
    struct notification *notification = (struct notification *)cap_object(cap);
    bool is_allowed = allows(cap, CAP_TYPE_NOTIFICATION, SEL_RIGHT_WRITE);
    if (is_allowed && notification_has_waiter(notification)) {
        return notify_by_queue(tcb, notification, cap.word1, SYSCALL_SIGNAL);
    }
    if (is_allowed) {
        notification_add(notification, cap.word1);
    }
    kernel_lock_release();
    return is_allowed ? tcb : NULL;
}

struct tcb *fast_wait(uint64_t cptr, uint64_t tag, uint64_t handler_cptr)
{
    (void)tag;
    kernel_lock_acquire();
    struct tcb *tcb = arch_percpu()->current;
    struct cap cap = fast_lookup(tcb, cptr);
    struct cap handler = fast_lookup(tcb, handler_cptr);
    struct notification *notification = (struct notification *)cap_object(cap);
    bool is_handler = cap_type(handler) == CAP_TYPE_IRQ_HANDLER;
    uint64_t irq = is_handler ? irq_handler_cap_irq(handler) : 0;
    bool is_allowed = allows(cap, CAP_TYPE_NOTIFICATION, SEL_RIGHT_READ) && notification_is_for(notification, tcb) &&
                      (is_handler ? irq_handler_is_bound(irq) : handler_cptr == 0);
    if (is_allowed && (irq != 0 || notification->pending == 0 || tcb->context != tcb->home_context)) {
        return notify_by_queue(tcb, notification, irq, SYSCALL_WAIT);
    }
    if (is_allowed) {
        arch_set_badge(&tcb->registers, notification->pending);
        notification->pending = 0;
    }
    kernel_lock_release();
    return is_allowed ? tcb : NULL;
}

void fast_yield(void)
{
    kernel_lock_acquire();
    struct tcb *tcb = arch_percpu()->current;
    arch_save_message(tcb, SYSCALL_YIELD);
    arch_set_status(&tcb->registers, ERR_OK);
    sched_yield_thread(tcb);
    (void)arch_leave_chosen();
}
