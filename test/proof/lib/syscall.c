/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * The harness of one system call; test/proof/syscalls.py makes a file a call of libsel/abi/syscalls.yaml that defines NUMBER, PROVE_ENDS and
 * is_listed(), and includes this.
 *
 * A small world in any state. The real kernel_syscall() and kernel_invoke() run on it, with the real look-up and checks; what is done once a call is accepted is
 * a stub that proves how it is called: ipc/ and object/ have their own proofs, invoke() is in decode_*.
 */
#include "kernel/object/objects.h"
#include "test/proof/lib/watch.h"

#define SLOT_COUNT    4
#define MAYBE(object) (any_bool() ? &(object) : NULL)

static struct tcb caller;
static struct tcb other;
static struct {
    struct slot slot[SLOT_COUNT];
} cspace;
static struct {
    uint64_t word[IPC_BUFFER_BYTES / 8];
} buffer;
static struct endpoint endpoint, second_endpoint;
static struct reply reply, second_reply;
static struct notification notification;

#define WORLD(DO)                                                                                                      \
    DO(caller)                                                                                                         \
    DO(other)                                                                                                          \
    DO(cspace)                                                                                                         \
    DO(buffer)                                                                                                         \
    DO(endpoint)                                                                                                       \
    DO(second_endpoint)                                                                                                \
    DO(reply)                                                                                                          \
    DO(second_reply)                                                                                                   \
    DO(notification)

WORLD(COPY_OF)

struct percpu percpu_area;
struct irq_state irq_table[IRQ_COUNT_MAX];

/* What the call asks for, and how often what was done. */
static const uint64_t number = NUMBER;
static struct cap first_cap;
static struct cap reply_cap;
static struct cap second_cap;
static uint64_t sent_count;
static uint64_t received_count;
static uint64_t cleared_count; /* ipc_refuse_unservable */
static uint64_t invoked_count;
static uint64_t signal_count;
static uint64_t taken_count;
static uint64_t waited_count;
static uint64_t acknowledged_count;
static uint64_t fault_count;
static uint64_t details_count;
static uint64_t status;       /* of what was done last */
static uint64_t reply_status; /* of what was sent before that */
static enum progress progress;

static uint64_t asked(uint64_t reg)
{
    return caller_before.registers.reg[reg];
}

static bool is_send_recv(void)
{
    return number == SYSCALL_REPLY_RECV || number == SYSCALL_NB_SEND_RECV;
}

static uint64_t any_status(void)
{
    status = any_below(ERR_NOT_SUPPORTED + 1);
    return status;
}

/* --- where a capability's address points to --- */

uint64_t proof_object(struct cap cap)
{
    uint64_t address = cap_object_raw(cap);
    uint64_t object = address;
    if (cap_type(cap) == CAP_TYPE_REPLY) {
        object = address == (uint64_t)&reply ? (uint64_t)&reply : (uint64_t)&second_reply;
    } else if (cap_type(cap) == CAP_TYPE_ENDPOINT) {
        object = address == (uint64_t)&endpoint ? (uint64_t)&endpoint : (uint64_t)&second_endpoint;
    } else if (cap_type(cap) == CAP_TYPE_NOTIFICATION) {
        object = (uint64_t)&notification;
    }
    PROVE(object == address, "the hint is what the capability says");
    return object;
}

static struct cap any_world_cap(void)
{
    struct cap cap = any_cap();
    uint64_t type = cap_type(cap);
    ASSUME(type < CAP_TYPE_ZOMBIE);
    if (type == CAP_TYPE_IRQ_HANDLER) {
        uint64_t irq = irq_handler_cap_irq(cap);
        ASSUME(irq >= 16 && irq < IRQ_COUNT_MAX); /* of IRQControl */
        irq_table[irq].notification = MAYBE(notification);
    }
    if (type == CAP_TYPE_REPLY) {
        return cap_set_object(cap, any_bool() ? (uint64_t)&reply : (uint64_t)&second_reply);
    }
    if (type == CAP_TYPE_ENDPOINT) {
        return cap_set_object(cap, any_bool() ? (uint64_t)&endpoint : (uint64_t)&second_endpoint);
    }
    return type == CAP_TYPE_NOTIFICATION ? cap_set_object(cap, (uint64_t)&notification) : cap;
}

