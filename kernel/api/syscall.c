/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * The system calls: each looks up and checks its capabilities (nothing has changed when it refuses), then acts.
 * Not here: what an invocation does (object/), how threads meet (ipc/).
 */
#include <stddef.h>

#include "gen/abi.h"
#include "kernel/api/entry.h"
#include "kernel/api/invoke.h"
#include "kernel/api/rules.h"
#include "kernel/arch/arch.h"
#include "kernel/debug/trace.h"
#include "kernel/ipc/fault.h"
#include "kernel/ipc/ipc.h"
#include "kernel/ipc/transfer.h"
#include "kernel/object/cap.h"
#include "kernel/object/cnode.h"
#include "kernel/object/irq.h"
#include "kernel/object/notification.h"
#include "kernel/object/reply.h"
#include "kernel/object/tcb.h"
#include "kernel/sched/sched.h"
#include "kernel/smp/percpu.h"

/* Which register an error's `argument` means. */
#define ARGUMENT_CAP    0
#define ARGUMENT_REPLY  2
#define ARGUMENT_SECOND 3

/** Interrupts delivered in one go; the rest enter the kernel again (H9). */
#define IRQ_BATCH 16

struct syscall {
    struct tcb *tcb;
    struct err_info info;
    enum progress progress;
};

/* --- checks --- */

static err_t lookup(struct syscall *call, uint64_t cptr, uint64_t argument, struct slot **out) REQUIRES(kernel_lock)
{
    *out = cnode_lookup(call->tcb, cptr);
    return *out != NULL ? ERR_OK : refuse(&call->info, ERR_INVALID_CAP, argument, cptr, call->tcb->cspace_count);
}

static err_t lookup_typed(struct syscall *call, uint64_t cptr, uint64_t argument, uint64_t type, uint64_t rights, struct cap *out)
    REQUIRES(kernel_lock)
{
    struct slot *slot;
    err_t error = lookup(call, cptr, argument, &slot);
    if (error != ERR_OK) {
        return error;
    }
    if (cap_type(slot->cap) != type) {
        return refuse(&call->info, ERR_WRONG_TYPE, argument, cap_type(slot->cap), type);
    }
    if ((cap_rights(slot->cap) & rights) != rights) {
        return refuse(&call->info, ERR_RIGHTS, argument, cap_rights(slot->cap), rights);
    }
    *out = slot->cap;
    return ERR_OK;
}

/** Whether the message in the registers can be sent through a capability with `rights`. */
static err_t check_message(struct syscall *call, uint64_t rights)
{
    uint64_t tag = arch_syscall_tag(&call->tcb->registers);
    uint64_t length = tag_length(tag);
    uint64_t caps = tag_caps(tag);

    if (length <= MESSAGE_REGISTER_WORDS && caps == 0) {
        return ERR_OK;
    }
    if (length > MESSAGE_WORDS_MAX) {
        return refuse(&call->info, ERR_MESSAGE_TOO_LONG, 0, length, MESSAGE_WORDS_MAX);
    }
    if (caps > MESSAGE_CAPS_MAX) {
        return refuse(&call->info, ERR_MESSAGE_TOO_LONG, 0, caps, MESSAGE_CAPS_MAX);
    }
    if (call->tcb->buffer == NULL) {
        return refuse(&call->info, ERR_NO_BUFFER, 0, caps != 0 ? caps : length, caps != 0 ? 0 : MESSAGE_REGISTER_WORDS);
    }
    if (caps != 0 && (rights & SEL_RIGHT_GRANT) == 0) {
        return refuse(&call->info, ERR_RIGHTS, 0, rights, SEL_RIGHT_GRANT);
    }
    return ERR_OK;
}

static bool can_grant(struct cap cap)
{
    return (cap_rights(cap) & SEL_RIGHT_GRANT) != 0;
}

/** The capability to send through: an Endpoint with WRITE, or a Reply. */
static err_t decode_send(struct syscall *call, struct cap *out) REQUIRES(kernel_lock)
{
    struct slot *slot;
    err_t error = lookup(call, arch_syscall_cap(&call->tcb->registers), ARGUMENT_CAP, &slot);
    if (error != ERR_OK) {
        return error;
    }
    struct cap cap = slot->cap;
    if (cap_type(cap) != CAP_TYPE_ENDPOINT && cap_type(cap) != CAP_TYPE_REPLY) {
        return refuse(&call->info, ERR_WRONG_TYPE, ARGUMENT_CAP, cap_type(cap), CAP_TYPE_ENDPOINT);
    }
    if (cap_type(cap) == CAP_TYPE_ENDPOINT && (cap_rights(cap) & SEL_RIGHT_WRITE) == 0) {
        return refuse(&call->info, ERR_RIGHTS, ARGUMENT_CAP, cap_rights(cap), SEL_RIGHT_WRITE);
    }
    *out = cap;
    return check_message(call, cap_rights(cap));
}

