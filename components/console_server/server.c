/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Rings on one side, the encoded stream on the other: see server.h.
 * Invariant: text leaves a client's ring only when the encoder has room for all of it.
 */
#include "components/console_server/server.h"

#include <string.h>

#include "sel/format.h"

#define CHUNK_BYTES       64 /* of one client in its turn */
#define CHUNK_ENCODED_MAX ((size_t)CHUNK_BYTES * ENCODER_PER_BYTE)
#define NOTE_BYTES        96
#define NOTE_ENCODED_MAX  (NOTE_BYTES + 3 * ENCODER_PER_BYTE) /* it has two lines */

_Static_assert(CHUNK_ENCODED_MAX <= ENCODER_BYTES, "one client's turn fits into an empty encoder");

size_t console_server_size(uint32_t client_count)
{
    return client_count * sizeof(struct console_channel);
}

void console_server_start(struct console_server *server, const struct sel_console_server_spec *spec,
                          struct console_channel *channels)
{
    memset(server, 0, sizeof(*server));
    server->channels = channels;
    server->channel_count = spec->client_count;
    server->front_channel = spec->front_channel;
    decoder_start(&server->decoder, spec->front_channel);
    for (uint32_t i = 0; i < spec->client_count; i++) {
        const struct sel_console_client *client = &spec->clients[i];
        struct console_channel *channel = &channels[i];
        *channel = (struct console_channel){.client = client, .stream = {.channel = client->channel}};
        channel->output.peer = client->link.peer_cap;
        channel->input.peer = client->link.peer_cap;
        (void)sel_ring_open_writer(&channel->output.ring, (void *)client->link.output_base, client->link.output_size);
        (void)sel_ring_open_reader(&channel->input.ring, (void *)client->link.input_base, client->link.input_size);
    }
}

/** Say something about a channel on it, on a line of its own. Too rare to be worth waiting for room: without it nothing is said now. */
static bool put_note(struct console_server *server, struct encoder_stream *stream, uint64_t count, const char *words,
                     uint64_t time_us)
{
    char bytes[NOTE_BYTES];
    struct sel_text note = sel_text_start(bytes, sizeof(bytes));

    if (encoder_room(&server->encoder) < NOTE_ENCODED_MAX) {
        return false;
    }
    sel_text_string(&note, stream->is_inside_line ? "\n[console: " : "[console: ");
    if (count != 0) {
        sel_text_decimal(&note, count);
        sel_text_string(&note, " ");
    }
    sel_text_string(&note, words);
    sel_text_string(&note, "]\n");
    return encoder_put(&server->encoder, stream, bytes, note.length, time_us) == note.length;
}

static struct console_channel *find_channel(struct console_server *server, uint32_t number)
{
    for (uint32_t i = 0; i < server->channel_count; i++) {
        if (server->channels[i].client->channel == number) {
            return &server->channels[i];
        }
    }
    return NULL;
}

void console_server_receive(struct console_server *server, uint8_t byte)
{
    uint8_t text = 0;

    if (!decoder_take(&server->decoder, byte, &text)) {
        return;
    }
    struct console_channel *channel = find_channel(server, server->decoder.channel);
    if (channel == NULL) {
        server->stray_count++;
        return;
    }
    if (sel_queue_write(&channel->output, &text, 1) == 0) {
        channel->lost_count++;
    }
}

/** Tell on the client's own console what it did not take. */
static void tell_losses(struct console_server *server, struct console_channel *channel, uint64_t time_us)
{
    if (channel->lost_count != 0 &&
        put_note(server, &channel->stream, channel->lost_count, "bytes of input lost, nobody reads them", time_us)) {
        channel->lost_count = 0;
    }
    if (!channel->is_broken && (channel->input.ring.is_broken || channel->output.ring.is_broken)) {
        channel->is_broken =
            put_note(server, &channel->stream, 0, "the client broke its ring and is no longer heard", time_us);
    }
}

static bool collect_channel(struct console_server *server, struct console_channel *channel, uint64_t time_us)
{
    uint8_t chunk[CHUNK_BYTES];

    tell_losses(server, channel, time_us);
    if (encoder_room(&server->encoder) < CHUNK_ENCODED_MAX) {
        return false;
    }
    size_t count = sel_queue_read(&channel->input, chunk, sizeof(chunk));
    return encoder_put(&server->encoder, &channel->stream, chunk, count, time_us) > 0;
}

bool console_server_collect(struct console_server *server, uint64_t time_us)
{
    bool has_moved = false;

    struct console_channel *front = find_channel(server, server->front_channel);
    if (server->stray_count != 0 && front != NULL &&
        put_note(server, &front->stream, server->stray_count, "bytes of input for a console that does not exist",
                 time_us)) {
        server->stray_count = 0;
    }
    for (uint32_t i = 0; i < server->channel_count; i++) {
        has_moved |= collect_channel(server, &server->channels[server->next_channel], time_us);
        server->next_channel = (server->next_channel + 1) % server->channel_count;
    }
    return has_moved;
}
