/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * The system calls: each looks up and checks its capabilities (nothing has changed when it refuses), then acts.
 * Not here: what an invocation does (object/), how threads meet (ipc/).
 */
#include "kernel/api/entry.h"
#include "kernel/arch/arch_switch.h"
#include "kernel/object/objects.h"

/* Which register an error's `argument` means. */
#define ARGUMENT_CAP    0
#define ARGUMENT_REPLY  2
#define ARGUMENT_SECOND 3

struct syscall {
    struct tcb *tcb;
    uint64_t number;
    struct err_info info;
    enum progress progress;
};

/* --- checks --- */

static err_t lookup(struct syscall *call, uint64_t cptr, uint64_t argument, struct slot **out) LOCKED
{
    *out = cnode_lookup(call->tcb, cptr);
    return *out != NULL ? ERR_OK : refuse(&call->info, ERR_INVALID_CAP, argument, cptr, call->tcb->cspace_count);
}

static err_t lookup_typed(struct syscall *call, uint64_t cptr, uint64_t argument, uint64_t type, uint64_t rights,
                          struct slot **out) LOCKED
{
    err_t error = lookup(call, cptr, argument, out);
    if (error == ERR_OK && cap_type((*out)->cap) != type) {
        return refuse(&call->info, ERR_WRONG_TYPE, argument, cap_type((*out)->cap), type);
    }
    return error == ERR_OK ? check_held(&call->info, argument, (*out)->cap, rights) : error;
}

/** Whether the message in the registers can be sent through `cap`. */
static err_t check_message(const struct tcb *tcb, struct cap cap, struct err_info *info)
{
    uint64_t tag = arch_syscall_tag(&tcb->registers);
    uint64_t length = tag_length(tag);
    uint64_t caps = tag_caps(tag);

    if (length <= MESSAGE_REGISTER_WORDS && caps == 0) {
        return ERR_OK;
    }
    if (length > MESSAGE_WORDS_MAX) {
        return refuse(info, ERR_MESSAGE_TOO_LONG, ARGUMENT_CAP, length, MESSAGE_WORDS_MAX);
    }
    if (caps > MESSAGE_CAPS_MAX) {
        return refuse(info, ERR_MESSAGE_TOO_LONG, ARGUMENT_CAP, caps, MESSAGE_CAPS_MAX);
    }
    if (tcb->buffer == NULL) {
        return refuse(info, ERR_NO_BUFFER, ARGUMENT_CAP, caps != 0 ? caps : length,
                      caps != 0 ? 0 : MESSAGE_REGISTER_WORDS);
    }
    bool is_sent = cap_type(cap) == CAP_TYPE_ENDPOINT || cap_type(cap) == CAP_TYPE_REPLY; /* else nobody gets them */
    return caps == 0 || !is_sent ? ERR_OK : check_held(info, ARGUMENT_CAP, cap, SEL_RIGHT_GRANT);
}

/** The capability that the message in the registers goes to, of an Endpoint with WRITE or, but for a Call, of a Reply. Calls to the kernel have another door. */
static err_t decode_send(struct syscall *call, struct slot **out) LOCKED
{
    err_t error = lookup(call, arch_syscall_cap(&call->tcb->registers), ARGUMENT_CAP, out);
    if (error != ERR_OK) {
        return error;
    }
    struct cap cap = (*out)->cap;
    bool is_endpoint = cap_type(cap) == CAP_TYPE_ENDPOINT;
    if (!is_endpoint && (cap_type(cap) != CAP_TYPE_REPLY || call->number == SYSCALL_CALL)) {
        return refuse(&call->info, ERR_WRONG_TYPE, ARGUMENT_CAP, cap_type(cap), CAP_TYPE_ENDPOINT);
    }
    error = is_endpoint ? check_held(&call->info, ARGUMENT_CAP, cap, SEL_RIGHT_WRITE) : ERR_OK;
    return error == ERR_OK ? check_message(call->tcb, cap, &call->info) : error;
}

/** From where to receive, and the Reply object to offer (or NULL). */
struct receive {
    struct endpoint *endpoint;
    struct reply *reply;
};

/**
 * H7: nobody may offer a Reply that still holds a caller or that another receiver offers; `answered` (or NULL) is the Reply that this
 * system call answers first.
 */
static err_t decode_receive(struct syscall *call, uint64_t cptr, uint64_t argument, const struct reply *answered,
                            struct receive *out) LOCKED
{
    struct slot *slot;
    uint64_t reply_cptr = arch_syscall_reply(&call->tcb->registers);
    err_t error = lookup_typed(call, cptr, argument, CAP_TYPE_ENDPOINT, SEL_RIGHT_READ, &slot);
    if (error != ERR_OK) {
        return error;
    }
    *out = (struct receive){.endpoint = slot_object(slot)};
    if (reply_cptr == 0) {
        return ERR_OK;
    }
    error = lookup_typed(call, reply_cptr, ARGUMENT_REPLY, CAP_TYPE_REPLY, 0, &slot);
    if (error != ERR_OK) {
        return error;
    }
    out->reply = slot_object(slot);
    bool is_emptied = answered != NULL && out->reply == answered && answered->caller != NULL;
    if (RULE(7) && !is_emptied && out->reply->server != NULL) {
        return refuse(&call->info, ERR_BUSY, ARGUMENT_REPLY, 0, 0);
    }
    return ERR_OK;
}

