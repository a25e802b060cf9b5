/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Both ends of a channel: see wire.h. Transfer follows kernel/ipc/transfer.c.
 */
#include "test/unit/protocol/wire.h"

#include <stdlib.h>
#include <string.h>

#include "sel/spec.h"

static const struct sel_client clients[WIRE_CLIENT_COUNT] = {
    /* add, many and ping are everybody's; digest is bit 1, put bit 2 */
    [WIRE_ADMIN] = {.name = "control", .local = "keys", .number = 0, .methods = 0x1f},
    [WIRE_USER] = {.name = "logger", .local = "sign", .number = 1, .methods = 0x1b},
    [WIRE_STRANGER] = {.name = "guest", .local = "sign", .number = 2, .methods = 0x19},
};
static const struct sel_service service = {
    .cap = 4,
    .client_count = WIRE_CLIENT_COUNT,
    .clients = clients,
    .receive_index = WIRE_RECEIVE_INDEX,
    .cnode_cap = WIRE_CNODE_CAP,
};
const struct sel_spec sel_spec = {.process_name = "wire"};
const struct sign_channel wire_channel = {{.cap = WIRE_CHANNEL_CAP}};
struct sel_serving wire_serving;

uint64_t wire_badge;
bool wire_client_has_buffer;
bool wire_server_has_buffer;
bool wire_is_forged;
struct sel_message wire_forged;
unsigned wire_handled;
const struct sel_client *wire_caller;
sel_err_t wire_outcome;
size_t wire_out_size;
bool wire_is_note_endless;
sel_cap_t wire_page;
uint64_t wire_receive_inside;
unsigned wire_deleted;
uint64_t wire_last_deleted;
uint64_t wire_events;

static struct sel_ipc_buffer *client_buffer;
static struct sel_ipc_buffer *server_buffer;

static void take_events(uint64_t bits)
{
    wire_events |= bits;
}

int wire_start(void **state)
{
    (void)state;
    client_buffer = calloc(1, sizeof(*client_buffer));
    server_buffer = calloc(1, sizeof(*server_buffer));
    assert_non_null(client_buffer);
    assert_non_null(server_buffer);
    wire_serving = (struct sel_serving){.service = &service, .on_events = take_events};
    wire_badge = WIRE_ADMIN + 1;
    wire_client_has_buffer = wire_server_has_buffer = true;
    wire_is_forged = wire_is_note_endless = false;
    wire_handled = wire_deleted = 0;
    wire_caller = NULL;
    wire_outcome = SEL_ERROR_OK;
    wire_out_size = 0;
    wire_page = wire_receive_inside = wire_last_deleted = wire_events = 0;
    server_buffer->receive_index = WIRE_RECEIVE_INDEX;
    sel_ipc_buffer = client_buffer;
    return 0;
}

int wire_stop(void **state)
{
    (void)state;
    free(client_buffer);
    free(server_buffer);
    sel_ipc_buffer = NULL;
    return 0;
}

uint64_t *wire_server_word(uint64_t index)
{
    return &server_buffer->message[index];
}

/** Words 8.. to the other side, where both have a buffer; the length that arrives. */
static uint64_t carry(const struct sel_ipc_buffer *from, struct sel_ipc_buffer *to, uint64_t tag, uint64_t caps)
{
    uint64_t length = tag_length(tag) < MESSAGE_WORDS_MAX ? tag_length(tag) : MESSAGE_WORDS_MAX;

    if (length > MESSAGE_REGISTER_WORDS && (!wire_client_has_buffer || !wire_server_has_buffer)) {
        length = MESSAGE_REGISTER_WORDS;
    }
    for (uint64_t i = MESSAGE_REGISTER_WORDS; i < length; i++) {
        to->message[i] = from->message[i];
    }
    return tag_make(tag_label(tag), length, caps);
}

void wire_deliver(struct sel_message *message)
{
    struct sel_ipc_buffer *const before = sel_ipc_buffer;

    sel_ipc_buffer = wire_server_has_buffer ? server_buffer : NULL;
    const bool has_answer = sign_dispatch(&wire_serving, message);
    assert_int_equal(has_answer, !tag_notification(message->tag));
    sel_ipc_buffer = before;
}

sel_err_t sel_call(sel_cap_t cap, uint64_t *tag, uint64_t *words)
{
    struct sel_message message = {.badge = wire_badge};

    assert_int_equal(cap, WIRE_CHANNEL_CAP);
    if (wire_is_forged) {
        message = wire_forged;
    } else {
        message.tag = carry(client_buffer, server_buffer, *tag, tag_caps(*tag));
        memcpy(message.words, words, sizeof(message.words));
        wire_deliver(&message);
        message.tag = carry(server_buffer, client_buffer, message.tag, 0);
    }
    *tag = message.tag;
    memcpy(words, message.words, sizeof(message.words));
    return SEL_ERROR_OK;
}