static struct cap cap_at(uint64_t cptr)
{
    return cptr < SLOT_COUNT && cptr != 0 ? cspace.slot[cptr].cap : null_cap_make();
}

/* --- what is done once a call is accepted --- */

static void prove_message(struct cap cap)
{
    uint64_t length = tag_length(asked(THREAD_REG_X1));
    uint64_t caps = tag_caps(asked(THREAD_REG_X1));
    bool is_short = length <= MESSAGE_REGISTER_WORDS && caps == 0;
    bool is_long = length <= MESSAGE_WORDS_MAX && caps <= MESSAGE_CAPS_MAX && caller.buffer != NULL;
    bool can_grant = (cap_rights(cap) & SEL_RIGHT_GRANT) != 0;
    bool is_sent = cap_type(cap) == CAP_TYPE_ENDPOINT || cap_type(cap) == CAP_TYPE_REPLY;
    PROVE(is_short || is_long, "what is sent is a message that fits, with a buffer where one is needed");
    PROVE(implies(is_sent && caps != 0, can_grant), "capabilities go along with GRANT alone");
}

/** What answers or sends has the message's capability; ReplyRecv alone has it in the register of the Reply. */
static struct cap message_cap(void)
{
    return number == SYSCALL_REPLY_RECV ? reply_cap : first_cap;
}

static void prove_first_half(void)
{
    PROVE(sent_count == 0 && received_count == 0 && invoked_count == 0, "what is asked for is done once");
    PROVE(cleared_count == (is_send_recv() ? 1 : 0), "refusing whom it could not serve comes before all else");
    sent_count++;
}

err_t ipc_send(struct tcb *sender, struct cap through, bool is_call, bool is_blocking)
{
    struct cap cap = message_cap();
    bool is_alone = number == SYSCALL_CALL || number == SYSCALL_SEND || number == SYSCALL_NB_SEND;
    PROVE(is_alone || number == SYSCALL_NB_SEND_RECV, "this call sends");
    PROVE(cap_type(cap) == CAP_TYPE_ENDPOINT && (cap_rights(cap) & SEL_RIGHT_WRITE) != 0,
          "sent through an Endpoint with WRITE");
    PROVE(sender == &caller && through.word0 == cap.word0 && through.word1 == cap.word1,
          "the capability's Endpoint gets it, with the capability's badge and rights");
    PROVE(is_call == (number == SYSCALL_CALL), "a Call is one, and nothing else is");
    PROVE(is_blocking == (number == SYSCALL_CALL || number == SYSCALL_SEND), "Call and Send wait, nothing else");
    prove_message(cap);
    prove_first_half();
    return (err_t)any_status();
}

err_t ipc_reply(struct tcb *server, struct reply *answered, bool can_grant)
{
    struct cap cap = message_cap();
    PROVE(number == SYSCALL_SEND || number == SYSCALL_NB_SEND || is_send_recv(), "this call answers");
    PROVE(cap_type(cap) == CAP_TYPE_REPLY, "answered through a Reply");
    PROVE(server == &caller && (uint64_t)answered == cap_object_raw(cap), "the capability's Reply is answered");
    PROVE(can_grant == ((cap_rights(cap) & SEL_RIGHT_GRANT) != 0), "capabilities go along with GRANT alone");
    prove_message(cap);
    prove_first_half();
    return (err_t)any_status();
}

static struct cap receive_cap(void)
{
    return number == SYSCALL_NB_SEND_RECV ? second_cap : first_cap;
}

/** The Reply that the first half of this call answers. */
static const struct reply *answered_reply(void)
{
    bool is_answer = is_send_recv() && cap_type(message_cap()) == CAP_TYPE_REPLY;
    return is_answer ? (const struct reply *)cap_object_raw(message_cap()) : NULL;
}

