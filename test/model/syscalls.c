/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * System calls: what x0..x3 mean, what is checked in which order, what comes back. One function each, named by the ABI.
 */
#include "test/model/parts.h"

/* Which register a refusal's `argument` means. */
#define ARGUMENT_CAP    0
#define ARGUMENT_REPLY  2
#define ARGUMENT_SECOND 3

static uint64_t reg(const struct model_call *call, uint32_t index)
{
    return model.thread[call->thread].reg[index];
}

/* --- checks --- */

static uint64_t check_present(struct model_call *call, uint64_t cptr, uint64_t argument)
{
    if (model_lookup(call->thread, cptr).holder != MODEL_IN_NOTHING) {
        return SEL_ERROR_OK;
    }
    return model_refuse(call, SEL_ERROR_INVALID_CAP, argument, cptr, model_slot_count(model_cspace(call->thread)));
}

static uint64_t check_held(struct model_call *call, const struct model_cap *cap, uint64_t argument, uint64_t needed)
{
    bool is_held = (cap->rights & needed) == needed;
    return is_held ? SEL_ERROR_OK : model_refuse(call, SEL_ERROR_RIGHTS, argument, cap->rights, needed);
}

static const struct model_cap *cap_of(const struct model_call *call, uint64_t cptr)
{
    return model_cap_at(model_lookup(call->thread, cptr));
}

static uint64_t check_typed(struct model_call *call, uint64_t cptr, uint64_t argument, uint64_t type, uint64_t rights)
{
    uint64_t error = check_present(call, cptr, argument);
    if (error != SEL_ERROR_OK) {
        return error;
    }
    const struct model_cap *cap = cap_of(call, cptr);
    if (cap->type != type) {
        return model_refuse(call, SEL_ERROR_WRONG_TYPE, argument, cap->type, type);
    }
    return check_held(call, cap, argument, rights);
}

/** The message that the registers describe can be sent at all, and its capabilities through `cap`. */
static uint64_t check_message(struct model_call *call, const struct model_cap *cap)
{
    uint64_t length = tag_length(reg(call, 1));
    uint64_t caps = tag_caps(reg(call, 1));
    bool has_buffer = model.thread[call->thread].buffer != 0;
    if (length > MESSAGE_WORDS_MAX) {
        return model_refuse(call, SEL_ERROR_MESSAGE_TOO_LONG, ARGUMENT_CAP, length, MESSAGE_WORDS_MAX);
    }
    if (caps > MESSAGE_CAPS_MAX) {
        return model_refuse(call, SEL_ERROR_MESSAGE_TOO_LONG, ARGUMENT_CAP, caps, MESSAGE_CAPS_MAX);
    }
    if (caps != 0 && !has_buffer) {
        return model_refuse(call, SEL_ERROR_NO_BUFFER, ARGUMENT_CAP, caps, 0);
    }
    if (length > MESSAGE_REGISTER_WORDS && !has_buffer) {
        return model_refuse(call, SEL_ERROR_NO_BUFFER, ARGUMENT_CAP, length, MESSAGE_REGISTER_WORDS);
    }
    bool is_sent = cap->type == CAP_TYPE_ENDPOINT || cap->type == CAP_TYPE_REPLY; /* an invocation sends none */
    return caps == 0 || !is_sent ? SEL_ERROR_OK : check_held(call, cap, ARGUMENT_CAP, SEL_RIGHT_GRANT);
}

/** What one can send through: an Endpoint with WRITE, or a Reply. */
static uint64_t check_send(struct model_call *call)
{
    uint64_t error = check_present(call, reg(call, 0), ARGUMENT_CAP);
    if (error != SEL_ERROR_OK) {
        return error;
    }
    const struct model_cap *cap = cap_of(call, reg(call, 0));
    if (cap->type != CAP_TYPE_ENDPOINT && cap->type != CAP_TYPE_REPLY) {
        return model_refuse(call, SEL_ERROR_WRONG_TYPE, ARGUMENT_CAP, cap->type, CAP_TYPE_ENDPOINT);
    }
    error = cap->type == CAP_TYPE_ENDPOINT ? check_held(call, cap, ARGUMENT_CAP, SEL_RIGHT_WRITE) : SEL_ERROR_OK;
    return error ? error : check_message(call, cap);
}

/** H7: the Reply offered holds nobody and nobody else offers it, once `answered` has been answered. */
static uint64_t check_receive(struct model_call *call, uint64_t cptr, uint64_t argument, uint32_t answered)
{
    uint64_t error = check_typed(call, cptr, argument, CAP_TYPE_ENDPOINT, SEL_RIGHT_READ);
    if (error != SEL_ERROR_OK || reg(call, 2) == 0) {
        return error;
    }
    error = check_typed(call, reg(call, 2), ARGUMENT_REPLY, CAP_TYPE_REPLY, 0);
    if (error != SEL_ERROR_OK) {
        return error;
    }
    uint32_t reply = cap_of(call, reg(call, 2))->object;
    bool is_emptied = reply == answered && model.reply[reply].caller != 0;
    if (model.reply[reply].server != 0 && !is_emptied) {
        return model_refuse(call, SEL_ERROR_BUSY, ARGUMENT_REPLY, 0, 0);
    }
    return SEL_ERROR_OK;
}

