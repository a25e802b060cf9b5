/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Faults: a Call to the thread's handler in the kernel's words, completed by the verbs of the answer. Nobody who can take it: the thread
 * stops, and only that (H8); one whose budget is over just waits for the next.
 */
#include "test/model/parts.h"

static void record(uint32_t thread, uint64_t label, const uint64_t *word, uint64_t length)
{
    model.thread[thread].fault_label = (uint32_t)label;
    model.thread[thread].fault_length = (uint32_t)length;
    for (uint64_t i = 0; i < MESSAGE_REGISTER_WORDS; i++) {
        model.thread[thread].fault_word[i] = i < length ? word[i] : 0;
    }
}

static void undeliverable(uint32_t thread)
{
    struct model_thread *self = &model.thread[thread];
    if (self->fault_label == FAULT_TIMEOUT) {
        self->fault_label = 0;
        model_make_ready(thread);
        return;
    }
    bool is_delivered = self->state == MODEL_REPLY; /* and not kept */
    model_block(thread);
    self->state = MODEL_INACTIVE;
    model.machine.stopped_count++;
    model.machine.stopped_thread = self->address;
    model.machine.stopped_fault = self->fault_label;
    for (unsigned int i = 0; i < 3; i++) {
        model.machine.stopped_word[i] = is_delivered ? 0 : (uint32_t)self->fault_word[i];
    }
}

static bool call_handler(uint32_t thread, enum model_thread_place handler)
{
    const struct model_cap *cap = model_cap_at(model_thread_place(thread, handler));
    if (cap == 0 || cap->type != CAP_TYPE_ENDPOINT) {
        return false;
    }
    struct model_send send = {.endpoint = cap->object, .badge = cap->badge, .is_call = true, .is_blocking = true};
    return model_ipc_send(thread, &send) == SEL_ERROR_OK;
}

void model_fault_raise(uint32_t thread, uint64_t label, const uint64_t *word, uint64_t length)
{
    record(thread, label, word, length);
    if (!call_handler(thread, MODEL_FAULT_HANDLER)) {
        undeliverable(thread);
    }
}

bool model_fault_timeout(uint32_t thread, uint64_t badge, uint64_t consumed_ns)
{
    uint64_t word[FAULT_TIMEOUT_LENGTH] = {MODEL_BUG == 8 ? 0 : badge, consumed_ns,
                                           model.thread[thread].reg[MODEL_REG_PC]};
    record(thread, FAULT_TIMEOUT, word, FAULT_TIMEOUT_LENGTH);
    if (call_handler(thread, MODEL_TIMEOUT_HANDLER)) {
        return true;
    }
    model.thread[thread].fault_label = 0;
    return false;
}

/** The answer's verbs; no word at all: it stays stopped. */
enum model_state model_fault_complete(uint32_t thread, uint32_t server)
{
    struct model_thread *self = &model.thread[thread];
    uint64_t verbs = model_message_word(server, 0);
    uint64_t label = self->fault_label;
    self->fault_label = 0;
    if (tag_length(model.thread[server].reg[1]) == 0) {
        return MODEL_INACTIVE;
    }
    if (label == FAULT_VM_EXIT) {
        for (uint64_t i = 0; i < MESSAGE_REGISTER_WORDS; i++) {
            model.machine.exit_reply[i] = model_message_word(server, i);
        }
        return (enum model_state)model.machine.exit_state;
    }
    if ((verbs & FAULT_REPLY_SKIP) != 0) {
        self->reg[MODEL_REG_PC] += MODEL_INSTRUCTION;
        self->repeats = false;
    }
    return (verbs & FAULT_REPLY_RESUME) != 0 ? MODEL_READY : MODEL_INACTIVE;
}

void model_fault_wake(uint32_t thread, uint64_t status)
{
    if (model.thread[thread].fault_label != 0) {
        undeliverable(thread);
    } else {
        model_wake(thread, status);
    }
}