/** The Endpoint to receive from and the Reply object to offer (or NULL); a Reply in use is BUSY unless it is `answered` first (H7). */
static err_t decode_receive(struct syscall *call, uint64_t cptr, uint64_t argument, struct endpoint **endpoint, struct reply **reply)
    REQUIRES(kernel_lock)
{
    struct cap cap;
    uint64_t reply_cptr = arch_syscall_reply(&call->tcb->registers);
    err_t error = lookup_typed(call, cptr, argument, CAP_TYPE_ENDPOINT, SEL_RIGHT_READ, &cap);
    if (error != ERR_OK) {
        return error;
    }
    *endpoint = (struct endpoint *)cap_object(cap);
    *reply = NULL;
    if (reply_cptr == 0) {
        return ERR_OK;
    }
    error = lookup_typed(call, reply_cptr, ARGUMENT_REPLY, CAP_TYPE_REPLY, 0, &cap);
    if (error == ERR_OK) {
        *reply = (struct reply *)cap_object(cap);
    }
    return error;
}

/** H7: nobody may offer a Reply that still holds a caller or that another receiver offers. */
static err_t check_free(struct syscall *call, const struct reply *reply) REQUIRES(kernel_lock)
{
    bool is_refused = RULE(7) && reply != NULL && !reply_is_free(reply);
    return is_refused ? refuse(&call->info, ERR_BUSY, ARGUMENT_REPLY, 0, 0) : ERR_OK;
}

/* --- sending --- */

static err_t send_to(struct syscall *call, struct cap cap, bool is_call, bool is_blocking) REQUIRES(kernel_lock)
{
    if (cap_type(cap) == CAP_TYPE_REPLY) {
        return ipc_reply(call->tcb, (struct reply *)cap_object(cap), can_grant(cap));
    }
    struct ipc_send send = {
        .endpoint = (struct endpoint *)cap_object(cap),
        .badge = cap_badge(cap),
        .is_call = is_call,
        .is_blocking = is_blocking,
        .can_grant = can_grant(cap),
    };
    return ipc_send(call->tcb, &send);
}

static err_t call_endpoint(struct syscall *call, struct cap cap) REQUIRES(kernel_lock)
{
    if ((cap_rights(cap) & SEL_RIGHT_WRITE) == 0) {
        return refuse(&call->info, ERR_RIGHTS, ARGUMENT_CAP, cap_rights(cap), SEL_RIGHT_WRITE);
    }
    err_t error = check_message(call, cap_rights(cap));
    return error == ERR_OK ? send_to(call, cap, true, true) : error;
}

static err_t syscall_call(struct syscall *call) REQUIRES(kernel_lock)
{
    struct slot *slot;
    err_t error = lookup(call, arch_syscall_cap(&call->tcb->registers), ARGUMENT_CAP, &slot);
    if (error != ERR_OK) {
        return error;
    }
    uint64_t type = cap_type(slot->cap);
    if (type == CAP_TYPE_ENDPOINT) {
        return call_endpoint(call, slot->cap);
    }
    if (type == CAP_TYPE_NOTIFICATION || type == CAP_TYPE_REPLY) {
        return refuse(&call->info, ERR_WRONG_TYPE, ARGUMENT_CAP, type, CAP_TYPE_ENDPOINT);
    }
    error = check_message(call, SEL_RIGHT_GRANT);
    return error == ERR_OK ? invoke(call->tcb, slot, &call->info, &call->progress) : error;
}

static err_t syscall_send(struct syscall *call) REQUIRES(kernel_lock)
{
    struct cap cap;
    err_t error = decode_send(call, &cap);
    return error == ERR_OK ? send_to(call, cap, false, true) : error;
}

static err_t syscall_nb_send(struct syscall *call) REQUIRES(kernel_lock)
{
    struct cap cap;
    err_t error = decode_send(call, &cap);
    return error == ERR_OK ? send_to(call, cap, false, false) : error;
}

/* --- receiving --- */

static err_t receive(struct syscall *call, bool is_blocking) REQUIRES(kernel_lock)
{
    struct endpoint *endpoint;
    struct reply *reply;
    err_t error = decode_receive(call, arch_syscall_cap(&call->tcb->registers), ARGUMENT_CAP, &endpoint, &reply);
    if (error == ERR_OK) {
        error = check_free(call, reply);
    }
    if (error != ERR_OK) {
        return error;
    }
    call->progress = ipc_refuse_unservable(endpoint, call->tcb, reply, NULL);
    return call->progress == PREEMPTED ? ERR_OK : ipc_receive(call->tcb, endpoint, reply, is_blocking);
}