static void prove_receiver(const struct tcb *tcb, const struct endpoint *from, const struct reply *offered)
{
    struct cap cap = receive_cap();
    bool is_offered = asked(THREAD_REG_X2) != 0;
    PROVE(number == SYSCALL_RECV || number == SYSCALL_NB_RECV || is_send_recv(), "this call receives");
    PROVE(cap_type(cap) == CAP_TYPE_ENDPOINT && (cap_rights(cap) & SEL_RIGHT_READ) != 0,
          "received through an Endpoint with READ");
    PROVE(tcb == &caller && (uint64_t)from == cap_object_raw(cap), "received from the capability's Endpoint");
    PROVE(is_offered == (offered != NULL), "a Reply is offered if one is named");
    PROVE(implies(is_offered, cap_type(reply_cap) == CAP_TYPE_REPLY && (uint64_t)offered == cap_object_raw(reply_cap)),
          "the Reply that is named is offered");
    bool is_free = offered == NULL || (offered == &reply ? reply.server == NULL : second_reply.server == NULL);
    bool is_emptied =
        offered == answered_reply() && (offered == &reply ? reply.caller != NULL : second_reply.caller != NULL);
    PROVE(is_free || is_emptied, "a Reply that is offered is free by then (H7)");
}

enum progress ipc_refuse_unservable(struct endpoint *from, const struct tcb *tcb, const struct reply *offered,
                                    const struct reply *answered)
{
    prove_receiver(tcb, from, offered);
    PROVE(answered == answered_reply(), "the Reply that is answered first is told");
    PROVE(cleared_count == 0 && sent_count == 0 && received_count == 0, "what is asked for is done once");
    cleared_count++;
    progress = any_bool() ? DONE : PREEMPTED;
    return progress;
}

err_t ipc_receive(struct tcb *tcb, struct endpoint *from, struct reply *offered, bool is_blocking)
{
    prove_receiver(tcb, from, offered);
    PROVE(is_blocking == (number != SYSCALL_NB_RECV), "all that receive wait but NBRecv");
    PROVE(received_count == 0 && cleared_count == 1, "what is asked for is done once");
    PROVE(sent_count == (is_send_recv() ? 1 : 0), "a call that sends and receives sends first");
    received_count++;
    reply_status = status;
    return (err_t)any_status();
}

err_t invoke(struct tcb *of, struct slot *slot, uint64_t tag, struct err_info *info, enum progress *invoked)
{
    uint64_t type = cap_type(first_cap);
    PROVE(number == SYSCALL_CALL && of == &caller && slot == &cspace.slot[asked(THREAD_REG_X0)],
          "a Call invokes the capability it names");
    PROVE(tag == asked(THREAD_REG_X1), "with the tag it came with");
    PROVE(type != CAP_TYPE_NULL && type != CAP_TYPE_ENDPOINT && type != CAP_TYPE_NOTIFICATION && type != CAP_TYPE_REPLY,
          "what is invoked has methods");
    PROVE(invoked_count == 0 && sent_count == 0, "what is asked for is done once");
    prove_message(first_cap);
    invoked_count++;
    info->argument = 0;
    progress = any_bool() ? DONE : PREEMPTED;
    *invoked = progress;
    if (any_bool()) {
        percpu()->current = NULL; /* it deletes itself */
    }
    return (err_t)any_status();
}

static void prove_notification(const struct notification *of, uint64_t right)
{
    PROVE(cap_type(first_cap) == CAP_TYPE_NOTIFICATION && (cap_rights(first_cap) & right) != 0 && of == &notification,
          "a Notification with the right to signal or to wait");
}

void notification_signal(struct notification *of, uint64_t badge)
{
    PROVE(number == SYSCALL_SIGNAL, "this call signals");
    prove_notification(of, SEL_RIGHT_WRITE);
    PROVE(badge == first_cap.word1, "a signal is the badge of its capability");
    signal_count++;
    status = ERR_OK;
}

