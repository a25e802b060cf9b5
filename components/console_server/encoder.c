/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Output side of the console protocol: see encoder.h.
 * Invariant: a byte of text is only added together with the marker and the escape it needs.
 */
#include "components/console_server/encoder.h"

#include <string.h>

#include "sel/format.h"

#define RS               0x1e
#define MARKER_BYTES_MAX 40 /* RS [ 10 digits @ 20 digits ] and a NUL, with room */

_Static_assert(MARKER_BYTES_MAX + 2 <= ENCODER_PER_BYTE, "a marker, a byte and its double");

size_t encoder_room(struct encoder *encoder)
{
    if (encoder->taken == encoder->filled) {
        encoder->taken = 0;
        encoder->filled = 0;
    }
    return ENCODER_BYTES - encoder->filled;
}

static size_t smaller(size_t a, size_t b)
{
    return a < b ? a : b;
}

static void add(struct encoder *encoder, const char *bytes, size_t size)
{
    memcpy(&encoder->bytes[encoder->filled], bytes, size);
    encoder->filled += size;
}

static void add_marker(struct encoder *encoder, uint32_t channel, uint64_t time_us)
{
    char bytes[MARKER_BYTES_MAX];
    struct sel_text marker = sel_text_start(bytes, sizeof(bytes));

    sel_text_char(&marker, RS);
    sel_text_char(&marker, '[');
    sel_text_decimal(&marker, channel);
    sel_text_char(&marker, '@');
    sel_text_decimal(&marker, time_us);
    sel_text_char(&marker, ']');
    add(encoder, bytes, marker.length);
    encoder->channel = channel;
    encoder->needs_marker = false;
}

/* How many of the bytes need nothing but themselves: inside a line of the channel the stream is at, up to its end. */
static size_t plain_run(const struct encoder *encoder, const struct encoder_stream *stream, const char *text,
                        size_t size)
{
    size_t count = 0;

    if (encoder->needs_marker || !stream->is_inside_line || encoder->channel != stream->channel) {
        return 0;
    }
    while (count < size && text[count] != '\n' && text[count] != RS) {
        count++;
    }
    return count;
}

static void put_byte(struct encoder *encoder, struct encoder_stream *stream, char byte, uint64_t time_us)
{
    if (encoder->needs_marker || !stream->is_inside_line || encoder->channel != stream->channel) {
        add_marker(encoder, stream->channel, time_us);
    }
    add(encoder, &byte, 1);
    if (byte == RS) {
        /* Doubled, and a marker before what follows: `RS RS [` would read as text that a kernel message cut. */
        add(encoder, &byte, 1);
        encoder->needs_marker = true;
    }
    stream->is_inside_line = byte != '\n';
}

size_t encoder_put(struct encoder *encoder, struct encoder_stream *stream, const void *bytes, size_t size,
                   uint64_t time_us)
{
    const char *text = bytes;
    size_t count = 0;

    while (count < size && encoder_room(encoder) >= ENCODER_PER_BYTE) {
        const size_t most = smaller(size - count, encoder_room(encoder));
        const size_t run = plain_run(encoder, stream, &text[count], most);
        if (run > 0) {
            add(encoder, &text[count], run);
            count += run;
        } else {
            put_byte(encoder, stream, text[count++], time_us);
        }
    }
    return count;
}

size_t encoder_waiting(const struct encoder *encoder, const uint8_t **bytes)
{
    *bytes = &encoder->bytes[encoder->taken];
    return encoder->filled - encoder->taken;
}

void encoder_sent(struct encoder *encoder, size_t count)
{
    encoder->taken += count;
}
