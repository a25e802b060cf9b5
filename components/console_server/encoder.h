/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Output side of the console protocol (docs/design/system.md, "Console protocol on the UART"): text of several channels becomes one stream
 * of bytes with markers. Pure data: it knows neither rings nor the UART. What does not fit is not taken, never dropped.
 */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define ENCODER_BYTES    4096
#define ENCODER_PER_BYTE 44 /* what one byte of text may need at most */

/** The stream under construction: bytes [taken, filled) wait for the UART. */
struct encoder {
    uint8_t bytes[ENCODER_BYTES];
    size_t taken;
    size_t filled;
    uint32_t channel;  /* that the last marker named; 0 (kernel) at reset */
    bool needs_marker; /* the next text needs one whatever its channel */
};

/** One channel's position in its own text. */
struct encoder_stream {
    uint32_t channel;
    bool is_inside_line; /* its last byte was not a newline */
};

/** Add text; returns how many of the bytes were taken. `time_us` is told at every line's start. */
size_t encoder_put(struct encoder *encoder, struct encoder_stream *stream, const void *bytes, size_t size,
                   uint64_t time_us);

/** Bytes that can be added now, markers included. */
size_t encoder_room(struct encoder *encoder);

/** How many bytes wait for the UART, and where they are until the encoder is used again. */
size_t encoder_waiting(const struct encoder *encoder, const uint8_t **bytes);

/** The first `count` of the waiting bytes are out. */
void encoder_sent(struct encoder *encoder, size_t count);