void irq_handler_acknowledge(uint64_t irq)
{
    bool is_handler = cap_type(reply_cap) == CAP_TYPE_IRQ_HANDLER && irq == irq_handler_cap_irq(reply_cap);
    PROVE(number == SYSCALL_WAIT && taken_count + waited_count == 0, "Wait acknowledges, before it waits");
    PROVE(is_handler && irq_table[irq].notification != NULL,
          "acknowledged by its IRQHandler, a bound one, before it waits");
    acknowledged_count++;
}

err_t notification_receive(struct notification *of, struct tcb *tcb, bool would_wait)
{
    prove_notification(of, SEL_RIGHT_READ);
    PROVE(tcb == &caller && would_wait == (number == SYSCALL_WAIT), "Wait would wait, Poll would not");
    PROVE(number == SYSCALL_WAIT || number == SYSCALL_POLL, "this call takes signals");
    PROVE(!would_wait || notification.bound == NULL || notification.bound == &caller,
          "nobody waits for what is bound to another thread");
    bool is_taken = any_bool();
    taken_count += is_taken;
    waited_count += !is_taken && would_wait;
    status = is_taken || would_wait ? ERR_OK : ERR_WOULD_BLOCK;
    return (err_t)status;
}

void kernel_fault(uint64_t tag, uint64_t first, const uint64_t *rest)
{
    (void)first;
    PROVE(percpu()->current == &caller && tag_label(tag) == FAULT_SYSTEM_CALL && rest[0] == number,
          "an unknown call is a fault that says its number");
    fault_count++;
}

void transfer_kernel(struct tcb *receiver, const uint64_t *word, uint64_t length)
{
    PROVE(receiver == &caller && length == 3, "a refusal has three details");
    PROVE(implies(invoked_count + sent_count + received_count == 0, word[0] <= 3), "the refusal names a register");
    details_count++;
}

uint64_t arch_irq_acknowledge(void)
{
    PROVE(progress == PREEMPTED, "interrupts are looked at where a call was preempted");
    return ARCH_IRQ_NONE;
}

/* --- the proof --- */

static void any_reply(struct reply *of)
{
    of->server = any_bool() ? MAYBE(caller) : &other;
    of->caller = MAYBE(other);
}

static void any_world(void)
{
    HAVOC(caller);
    HAVOC(other);
    HAVOC(buffer);
    HAVOC(endpoint);
    HAVOC(second_endpoint);
    HAVOC(reply);
    HAVOC(second_reply);
    HAVOC(notification);
    any_reply(&reply);
    any_reply(&second_reply);
    notification.bound = any_bool() ? MAYBE(caller) : &other;
    for (uint64_t i = 0; i < SLOT_COUNT; i++) {
        cspace.slot[i] = (struct slot){.cap = any_world_cap()};
    }
    cspace.slot[0].cap = null_cap_make(); /* always */
    caller.cspace_slots = cspace.slot;
    caller.cspace_count = SLOT_COUNT;
    caller.buffer = any_bool() ? buffer.word : NULL;
    caller.registers.reg[THREAD_REG_X8] = number;
    percpu()->current = &caller;
    percpu()->must_choose = false;
}

static void start(void)
{
    any_world();
    WORLD(KEEP)
    first_cap = cap_at(asked(THREAD_REG_X0));
    reply_cap = cap_at(asked(THREAD_REG_X2));
    second_cap = cap_at(asked(THREAD_REG_X3));
    sent_count = 0;
    received_count = 0;
    cleared_count = 0;
    invoked_count = 0;
    signal_count = 0;
    taken_count = 0;
    waited_count = 0;
    acknowledged_count = 0;
    fault_count = 0;
    details_count = 0;
    reply_status = ERR_OK;
    progress = DONE;
}