/* --- sending --- */

static uint64_t send_through(struct model_call *call, const struct model_cap *cap, bool is_call, bool is_blocking)
{
    bool can_grant = (cap->rights & SEL_RIGHT_GRANT) != 0;
    if (cap->type == CAP_TYPE_REPLY) {
        return model_ipc_answer(call->thread, cap->object, can_grant);
    }
    struct model_send send = {
        .endpoint = cap->object,
        .badge = cap->badge,
        .is_call = is_call,
        .is_blocking = is_blocking,
        .can_grant = can_grant,
    };
    return model_ipc_send(call->thread, &send);
}

static uint64_t model_call(struct model_call *call)
{
    uint64_t error = check_present(call, reg(call, 0), ARGUMENT_CAP);
    if (error != SEL_ERROR_OK) {
        return error;
    }
    const struct model_cap *cap = cap_of(call, reg(call, 0));
    if (cap->type == CAP_TYPE_NOTIFICATION || cap->type == CAP_TYPE_REPLY) {
        return model_refuse(call, SEL_ERROR_WRONG_TYPE, ARGUMENT_CAP, cap->type, CAP_TYPE_ENDPOINT);
    }
    bool is_endpoint = cap->type == CAP_TYPE_ENDPOINT;
    error = is_endpoint ? check_held(call, cap, ARGUMENT_CAP, SEL_RIGHT_WRITE) : SEL_ERROR_OK;
    error = error ? error : check_message(call, cap);
    if (error != SEL_ERROR_OK) {
        return error;
    }
    return is_endpoint ? send_through(call, cap, true, true)
                       : model_invoke(call, model_lookup(call->thread, reg(call, 0)));
}

static uint64_t model_send(struct model_call *call)
{
    uint64_t error = check_send(call);
    return error ? error : send_through(call, cap_of(call, reg(call, 0)), false, true);
}

static uint64_t model_nb_send(struct model_call *call)
{
    uint64_t error = check_send(call);
    return error ? error : send_through(call, cap_of(call, reg(call, 0)), false, false);
}

/* --- receiving --- */

static uint32_t offered(const struct model_call *call)
{
    return reg(call, 2) == 0 ? 0 : cap_of(call, reg(call, 2))->object;
}

static uint64_t receive(struct model_call *call, bool is_blocking)
{
    uint64_t error = check_receive(call, reg(call, 0), ARGUMENT_CAP, 0);
    if (error != SEL_ERROR_OK) {
        return error;
    }
    uint32_t endpoint = cap_of(call, reg(call, 0))->object;
    uint32_t reply = offered(call);
    error = model_ipc_refuse(endpoint, call->thread, reply, 0);
    return error ? error : model_ipc_receive(call->thread, endpoint, reply, is_blocking);
}

static uint64_t model_recv(struct model_call *call)
{
    return receive(call, true);
}

static uint64_t model_nb_recv(struct model_call *call)
{
    return receive(call, false);
}

/** Send or answer through `cap`, never waiting for that; then receive. What the first half came to is told apart (H4). */
static uint64_t send_and_receive(struct model_call *call, struct model_cap cap, uint64_t cptr, uint64_t argument)
{
    uint32_t answered = cap.type == CAP_TYPE_REPLY ? cap.object : 0;
    uint64_t error = check_receive(call, cptr, argument, answered);
    if (error != SEL_ERROR_OK) {
        return error;
    }
    uint32_t endpoint = cap_of(call, cptr)->object;
    uint32_t reply = offered(call);
    if (model_ipc_refuse(endpoint, call->thread, reply, answered) == MODEL_PREEMPTED) {
        return MODEL_PREEMPTED;
    }
    model.thread[call->thread].reg[3] = send_through(call, &cap, false, false);
    return model_ipc_receive(call->thread, endpoint, reply, true);
}

static uint64_t model_reply_recv(struct model_call *call)
{
    uint64_t error = check_typed(call, reg(call, 2), ARGUMENT_REPLY, CAP_TYPE_REPLY, 0);
    error = error ? error : check_message(call, cap_of(call, reg(call, 2)));
    return error ? error : send_and_receive(call, *cap_of(call, reg(call, 2)), reg(call, 0), ARGUMENT_CAP);
}

static uint64_t model_nb_send_recv(struct model_call *call)
{
    uint64_t error = check_send(call);
    return error ? error : send_and_receive(call, *cap_of(call, reg(call, 0)), reg(call, 3), ARGUMENT_SECOND);
}

/* --- notifications --- */

static uint64_t model_signal(struct model_call *call)
{
    uint64_t error = check_typed(call, reg(call, 0), ARGUMENT_CAP, CAP_TYPE_NOTIFICATION, SEL_RIGHT_WRITE);
    if (error == SEL_ERROR_OK) {
        model_notify(cap_of(call, reg(call, 0))->object, cap_of(call, reg(call, 0))->badge);
    }
    return error;
}

