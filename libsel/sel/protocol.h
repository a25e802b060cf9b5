/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * What the generated code of protocols (gen/protocol/NAME.h, NAME_server.h) and a component that uses it share: errors of a
 * call, clients by their names in the spec, and bytes in messages. The wire format is docs/adr/0025.
 * A component names its channels and services by the macros below, at file scope; that the spec gives another protocol there is an
 * error of the linker ("undefined symbol: sel_channel_NAME.protocol_PROTOCOL").
 */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include <gen/abi.h>
#include <sel/ipc.h>
#include <sel/server.h>
#include <sel/spec.h>

/* The service that the spec's `uses: {NAME: ...}` means. SEL_USES_CHANNEL(NAME, PROTOCOL) declares `sel_channel_NAME`, for the calls of
 * gen/protocol/PROTOCOL.h. */
#define SEL_USES_CHANNEL(name, protocol)                                                                               \
    extern const struct protocol##_channel sel_channel_##name __asm__("sel_channel_" #name ".protocol_" #protocol)

/* The service of the spec's `serves: {NAME: ...}`. SEL_SERVES(NAME, PROTOCOL) declares `sel_service_NAME`, for PROTOCOL_serve(). */
#define SEL_SERVES(name, protocol)                                                                                     \
    extern const struct protocol##_service sel_service_##name __asm__("sel_service_" #name ".protocol_" #protocol)

/* How a call can end besides the kernel's SEL_ERROR_x, and the protocol's own PROTOCOL_ERROR_x from SEL_PROTOCOL_ERROR_FIRST on. */
#define SEL_CALL_UNKNOWN_METHOD 256u /* the server's protocol has no such method */
#define SEL_CALL_BAD_LENGTH     257u /* a text or buffer is too long, or the message is not as long as the method's */
#define SEL_CALL_BAD_VALUE      258u /* a value is outside its type */
#define SEL_CALL_BAD_CAPS       259u /* not as many capabilities arrived as the method takes */
#define SEL_CALL_NOT_ALLOWED    260u /* the spec gives this client no role that may call the method */
#define SEL_CALL_FAILED         261u /* the server's handler broke its own contract */
#define SEL_CALL_BAD_ANSWER     262u /* the answer is none of this method; told by the client's side */
#define SEL_CALL_ERROR_FIRST    SEL_CALL_UNKNOWN_METHOD
#define SEL_CALL_ERROR_END      263u

#define SEL_PROTOCOL_ERROR_FIRST 4096u

/** Words that `size` bytes take in a message. */
#define SEL_WORDS_OF(size) (((uint64_t)(size) + 7) / 8)

/** What a served process hears of besides calls: the bits of its Notification. */
typedef void (*sel_event_handler)(uint64_t bits);

/** The context of a generated dispatch function. */
struct sel_serving {
    const struct sel_service *service;
    sel_event_handler on_events; /* NULL: nobody wants them */
};

/** The length of `text`, or bound + 1 if it is longer than `bound`. */
size_t sel_text_size(const char *text, size_t bound);

/** Copy `size` bytes into the words from `word` on; the rest of the last word is zero. Words beyond the message's bound are left out. */
void sel_message_write(struct sel_message *message, uint64_t word, const void *bytes, size_t size);

/** Copy `size` bytes out of the words from `word` on; words that a message cannot have read as zero. */
void sel_message_read(const struct sel_message *message, uint64_t word, void *bytes, size_t size);

/**
 * What an answer that is not the method's own says: the error of its label, if it is one of a call or one of the protocol's
 * `error_count` own, else SEL_CALL_BAD_ANSWER.
 */
sel_err_t sel_answer_error(uint64_t tag, uint32_t error_count);

/** Take capabilities only while the server receives: 0 while a handler runs, which may call others. */
void sel_serving_receive_at(sel_cap_t index);

/** Empty the service's slots for received capabilities, where a handler has left any. */
void sel_serving_drop_caps(const struct sel_service *service, uint64_t count);

/** Hand bits of the Notification over; false, as the dispatch function says that there is nothing to answer. */
bool sel_serving_event(const struct sel_serving *serving, uint64_t bits);

/**
 * Serve for ever by a generated dispatch function; as a passive server if the spec says so, and then the supervisor is told by
 * `ready_tag`. Returns only when receiving fails, with that status (PEER_DIED: the endpoint is gone).
 */
sel_err_t sel_serve(struct sel_serving *serving, sel_handler dispatch, uint64_t ready_tag);
