/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Lengths of messages: every word of every length arrives, in both directions, and none beyond it.
 */
#include "test/system/lib/check.h"
#include "test/system/lib/world.h"
#include "tests.h"

#define LABEL 0x123456789abcull

static sel_cap_t endpoint;
static sel_cap_t reply;

static uint64_t pattern(uint64_t length, uint64_t index)
{
    return (length << 32 | index) * 0x9e3779b97f4a7c15ull + 1;
}

static void fill(struct sel_message *message, uint64_t length, uint64_t salt)
{
    message->tag = tag_make(LABEL, length, 0);
    for (uint64_t i = 0; i < length; i++) {
        (void)sel_message_set_word(message, i, pattern(length, i) ^ salt);
    }
}

static bool is_filled(const struct sel_message *message, uint64_t length, uint64_t salt)
{
    if (tag_length(message->tag) != length || tag_label(message->tag) != LABEL) {
        return false;
    }
    for (uint64_t i = 0; i < length; i++) {
        if (sel_message_word(message, i) != (pattern(length, i) ^ salt)) {
            return false;
        }
    }
    return true;
}

/** Answers each message with another of the same length; a message that arrived wrong is answered empty. */
static void serve(void *argument)
{
    struct sel_message message = {0};
    sel_err_t status = sel_recv_message(endpoint, reply, &message);

    (void)argument;
    while (status == SEL_ERROR_OK) {
        uint64_t length = tag_length(message.tag);
        bool is_right = is_filled(&message, length, 0);
        message.tag = 0;
        if (is_right) {
            fill(&message, length, ~0ull);
        }
        sel_err_t reply_status = SEL_ERROR_OK;
        status = sel_reply_recv(endpoint, &message.tag, reply, message.words, &message.badge, &reply_status);
    }
}

static void start_server(void)
{
    endpoint = world_make(OBJECT_TYPE_ENDPOINT, 0);
    reply = world_make(OBJECT_TYPE_REPLY, 0);
    world_start(world_thread(serve, NULL, WORLD_PRIORITY - 10));
}

void every_length_arrives_and_returns(void)
{
    start_server();
    for (uint64_t length = 0; length <= MESSAGE_WORDS_MAX; length++) {
        struct sel_message message = {0};
        fill(&message, length, 0);
        CHECK_EQUAL(sel_call_message(endpoint, &message), SEL_ERROR_OK);
        CHECK_EQUAL(tag_length(message.tag), length);
        CHECK(is_filled(&message, length, ~0ull));
    }
}

void words_beyond_the_length_do_not_arrive(void)
{
    start_server();
    sel_ipc_buffer->message[9] = 0x5ec3e7;
    struct sel_message message = {0};
    fill(&message, 9, 0);
    CHECK_EQUAL(sel_call_message(endpoint, &message), SEL_ERROR_OK);
    CHECK_EQUAL(sel_ipc_buffer->message[9], 0x5ec3e7); /* the answer of nine words left word 9 alone */
}

static volatile uint64_t received;

static void receive_once(void *argument)
{
    struct sel_message message = {0};

    (void)argument;
    if (sel_recv_message(endpoint, 0, &message) == SEL_ERROR_OK && is_filled(&message, 20, 0)) {
        received = 1;
    }
}

void send_delivers_without_reply(void)
{
    endpoint = world_make(OBJECT_TYPE_ENDPOINT, 0);
    received = 0;
    struct world_thread *thread = world_thread(receive_once, NULL, WORLD_PRIORITY - 10);
    world_start(thread);
    struct sel_message message = {0};
    fill(&message, 20, 0);
    CHECK_EQUAL(sel_send(endpoint, message.tag, message.words), SEL_ERROR_OK);
    world_join(thread);
    CHECK_EQUAL(received, 1);
}

void too_long_a_message_is_refused(void)
{
    struct sel_message message = {.tag = tag_make(1, 121, 0)};

    start_server();
    CHECK_EQUAL(sel_call_message(endpoint, &message), SEL_ERROR_MESSAGE_TOO_LONG);
    message.tag = tag_make(1, 127, 0);
    CHECK_EQUAL(sel_send(endpoint, message.tag, message.words), SEL_ERROR_MESSAGE_TOO_LONG);
}

static volatile sel_err_t status_without_buffer;

static void call_long(void *argument)
{
    uint64_t words[MESSAGE_REGISTER_WORDS] = {0};
    uint64_t tag = tag_make(LABEL, 9, 0);

    (void)argument;
    status_without_buffer = sel_call(endpoint, &tag, words);
}

void long_messages_need_a_buffer(void)
{
    start_server();
    struct world_thread *thread = world_thread(call_long, NULL, WORLD_PRIORITY - 20);
    CHECK_EQUAL(sel_tcb_configure(thread->tcb, sel_cap_cnode, sel_cap_vspace, 0, 0), SEL_ERROR_OK);
    world_start(thread);
    world_join(thread);
    CHECK_EQUAL(status_without_buffer, SEL_ERROR_NO_BUFFER);
}

static volatile uint64_t received_tag;

static void receive_tag(void *argument)
{
    struct sel_message message = {0};

    (void)argument;
    if (sel_recv_message(endpoint, 0, &message) == SEL_ERROR_OK) {
        received_tag = message.tag;
    }
}

void label_arrives_and_kernel_bits_cannot_be_forged(void)
{
    uint64_t words[MESSAGE_REGISTER_WORDS] = {0};

    endpoint = world_make(OBJECT_TYPE_ENDPOINT, 0);
    received_tag = 0;
    struct world_thread *thread = world_thread(receive_tag, NULL, WORLD_PRIORITY - 10);
    world_start(thread);
    uint64_t tag = tag_make(0xffffffffffffull, 2, 0) | TAG_KERNEL | TAG_NOTIFICATION;
    CHECK_EQUAL(sel_send(endpoint, tag, words), SEL_ERROR_OK);
    world_join(thread);
    CHECK_EQUAL(received_tag, tag_make(0xffffffffffffull, 2, 0));
}