/** Wait acknowledges an interrupt first, whose IRQHandler it is given. */
static uint64_t check_handler(struct model_call *call)
{
    uint64_t cptr = reg(call, 2);
    uint64_t error = cptr == 0 ? SEL_ERROR_OK : check_typed(call, cptr, ARGUMENT_REPLY, CAP_TYPE_IRQ_HANDLER, 0);
    if (error == SEL_ERROR_OK && cptr != 0 && model.irq[cap_of(call, cptr)->badge].notification == 0) {
        return model_refuse(call, SEL_ERROR_NOT_BOUND, ARGUMENT_REPLY, 0, 0);
    }
    return error;
}

static uint64_t model_wait(struct model_call *call)
{
    uint64_t error = check_typed(call, reg(call, 0), ARGUMENT_CAP, CAP_TYPE_NOTIFICATION, SEL_RIGHT_READ);
    if (error != SEL_ERROR_OK) {
        return error;
    }
    uint32_t notification = cap_of(call, reg(call, 0))->object;
    uint32_t bound = model.notification[notification].bound;
    if (bound != 0 && bound != call->thread) {
        return model_refuse(call, SEL_ERROR_BUSY, ARGUMENT_CAP, 0, 0);
    }
    error = check_handler(call);
    if (error != SEL_ERROR_OK) {
        return error;
    }
    if (reg(call, 2) != 0) {
        model_irq_acknowledge(cap_of(call, reg(call, 2))->badge);
    }
    if (model_can_take(notification, call->thread, true)) {
        model.thread[call->thread].reg[2] = model_take_bits(notification, call->thread);
    } else {
        model_wait_for(notification, call->thread);
    }
    return SEL_ERROR_OK;
}

static uint64_t model_poll(struct model_call *call)
{
    uint64_t error = check_typed(call, reg(call, 0), ARGUMENT_CAP, CAP_TYPE_NOTIFICATION, SEL_RIGHT_READ);
    if (error != SEL_ERROR_OK) {
        return error;
    }
    uint32_t notification = cap_of(call, reg(call, 0))->object;
    if (!model_can_take(notification, call->thread, false)) {
        return SEL_ERROR_WOULD_BLOCK;
    }
    model.thread[call->thread].reg[2] = model_take_bits(notification, call->thread);
    return SEL_ERROR_OK;
}

static uint64_t model_yield(struct model_call *call)
{
    model_give_up_time(call->thread);
    return SEL_ERROR_OK;
}

/* --- the door --- */

static model_method *const SYSCALLS[] = {
    [SYSCALL_CALL] = model_call,     [SYSCALL_REPLY_RECV] = model_reply_recv,
    [SYSCALL_SEND] = model_send,     [SYSCALL_NB_SEND] = model_nb_send,
    [SYSCALL_RECV] = model_recv,     [SYSCALL_NB_RECV] = model_nb_recv,
    [SYSCALL_SIGNAL] = model_signal, [SYSCALL_WAIT] = model_wait,
    [SYSCALL_POLL] = model_poll,     [SYSCALL_NB_SEND_RECV] = model_nb_send_recv,
    [SYSCALL_YIELD] = model_yield,
};

#define SYSCALL_COUNT (sizeof(SYSCALLS) / sizeof(SYSCALLS[0]))

/** Status, a refusal's details, and zero in the registers that nothing is said of. */
static void finish(struct model_call *call, uint64_t status)
{
    if (status != SEL_ERROR_OK) {
        uint64_t detail[] = {call->argument, call->given, call->bound};
        model_transfer_kernel(call->thread, detail, 3);
    }
    model_set_status(call->thread, status);
}

void model_syscall(void)
{
    struct model_call call = {.thread = model.current};
    struct model_thread *self = &model.thread[call.thread];
    uint64_t number = self->reg[MODEL_REG_NUMBER];
    if (number >= SYSCALL_COUNT || SYSCALLS[number] == 0) { /* its pc stays on the instruction */
        uint64_t word[] = {self->reg[MODEL_REG_PC], number, self->reg[0], self->reg[1]};
        model_fault_raise(call.thread, FAULT_SYSTEM_CALL, word, FAULT_SYSTEM_CALL_LENGTH);
        return;
    }
    if (number != SYSCALL_NB_SEND_RECV) {
        self->reg[3] = 0; /* not an argument of theirs */
    }
    uint64_t status = SYSCALLS[number](&call);
    if (model.current == 0) {
        return; /* it has deleted itself */
    }
    self->repeats = status == MODEL_PREEMPTED;
    if (self->repeats) {
        model_interrupt();
        return;
    }
    self->reg[MODEL_REG_PC] += MODEL_INSTRUCTION;
    finish(&call, status);
}

void model_fault(uint64_t label, const uint64_t *word, uint64_t length)
{
    model_fault_raise(model.current, label, word, length);
}
