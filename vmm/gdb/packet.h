/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Packets of gdb's remote serial protocol (GDB manual, appendix E): `$` text `#` and two digits of checksum. Pure data, bounded:
 * a packet that is too long or damaged is told as such, whatever stands outside of packets is passed over.
 */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

enum {
    PACKET_BYTES_MAX = 1024, /* of text; told to gdb as PacketSize */
};

enum packet_event {
    PACKET_NOTHING,
    PACKET_WHOLE,     /* `text` is a packet */
    PACKET_DAMAGED,   /* one with a wrong checksum, or too long */
    PACKET_UNREAD,    /* the other side has not understood ours */
    PACKET_INTERRUPT, /* Ctrl-C */
};

struct packet_reader {
    enum {
        PACKET_OUTSIDE,
        PACKET_TEXT,
        PACKET_SUM_HIGH,
        PACKET_SUM_LOW
    } state;
    uint8_t sum;
    uint8_t told_sum;
    bool is_bad;
    size_t length;
    char text[PACKET_BYTES_MAX + 1]; /* ends with a zero */
};

/** Take one byte. */
enum packet_event packet_take(struct packet_reader *reader, uint8_t byte);

/** A packet under construction; what does not fit is left out. */
struct packet {
    size_t length;
    char bytes[PACKET_BYTES_MAX + 4]; /* with the frame */
};

void packet_start(struct packet *packet);
void packet_add(struct packet *packet, const char *text);
void packet_add_bytes(struct packet *packet, const void *bytes, size_t size);
/** Two digits a byte. */
void packet_add_hex(struct packet *packet, const void *bytes, size_t size);
/** Close the frame: `bytes` and `length` can be sent. */
void packet_end(struct packet *packet);

/** A number of 1 to 16 hexadecimal digits at `*at`, which moves behind it; false, and nothing moves, if there is none. */
bool packet_number(const char **at, uint64_t *value);
/** The same of exactly `size` bytes, two digits each. */
bool packet_hex(const char **at, uint8_t *bytes, size_t size);
/** The text `word` at `*at`, which moves behind it. */
bool packet_word(const char **at, const char *word);
