/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Messages: the eight words in registers, the rest in the IPC buffer.
 * Not here: the system calls themselves (gen/sel/syscalls.h), loops around them (sel/server.h).
 */
#pragma once

#include <stdbool.h>
#include <stdint.h>

#include <gen/abi.h>
#include <gen/sel/syscalls.h>

/** The calling thread's IPC buffer, or NULL. Set before main. */
extern _Thread_local struct sel_ipc_buffer *sel_ipc_buffer;

/** A message as it was received, or is to be sent; words 8.. are in the IPC buffer. */
struct sel_message {
    uint64_t tag;
    uint64_t badge;
    uint64_t words[MESSAGE_REGISTER_WORDS];
};

/** Word `index` (0..119) of a message just received; 0 beyond the registers when the thread has no IPC buffer. */
uint64_t sel_message_word(const struct sel_message *message, uint64_t index);

/** Set word `index` of a message about to be sent; false if that needs an IPC buffer and there is none, or beyond the bound. */
bool sel_message_set_word(struct sel_message *message, uint64_t index, uint64_t value);

/**
 * Let the capability in slot `cap` travel with `message` (at most MESSAGE_CAPS_MAX; the endpoint capability used needs GRANT).
 * False without an IPC buffer or beyond the bound.
 */
bool sel_message_add_cap(struct sel_message *message, sel_cap_t cap);

/** Accept capabilities from now on into the empty slots `index`.. of the own CNode, one after the other; 0 = none. False without an IPC buffer. */
bool sel_receive_caps_at(sel_cap_t index);

/** Call `cap` with `message`; the answer replaces it. */
static inline sel_err_t sel_call_message(sel_cap_t cap, struct sel_message *message)
{
    return sel_call(cap, &message->tag, message->words);
}

/** Receive into `message`, offering `reply` (0 = none). */
static inline sel_err_t sel_recv_message(sel_cap_t cap, sel_cap_t reply, struct sel_message *message)
{
    return sel_recv(cap, &message->tag, reply, message->words, &message->badge);
}