static err_t syscall_recv(struct syscall *call) REQUIRES(kernel_lock)
{
    return receive(call, true);
}

static err_t syscall_nb_recv(struct syscall *call) REQUIRES(kernel_lock)
{
    return receive(call, false);
}

/** The reply half of reply_recv has no Reply object without a capability for it: `reply` is not NULL. */
static err_t decode_reply_recv(struct syscall *call, struct endpoint **endpoint, struct reply **reply, struct cap *reply_cap)
    REQUIRES(kernel_lock)
{
    const struct arch_context *registers = &call->tcb->registers;
    err_t error = lookup_typed(call, arch_syscall_reply(registers), ARGUMENT_REPLY, CAP_TYPE_REPLY, 0, reply_cap);
    if (error == ERR_OK) {
        error = decode_receive(call, arch_syscall_cap(registers), ARGUMENT_CAP, endpoint, reply);
    }
    if (error == ERR_OK && (*reply)->caller == NULL) {
        error = check_free(call, *reply);
    }
    return error == ERR_OK ? check_message(call, cap_rights(*reply_cap)) : error;
}

static err_t syscall_reply_recv(struct syscall *call) REQUIRES(kernel_lock)
{
    struct endpoint *endpoint;
    struct reply *reply;
    struct cap reply_cap;
    err_t error = decode_reply_recv(call, &endpoint, &reply, &reply_cap);
    if (error != ERR_OK) {
        return error;
    }
    call->progress = ipc_refuse_unservable(endpoint, call->tcb, reply, reply);
    if (call->progress == PREEMPTED) {
        return ERR_OK;
    }
    err_t reply_error = ipc_reply(call->tcb, reply, can_grant(reply_cap));
    if (!RULE(4) && reply_error != ERR_OK) {
        return reply_error;
    }
    arch_set_reply_status(&call->tcb->registers, reply_error);
    return ipc_receive(call->tcb, endpoint, reply, true);
}

static err_t syscall_nb_send_recv(struct syscall *call) REQUIRES(kernel_lock)
{
    struct cap cap;
    struct endpoint *endpoint;
    struct reply *reply;
    err_t error = decode_send(call, &cap);
    if (error == ERR_OK) {
        error = decode_receive(call, arch_syscall_second(&call->tcb->registers), ARGUMENT_SECOND, &endpoint, &reply);
    }
    const struct reply *answered = error == ERR_OK && cap_type(cap) == CAP_TYPE_REPLY ? (const struct reply *)cap_object(cap) : NULL;
    if (error == ERR_OK && (answered == NULL || answered != reply || reply->caller == NULL)) {
        error = check_free(call, reply);
    }
    if (error != ERR_OK) {
        return error;
    }
    call->progress = ipc_refuse_unservable(endpoint, call->tcb, reply, answered);
    if (call->progress == PREEMPTED) {
        return ERR_OK;
    }
    arch_set_reply_status(&call->tcb->registers, send_to(call, cap, false, false));
    return ipc_receive(call->tcb, endpoint, reply, true);
}

/* --- notifications --- */

static err_t decode_notification(struct syscall *call, uint64_t rights, struct cap *out) REQUIRES(kernel_lock)
{
    return lookup_typed(call, arch_syscall_cap(&call->tcb->registers), ARGUMENT_CAP, CAP_TYPE_NOTIFICATION, rights, out);
}

static err_t syscall_signal(struct syscall *call) REQUIRES(kernel_lock)
{
    struct cap cap;
    err_t error = decode_notification(call, SEL_RIGHT_WRITE, &cap);
    if (error == ERR_OK) {
        notification_signal((struct notification *)cap_object(cap), cap_badge(cap));
    }
    return error;
}

static void wait_block(struct tcb *tcb, struct notification *notification) REQUIRES(kernel_lock)
{
    reply_settle_context(tcb, true);
    sched_block(tcb);
    tcb->state = THREAD_WAIT;
    notification_enqueue(notification, tcb);
}

/** BUSY: the Notification is bound to another thread's Recv. */
static err_t syscall_wait(struct syscall *call) REQUIRES(kernel_lock)
{
    struct tcb *tcb = call->tcb;
    struct cap cap;
    err_t error = decode_notification(call, SEL_RIGHT_READ, &cap);
    if (error != ERR_OK) {
        return error;
    }
    struct notification *notification = (struct notification *)cap_object(cap);
    if (notification->bound != NULL && notification->bound != tcb) {
        return refuse(&call->info, ERR_BUSY, ARGUMENT_CAP, 0, 0);
    }
    if (notification_can_take(notification, tcb, true)) {
        arch_set_badge(&tcb->registers, notification_take(notification, tcb));
    } else {
        wait_block(tcb, notification);
    }
    return ERR_OK;
}