/* --- sending and receiving --- */

static err_t send_to(struct syscall *call, struct cap cap, bool is_blocking) LOCKED
{
    if (cap_type(cap) == CAP_TYPE_REPLY) {
        return ipc_reply(call->tcb, (struct reply *)cap_object(cap), (cap_rights(cap) & SEL_RIGHT_GRANT) != 0);
    }
    return ipc_send(call->tcb, cap, call->number == SYSCALL_CALL, is_blocking);
}

/** Call, if not to the kernel (kernel_invoke), Send and NBSend. */
static err_t syscall_send(struct syscall *call) LOCKED
{
    struct slot *slot;
    err_t error = decode_send(call, &slot);
    return error == ERR_OK ? send_to(call, slot->cap, call->number != SYSCALL_NB_SEND) : error;
}

/** Send (never blocking) or answer through `cap`, if it is not NULL's, then receive. */
static err_t send_recv(struct syscall *call, struct cap cap, uint64_t cptr, uint64_t argument) LOCKED
{
    struct receive receive;
    uint64_t type = cap_type(cap);
    const struct reply *answered = type == CAP_TYPE_REPLY ? (const struct reply *)cap_object(cap) : NULL;
    err_t error = decode_receive(call, cptr, argument, answered, &receive);
    if (error != ERR_OK) {
        return error;
    }
    call->progress = ipc_refuse_unservable(receive.endpoint, call->tcb, receive.reply, answered);
    if (call->progress == PREEMPTED) {
        return ERR_OK;
    }
    error = type == CAP_TYPE_NULL ? ERR_OK : send_to(call, cap, false);
    if (!RULE(4) && error != ERR_OK) {
        return error;
    }
    arch_set_reply_status(&call->tcb->registers, error);
    return ipc_receive(call->tcb, receive.endpoint, receive.reply, call->number != SYSCALL_NB_RECV);
}

static err_t syscall_recv(struct syscall *call) LOCKED
{
    return send_recv(call, null_cap_make(), arch_syscall_cap(&call->tcb->registers), ARGUMENT_CAP);
}

static err_t syscall_reply_recv(struct syscall *call) LOCKED
{
    struct slot *slot;
    const struct arch_context *registers = &call->tcb->registers;
    err_t error = lookup_typed(call, arch_syscall_reply(registers), ARGUMENT_REPLY, CAP_TYPE_REPLY, 0, &slot);
    error = error == ERR_OK ? check_message(call->tcb, slot->cap, &call->info) : error;
    return error == ERR_OK ? send_recv(call, slot->cap, arch_syscall_cap(registers), ARGUMENT_CAP) : error;
}

static err_t syscall_nb_send_recv(struct syscall *call) LOCKED
{
    struct slot *slot;
    err_t error = decode_send(call, &slot);
    uint64_t cptr = arch_syscall_second(&call->tcb->registers);
    return error == ERR_OK ? send_recv(call, slot->cap, cptr, ARGUMENT_SECOND) : error;
}

/** The interrupt that Wait is to acknowledge first, 0 if none. */
static err_t decode_handler(struct syscall *call, uint64_t *irq) LOCKED
{
    struct slot *slot;
    uint64_t cptr = arch_syscall_handler(&call->tcb->registers);
    err_t error = cptr == 0 ? ERR_OK : lookup_typed(call, cptr, ARGUMENT_REPLY, CAP_TYPE_IRQ_HANDLER, 0, &slot);
    *irq = error == ERR_OK && cptr != 0 ? irq_handler_cap_irq(slot->cap) : 0;
    bool is_refused = *irq != 0 && !irq_handler_is_bound(*irq);
    return is_refused ? refuse(&call->info, ERR_NOT_BOUND, ARGUMENT_REPLY, 0, 0) : error;
}

