/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Words of long messages. Words 0..7 never are in the IPC buffer: the kernel passes them in registers only.
 */
#include "sel/ipc.h"

#include <stddef.h>

_Thread_local struct sel_ipc_buffer *sel_ipc_buffer;

uint64_t sel_message_word(const struct sel_message *message, uint64_t index)
{
    if (index < MESSAGE_REGISTER_WORDS) {
        return message->words[index];
    }
    if (sel_ipc_buffer == NULL || index >= MESSAGE_WORDS_MAX) {
        return 0;
    }
    return sel_ipc_buffer->message[index];
}

bool sel_message_set_word(struct sel_message *message, uint64_t index, uint64_t value)
{
    if (index < MESSAGE_REGISTER_WORDS) {
        message->words[index] = value;
        return true;
    }
    if (sel_ipc_buffer == NULL || index >= MESSAGE_WORDS_MAX) {
        return false;
    }
    sel_ipc_buffer->message[index] = value;
    return true;
}

bool sel_message_add_cap(struct sel_message *message, sel_cap_t cap)
{
    const uint64_t count = tag_caps(message->tag);
    if (sel_ipc_buffer == NULL || count >= MESSAGE_CAPS_MAX) {
        return false;
    }
    sel_ipc_buffer->caps[count] = cap;
    message->tag = tag_make(tag_label(message->tag), tag_length(message->tag), count + 1);
    return true;
}

bool sel_receive_caps_at(sel_cap_t index)
{
    if (sel_ipc_buffer == NULL) {
        return false;
    }
    sel_ipc_buffer->receive_index = index;
    return true;
}