static err_t syscall_poll(struct syscall *call) REQUIRES(kernel_lock)
{
    struct cap cap;
    err_t error = decode_notification(call, SEL_RIGHT_READ, &cap);
    if (error != ERR_OK) {
        return error;
    }
    struct notification *notification = (struct notification *)cap_object(cap);
    if (!notification_can_take(notification, call->tcb, false)) {
        return ERR_WOULD_BLOCK;
    }
    arch_set_badge(&call->tcb->registers, notification_take(notification, call->tcb));
    return ERR_OK;
}

static err_t syscall_yield(struct syscall *call) REQUIRES(kernel_lock)
{
    sched_yield_thread(call->tcb);
    return ERR_OK;
}

/* --- the doors --- */

typedef err_t syscall_function(struct syscall *call);

static syscall_function *const syscalls[] = {
    [SYSCALL_CALL] = syscall_call,
    [SYSCALL_REPLY_RECV] = syscall_reply_recv,
    [SYSCALL_SEND] = syscall_send,
    [SYSCALL_NB_SEND] = syscall_nb_send,
    [SYSCALL_RECV] = syscall_recv,
    [SYSCALL_NB_RECV] = syscall_nb_recv,
    [SYSCALL_SIGNAL] = syscall_signal,
    [SYSCALL_WAIT] = syscall_wait,
    [SYSCALL_POLL] = syscall_poll,
    [SYSCALL_NB_SEND_RECV] = syscall_nb_send_recv,
    [SYSCALL_YIELD] = syscall_yield,
};

#define SYSCALL_TABLE_SIZE (sizeof(syscalls) / sizeof(syscalls[0]))

/** With pc back on its instruction the handler's RESUME retries it and SKIP steps over it. */
static void syscall_unknown(struct tcb *tcb, uint64_t number) REQUIRES(kernel_lock)
{
    arch_restart_syscall(&tcb->registers);
    struct fault fault = {
        .label = FAULT_SYSTEM_CALL,
        .length = FAULT_SYSTEM_CALL_LENGTH,
        .word = {arch_context_pc(&tcb->registers), number, arch_syscall_cap(&tcb->registers), arch_syscall_tag(&tcb->registers)},
    };
    fault_raise(tcb, &fault);
}

/** Status and details of a refusal (errors.yaml). */
static void syscall_refused(struct tcb *tcb, err_t error, const struct err_info *info) REQUIRES(kernel_lock)
{
    uint64_t detail[] = {info->argument, info->given, info->bound};
    uint64_t length = sizeof(detail) / sizeof(detail[0]);
    transfer_words(tcb, detail, length);
    arch_set_tag(&tcb->registers, tag_make(0, length, 0));
    arch_set_badge(&tcb->registers, 0);
    arch_set_status(&tcb->registers, error);
}

/** Not here if the thread has deleted itself. A blocked thread's status is set again when it wakes. */
static void syscall_finish(struct syscall *call, err_t error) REQUIRES(kernel_lock)
{
    struct tcb *tcb = call->tcb;
    if (error != ERR_OK) {
        syscall_refused(tcb, error, &call->info);
    } else {
        arch_set_status(&tcb->registers, ERR_OK);
    }
    arch_scrub_result(&tcb->registers);
}

void kernel_syscall(void)
{
    struct tcb *tcb = percpu()->current;
    struct syscall call = {.tcb = tcb, .progress = DONE};
    uint64_t number = arch_syscall_number(&tcb->registers);

    trace(TRACE_SYSCALL, number, arch_syscall_cap(&tcb->registers));
    if (number >= SYSCALL_TABLE_SIZE || syscalls[number] == NULL) {
        syscall_unknown(tcb, number);
        return;
    }
    err_t error = syscalls[number](&call);
    if (percpu()->current != tcb) {
        return;
    }
    if (call.progress == PREEMPTED) {
        arch_restart_syscall(&tcb->registers);
        kernel_irq();
        return;
    }
    syscall_finish(&call, error);
}

void kernel_irq(void)
{
    for (unsigned int i = 0; i < IRQ_BATCH; i++) {
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
}

void kernel_fault(const struct fault *fault)
{
    trace(fault->label == FAULT_VM_EXIT ? TRACE_VM_EXIT : TRACE_FAULT, fault->label, fault->word[0]);
    fault_raise(percpu()->current, fault);
}