/** Signal, Wait and Poll. BUSY: the Notification is bound to another thread's Recv. */
static err_t syscall_notify(struct syscall *call) LOCKED
{
    struct slot *slot;
    uint64_t irq = 0;
    uint64_t cptr = arch_syscall_cap(&call->tcb->registers);
    bool would_wait = call->number == SYSCALL_WAIT;
    uint64_t right = call->number == SYSCALL_SIGNAL ? SEL_RIGHT_WRITE : SEL_RIGHT_READ;
    err_t error = lookup_typed(call, cptr, ARGUMENT_CAP, CAP_TYPE_NOTIFICATION, right, &slot);
    if (error != ERR_OK) {
        return error;
    }
    if (call->number == SYSCALL_SIGNAL) {
        notification_signal(slot_object(slot), cap_badge(slot->cap));
        return ERR_OK;
    }
    if (would_wait && !notification_is_for(slot_object(slot), call->tcb)) {
        return refuse(&call->info, ERR_BUSY, ARGUMENT_CAP, 0, 0);
    }
    error = would_wait ? decode_handler(call, &irq) : ERR_OK;
    if (irq != 0 && error == ERR_OK) {
        irq_handler_acknowledge(irq);
    }
    return error == ERR_OK ? notification_receive(slot_object(slot), call->tcb, would_wait) : error;
}

/* --- the doors --- */

/* Yield has nothing to look up: fast_yield does all of it. */
typedef err_t syscall_function(struct syscall *call);

static syscall_function *const syscalls[] = {
    [SYSCALL_CALL] = syscall_send,    [SYSCALL_SEND] = syscall_send,    [SYSCALL_REPLY_RECV] = syscall_reply_recv,
    [SYSCALL_RECV] = syscall_recv,    [SYSCALL_NB_SEND] = syscall_send, [SYSCALL_SIGNAL] = syscall_notify,
    [SYSCALL_NB_RECV] = syscall_recv, [SYSCALL_POLL] = syscall_notify,  [SYSCALL_NB_SEND_RECV] = syscall_nb_send_recv,
    [SYSCALL_WAIT] = syscall_notify,
};

/** With pc back on its instruction the handler's RESUME retries it and SKIP steps over it. */
static void syscall_unknown(struct tcb *tcb, uint64_t number) LOCKED
{
    arch_restart_syscall(&tcb->registers);
    const struct arch_context *registers = &tcb->registers;
    struct fault fault =
        fault_system_call(arch_context_pc(registers), number, arch_syscall_cap(registers), arch_syscall_tag(registers));
    kernel_fault(fault.tag, fault.word[0], &fault.word[1]);
}

/**
 * How the system call of `tcb` ends: status, and details of a refusal (errors.yaml); or once more, later. Then `tcb` if it goes straight on, or out by the common way
 * (a blocked thread's status is set again when it wakes).
 */
static inline ALWAYS_INLINE struct tcb *finish(struct tcb *tcb, err_t error, enum progress progress,
                                               const struct err_info *info) UNLOCKS
{
    bool is_there = percpu()->current != NULL; /* else it has deleted itself */
    if (is_there && progress != DONE) {
        arch_restart_syscall(&tcb->registers);
        percpu()->must_choose = true; /* pc */
        kernel_irq();
    } else if (is_there) {
        if (error != ERR_OK) {
            uint64_t detail[] = {info->argument, info->given, info->bound};
            transfer_kernel(tcb, detail, sizeof(detail) / sizeof(detail[0]));
        }
        arch_set_status(&tcb->registers, error);
    }
    if (!arch_goes_on(tcb)) {
        return arch_leave_chosen();
    }
    kernel_lock_release();
    return tcb;
}

NOINLINE struct tcb *kernel_invoke(struct slot *slot, uint64_t tag, struct tcb *tcb)
{
    struct err_info info;
    enum progress progress = DONE;
    trace(TRACE_SYSCALL, SYSCALL_CALL, arch_syscall_cap(&tcb->registers));
    err_t error = tag_is_short(tag) ? ERR_OK : check_message(tcb, slot->cap, &info);
    error = error == ERR_OK ? invoke(tcb, slot, tag, &info, &progress) : error;
    return finish(tcb, error, progress, &info);
}

/* One caller. */
ALWAYS_INLINE struct tcb *kernel_syscall(void)
{
    struct tcb *tcb = percpu()->current;
    uint64_t number = arch_syscall_number(&tcb->registers);
    trace(TRACE_SYSCALL, number, arch_syscall_cap(&tcb->registers));
    struct syscall call = {.tcb = tcb, .number = number, .progress = DONE};
    if (number >= sizeof(syscalls) / sizeof(syscalls[0]) || syscalls[number] == NULL) {
        syscall_unknown(tcb, number);
        return arch_leave_chosen();
    }
    if (number != SYSCALL_NB_SEND_RECV) { /* which has its second capability there; it is no input of the others' */
        arch_set_reply_status(&tcb->registers, ERR_OK);
    }
    err_t error = syscalls[number](&call);
    return finish(tcb, error, call.progress, &call.info);
}

void kernel_irq(void)
{
    uint64_t irq = arch_irq_acknowledge();
    if (irq == ARCH_IRQ_NONE) {
        return;
    }
    trace(TRACE_IRQ, irq, 0);
    if (arch_irq_is_reserved(irq)) {
        arch_irq_reserved(irq);
    } else {
        irq_deliver(irq);
    }
}
