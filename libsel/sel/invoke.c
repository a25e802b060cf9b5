/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Invocations: messages whose label is a method number, and the record of a refusal.
 * A message this side cannot even build (no IPC buffer, too long) is refused here with the kernel's own error and details.
 */
#include "sel/invoke.h"

#include <stddef.h>
#include <string.h>

#include "sel/error.h"
#include "sel/ipc.h"

static sel_err_t refuse(uint32_t invocation, sel_err_t error, uint64_t argument, uint64_t given, uint64_t bound)
{
    sel_last_error =
        (struct sel_error_info){.invocation = invocation, .error = error, .detail = {argument, given, bound}};
    return error;
}

sel_err_t sel_invoke(sel_cap_t cap, uint32_t invocation, uint64_t *words, uint64_t count)
{
    uint64_t tag = tag_make(invocation & 0xff, count, 0);
    const sel_err_t error = sel_call(cap, &tag, words);
    return error == SEL_ERROR_OK ? error : refuse(invocation, error, words[0], words[1], words[2]);
}

/* Whether a message of `count` words can be built here at all. */
static sel_err_t check_length(uint32_t invocation, uint64_t count)
{
    if (count > MESSAGE_WORDS_MAX) {
        return refuse(invocation, SEL_ERROR_MESSAGE_TOO_LONG, 0, count, MESSAGE_WORDS_MAX);
    }
    if (count > MESSAGE_REGISTER_WORDS && sel_ipc_buffer == NULL) {
        return refuse(invocation, SEL_ERROR_NO_BUFFER, 0, count, MESSAGE_REGISTER_WORDS);
    }
    return SEL_ERROR_OK;
}

static void put_word(uint64_t *words, uint64_t index, uint64_t value)
{
    if (index < MESSAGE_REGISTER_WORDS) {
        words[index] = value;
    } else {
        sel_ipc_buffer->message[index] = value;
    }
}

sel_err_t sel_invoke_words(sel_cap_t cap, uint32_t invocation, uint64_t *words, uint64_t count, const uint64_t *tail,
                           uint64_t tail_count)
{
    const uint64_t total = tail_count > MESSAGE_WORDS_MAX ? tail_count : count + tail_count;
    const sel_err_t error = check_length(invocation, total);
    if (error != SEL_ERROR_OK) {
        return error;
    }
    for (uint64_t i = 0; i < tail_count; i++) {
        put_word(words, count + i, tail[i]);
    }
    return sel_invoke(cap, invocation, words, total);
}

sel_err_t sel_invoke_bytes(sel_cap_t cap, uint32_t invocation, uint64_t *words, uint64_t count, const void *tail,
                           uint64_t length)
{
    const uint64_t tail_count = length / 8 + (length % 8 != 0);
    const uint64_t total = tail_count > MESSAGE_WORDS_MAX ? tail_count : count + tail_count;
    const sel_err_t error = check_length(invocation, total);
    if (error != SEL_ERROR_OK) {
        return error;
    }
    for (uint64_t i = 0; i < tail_count; i++) {
        uint64_t word = 0;
        const uint64_t left = length - i * 8;
        memcpy(&word, (const char *)tail + i * 8, left < 8 ? left : 8);
        put_word(words, count + i, word);
    }
    return sel_invoke(cap, invocation, words, total);
}

sel_err_t sel_invoke_read(sel_cap_t cap, uint32_t invocation, uint64_t *words, uint64_t count, uint64_t *results,
                          uint64_t result_count)
{
    sel_err_t error = sel_invoke(cap, invocation, words, count);
    if (error != SEL_ERROR_OK) {
        return error;
    }
    error = check_length(invocation, result_count);
    for (uint64_t i = 0; error == SEL_ERROR_OK && i < result_count; i++) {
        results[i] = i < MESSAGE_REGISTER_WORDS ? words[i] : sel_ipc_buffer->message[i];
    }
    return error;
}