/** Nothing is written by the call itself but the caller's registers that carry its result. */
static void prove_same(bool is_badge_written)
{
    static const uint8_t written[] = {THREAD_REG_X0, THREAD_REG_X3, THREAD_REG_X4,  THREAD_REG_X5, THREAD_REG_X6,
                                      THREAD_REG_X7, THREAD_REG_X8, THREAD_REG_X16, THREAD_REG_X17};
    for (uint64_t i = 0; i < sizeof(written); i++) {
        caller_before.registers.reg[written[i]] = caller.registers.reg[written[i]];
    }
    if (is_badge_written) {
        caller_before.registers.reg[THREAD_REG_X2] = caller.registers.reg[THREAD_REG_X2];
    }
    PROVE(true WORLD(AND_SAME), "a system call changes nothing itself");
}

enum end {
    REFUSED,
    DONE_ONCE,
    REPEATED,
};

static bool is_done_once(void)
{
    switch (number) {
    case SYSCALL_CALL:
        return sent_count + invoked_count == 1;
    case SYSCALL_SEND:
    case SYSCALL_NB_SEND:
        return sent_count == 1;
    case SYSCALL_RECV:
    case SYSCALL_NB_RECV:
        return received_count == 1;
    case SYSCALL_SIGNAL:
        return signal_count == 1;
    case SYSCALL_WAIT:
        return taken_count + waited_count == 1 && acknowledged_count == (asked(THREAD_REG_X2) != 0 ? 1 : 0);
    case SYSCALL_POLL:
        return taken_count == 1;
    default:
        return sent_count == 1 && received_count == 1;
    }
}

/** As the entry does it: a Call of an object of the kernel's has its own door (ipc/fastpath.c). */
static void enter(void)
{
    uint64_t cptr = asked(THREAD_REG_X0);
    if (number == SYSCALL_CALL && is_invoked(cap_type(cap_at(cptr)))) {
        arch_set_reply_status(&caller.registers, ERR_OK);
        (void)kernel_invoke(&cspace.slot[cptr], asked(THREAD_REG_X1), &caller);
    } else {
        (void)kernel_syscall();
    }
}

static enum end prove_call(void)
{
    start();

    enter();

    uint64_t done_count = sent_count + received_count + invoked_count + signal_count + taken_count + waited_count;
    uint64_t said = caller.registers.reg[THREAD_REG_X0];
    PROVE(fault_count == 0, "a call that there is, is no fault");
    if (progress == PREEMPTED) {
        PROVE(done_count == invoked_count, "a preempted call has done nothing");
        PROVE(percpu()->current == NULL || percpu()->must_choose, "who runs is chosen anew");
        PROVE(percpu()->current == NULL ||
                  (said == asked(THREAD_REG_X0) && number == caller.registers.reg[THREAD_REG_X8]),
              "a preempted call can be repeated: what it asks for is still there");
        caller_before.registers.reg[THREAD_REG_PC] -= percpu()->current != NULL ? 4 : 0;
        prove_same(false);
        return REPEATED;
    }
    bool is_there = percpu()->current != NULL;
    if (done_count == 0) {
        PROVE(is_listed(said), "the error is one the ABI lists for this call");
        PROVE(cleared_count + acknowledged_count == 0 && details_count == 1,
              "what is refused does nothing but say why");
        prove_same(false);
        return REFUSED;
    }
    PROVE(is_done_once(), "what is asked for is done once");
    PROVE(implies(is_there, said == status && details_count == (status != ERR_OK ? 1 : 0)),
          "the call says what was said of what it did");
    PROVE(implies(is_send_recv(), caller.registers.reg[THREAD_REG_X3] == reply_status), "so does its first half");
    prove_same(taken_count != 0);
    return DONE_ONCE;
}

/** A number that no call has. */
static enum end prove_unknown(void)
{
    start();
    enter();
    PROVE(fault_count == 1, "an unknown call is one fault");
    caller_before.registers.reg[THREAD_REG_PC] -= 4;
    PROVE(true WORLD(AND_SAME), "a system call changes nothing itself");
    return REFUSED;
}

void proof(void)
{
    PROVE_ENDS
}
