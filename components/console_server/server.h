/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * The console server between its clients' rings and the UART: turns of bounded work, so that a client that writes without
 * end, reads nothing, or breaks its own ring delays and harms nobody else.
 * Output waits in the clients' rings while the UART is busy (backpressure); input that a client does not read is counted and told.
 */
#pragma once

#include <stdbool.h>
#include <stdint.h>

#include "components/console_server/decoder.h"
#include "components/console_server/encoder.h"
#include "sel/queue.h"
#include "sel/spec.h"

/** One client: a native process's standard streams or a guest's UART. */
struct console_channel {
    const struct sel_console_client *client;
    struct sel_queue output; /* to the client: what the host types */
    struct sel_queue input;  /* from the client: what it prints */
    struct encoder_stream stream;
    uint64_t lost_count; /* bytes typed that found its ring full, not told yet */
    bool is_broken;      /* its rings are impossible; it was told */
};

struct console_server {
    struct encoder encoder;
    struct decoder decoder;
    struct console_channel *channels;
    uint32_t channel_count;
    uint32_t next_channel; /* whose turn it is to print */
    uint32_t front_channel;
    uint64_t stray_count; /* bytes typed for channels that do not exist */
};

/** Bytes of memory that a server of `client_count` clients needs for its channels. */
size_t console_server_size(uint32_t client_count);

/** Open every client's rings. `channels` has console_server_size() bytes. */
void console_server_start(struct console_server *server, const struct sel_console_server_spec *spec,
                          struct console_channel *channels);

/** Take one byte that the host sent. */
void console_server_receive(struct console_server *server, uint8_t byte);

/** Move a bounded amount of every client's text to the encoder. True if anything moved. */
bool console_server_collect(struct console_server *server, uint64_t time_us);
