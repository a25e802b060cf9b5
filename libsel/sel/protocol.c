/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Bytes in messages, answers that are errors, and the server's loop: what is the same for every protocol.
 * Invariant: no word beyond MESSAGE_WORDS_MAX is touched, and none of the IPC buffer where there is no buffer.
 */
#include "sel/protocol.h"

#include <string.h>

#include "gen/sel/invocations.h"
#include "sel/spec.h"

#define WORD_BYTES sizeof(uint64_t)

size_t sel_text_size(const char *text, size_t bound)
{
    size_t size = 0;

    while (size <= bound && text[size] != '\0') {
        size++;
    }
    return size;
}

/** The bytes of a message from word `word` on that lie together, and how many they are: the rest of the registers, or of the buffer. */
static uint8_t *bytes_at(struct sel_message *message, uint64_t word, size_t *room)
{
    if (word < MESSAGE_REGISTER_WORDS) {
        *room = (MESSAGE_REGISTER_WORDS - word) * WORD_BYTES;
        return (uint8_t *)&message->words[word];
    }
    if (sel_ipc_buffer == NULL || word >= MESSAGE_WORDS_MAX) {
        *room = 0;
        return NULL;
    }
    *room = (MESSAGE_WORDS_MAX - word) * WORD_BYTES;
    return (uint8_t *)&sel_ipc_buffer->message[word];
}

void sel_message_write(struct sel_message *message, uint64_t word, const void *bytes, size_t size)
{
    const uint8_t *from = bytes;

    while (size > 0) {
        size_t room;
        uint8_t *to = bytes_at(message, word, &room);
        if (room == 0) {
            return;
        }
        const size_t count = size < room ? size : room;
        memcpy(to, from, count);
        memset(to + count, 0, SEL_WORDS_OF(count) * WORD_BYTES - count);
        word += SEL_WORDS_OF(count);
        from += count;
        size -= count;
    }
}

void sel_message_read(const struct sel_message *message, uint64_t word, void *bytes, size_t size)
{
    uint8_t *to = bytes;

    while (size > 0) {
        size_t room;
        const uint8_t *from = bytes_at((struct sel_message *)message, word, &room);
        if (room == 0) {
            memset(to, 0, size);
            return;
        }
        const size_t count = size < room ? size : room;
        memcpy(to, from, count);
        word += SEL_WORDS_OF(count);
        to += count;
        size -= count;
    }
}

sel_err_t sel_answer_error(uint64_t tag, uint32_t error_count)
{
    const uint64_t label = tag_label(tag);
    const bool is_of_calls = label >= SEL_CALL_ERROR_FIRST && label < SEL_CALL_ERROR_END;
    const bool is_own = label >= SEL_PROTOCOL_ERROR_FIRST && label - SEL_PROTOCOL_ERROR_FIRST < error_count;

    return (is_of_calls || is_own) && tag == tag_make(label, 0, 0) ? (sel_err_t)label : SEL_CALL_BAD_ANSWER;
}

void sel_serving_receive_at(sel_cap_t index)
{
    (void)sel_receive_caps_at(index);
}

void sel_serving_drop_caps(const struct sel_service *service, uint64_t count)
{
    for (uint64_t i = 0; i < count; i++) {
        (void)sel_cnode_delete(service->cnode_cap, service->receive_index + i);
    }
}

bool sel_serving_event(const struct sel_serving *serving, uint64_t bits)
{
    if (serving->on_events != NULL) {
        serving->on_events(bits);
    }
    return false;
}

sel_err_t sel_serve(struct sel_serving *serving, sel_handler dispatch, uint64_t ready_tag)
{
    const struct sel_service *service = serving->service;

    if (service->receive_index != 0) {
        sel_serving_receive_at(service->receive_index);
    }
    if (sel_spec.is_passive) {
        return sel_passive_server_loop(sel_spec.supervisor_cap, ready_tag, service->cap, sel_spec.reply_cap, dispatch,
                                       serving);
    }
    return sel_server_loop(service->cap, sel_spec.reply_cap, dispatch, serving);
}