sel_err_t sel_cnode_delete(sel_cap_t cnode, uint64_t index)
{
    assert_int_equal(cnode, WIRE_CNODE_CAP);
    wire_deleted++;
    wire_last_deleted = index;
    return SEL_ERROR_OK;
}

/* What the loop asks of the kernel is test/unit/libsel's affair. */
sel_err_t sel_recv(sel_cap_t cap, uint64_t *tag, sel_cap_t reply, uint64_t *words, uint64_t *badge)
{
    (void)cap, (void)reply;
    *tag = *badge = words[0] = 0;
    return SEL_ERROR_PEER_DIED;
}

sel_err_t sel_reply_recv(sel_cap_t cap, uint64_t *tag, sel_cap_t reply, uint64_t *words, uint64_t *badge,
                         sel_err_t *reply_status)
{
    *reply_status = SEL_ERROR_OK;
    return sel_recv(cap, tag, reply, words, badge);
}

/* The system call has as many registers. NOLINTNEXTLINE(readability-function-size) */
sel_err_t sel_nb_send_recv(sel_cap_t cap, uint64_t *tag, sel_cap_t reply, sel_cap_t second, uint64_t *words,
                           uint64_t *badge, sel_err_t *reply_status)
{
    (void)second;
    return sel_reply_recv(cap, tag, reply, words, badge, reply_status);
}

sel_err_t sel_nb_send(sel_cap_t cap, uint64_t tag, const uint64_t *words)
{
    (void)cap, (void)tag, (void)words;
    return SEL_ERROR_OK;
}

sel_err_t sel_wait(sel_cap_t cap, sel_cap_t handler, uint64_t *badge)
{
    (void)handler;
    (void)cap;
    *badge = 0;
    return SEL_ERROR_PEER_DIED;
}

sel_err_t sel_poll(sel_cap_t cap, uint64_t *badge)
{
    return sel_wait(cap, 0, badge);
}

void sel_console_print(const char *string)
{
    (void)string;
}

static void enter(const struct sel_client *client)
{
    wire_handled++;
    wire_caller = client;
    wire_receive_inside = sel_ipc_buffer != NULL ? sel_ipc_buffer->receive_index : 0;
}

sel_err_t sign_handle_add(const struct sel_client *client, int32_t left, uint32_t right, bool is_negative, int64_t *sum)
{
    enter(client);
    *sum = ((int64_t)left + right) * (is_negative ? -1 : 1);
    return wire_outcome;
}

/* The method has as many. NOLINTNEXTLINE(readability-function-size) */
sel_err_t sign_handle_digest(const struct sel_client *client, uint8_t key, const uint8_t *data, size_t data_size,
                             const char *label, uint8_t digest[SIGN_DIGEST_DIGEST_SIZE],
                             char note[SIGN_DIGEST_NOTE_MAX + 1], bool *is_new)
{
    enter(client);
    assert_true(data_size <= SIGN_DIGEST_DATA_MAX);
    assert_true(strlen(label) <= SIGN_DIGEST_LABEL_MAX);
    memset(digest, key, SIGN_DIGEST_DIGEST_SIZE);
    for (size_t i = 0; i < data_size; i++) {
        digest[i % SIGN_DIGEST_DIGEST_SIZE] ^= data[i];
    }
    memset(note, wire_is_note_endless ? 'x' : 0, SIGN_DIGEST_NOTE_MAX + 1);
    if (!wire_is_note_endless) {
        memcpy(note, label, strlen(label));
        note[strlen(label)] = '!';
    }
    *is_new = data_size != 0;
    return wire_outcome;
}

sel_err_t sign_handle_put(const struct sel_client *client, sel_cap_t page, const uint8_t seed[SIGN_PUT_SEED_SIZE])
{
    enter(client);
    wire_page = page;
    return seed[0] == 0xff && seed[SIGN_PUT_SEED_SIZE - 1] == 0xff ? SIGN_ERROR_FULL : wire_outcome;
}

/* The method has as many. NOLINTNEXTLINE(readability-function-size) */
sel_err_t sign_handle_many(const struct sel_client *client, uint64_t a, uint64_t b, uint64_t c, uint64_t d, uint64_t e,
                           uint64_t f, uint64_t g, uint64_t h, uint16_t i, int8_t j, uint8_t out[SIGN_MANY_OUT_MAX],
                           size_t *out_size, int16_t *last)
{
    enter(client);
    const uint64_t sum = a + b + c + d + e + f + g + h + i;
    memset(out, (uint8_t)sum, wire_out_size < SIGN_MANY_OUT_MAX ? wire_out_size : SIGN_MANY_OUT_MAX);
    *out_size = wire_out_size;
    *last = (int16_t)(j * 3);
    return wire_outcome;
}

sel_err_t sign_handle_ping(const struct sel_client *client)
{
    enter(client);
    return wire_outcome;
}
