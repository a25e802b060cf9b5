/* SPDX-License-Identifier: BSD-2-Clause */
/* See packet.h. */
#include "vmm/gdb/packet.h"

#include <string.h>

enum {
    CTRL_C = 3,
    FRAME_END_BYTES = 3, /* `#` and two digits */
    NUMBER_DIGITS_MAX = 16,
};

static const char digits[] = "0123456789abcdef";

/* 0..15; -1 if it is no digit. */
static int digit_of(char c)
{
    if (c >= '0' && c <= '9') {
        return c - '0';
    }
    char lower = (char)(c | 0x20);
    return lower >= 'a' && lower <= 'f' ? lower - 'a' + 10 : -1;
}

static void begin(struct packet_reader *reader)
{
    reader->state = PACKET_TEXT;
    reader->sum = 0;
    reader->is_bad = false;
    reader->length = 0;
}

static enum packet_event take_outside(struct packet_reader *reader, uint8_t byte)
{
    switch (byte) {
    case '$':
        begin(reader);
        return PACKET_NOTHING;
    case '-':
        return PACKET_UNREAD;
    case CTRL_C:
        return PACKET_INTERRUPT;
    default:
        return PACKET_NOTHING;
    }
}

static void take_text(struct packet_reader *reader, uint8_t byte)
{
    if (byte == '$') {
        begin(reader); /* the other side has begun anew */
    } else if (byte == '#') {
        reader->state = PACKET_SUM_HIGH;
    } else if (reader->length == PACKET_BYTES_MAX) {
        reader->is_bad = true;
    } else {
        reader->sum = (uint8_t)(reader->sum + byte);
        reader->text[reader->length++] = (char)byte;
    }
}

enum packet_event packet_take(struct packet_reader *reader, uint8_t byte)
{
    int digit = digit_of((char)byte);
    switch (reader->state) {
    case PACKET_TEXT:
        take_text(reader, byte);
        return PACKET_NOTHING;
    case PACKET_SUM_HIGH:
        reader->is_bad |= digit < 0;
        reader->told_sum = (uint8_t)((unsigned)digit << 4);
        reader->state = PACKET_SUM_LOW;
        return PACKET_NOTHING;
    case PACKET_SUM_LOW:
        reader->state = PACKET_OUTSIDE;
        reader->text[reader->length] = '\0';
        return reader->is_bad || digit < 0 || (reader->told_sum | digit) != reader->sum ? PACKET_DAMAGED : PACKET_WHOLE;
    default:
        return take_outside(reader, byte);
    }
}

void packet_start(struct packet *packet)
{
    packet->bytes[0] = '$';
    packet->length = 1;
}

void packet_add_bytes(struct packet *packet, const void *bytes, size_t size)
{
    if (size <= sizeof(packet->bytes) - FRAME_END_BYTES - packet->length) {
        memcpy(&packet->bytes[packet->length], bytes, size);
        packet->length += size;
    }
}

void packet_add(struct packet *packet, const char *text)
{
    packet_add_bytes(packet, text, strlen(text));
}

void packet_add_hex(struct packet *packet, const void *bytes, size_t size)
{
    const uint8_t *byte = bytes;
    for (size_t i = 0; i < size; i++) {
        const char pair[2] = {digits[byte[i] >> 4], digits[byte[i] & 0xf]};
        packet_add_bytes(packet, pair, sizeof(pair));
    }
}

void packet_end(struct packet *packet)
{
    uint8_t sum = 0;
    for (size_t i = 1; i < packet->length; i++) {
        sum = (uint8_t)(sum + (uint8_t)packet->bytes[i]);
    }
    packet->bytes[packet->length++] = '#';
    packet->bytes[packet->length++] = digits[sum >> 4];
    packet->bytes[packet->length++] = digits[sum & 0xf];
}

bool packet_number(const char **at, uint64_t *value)
{
    const char *end = *at;
    uint64_t number = 0;
    for (; digit_of(*end) >= 0; end++) {
        number = number << 4 | (uint64_t)digit_of(*end);
    }
    if (end == *at || end - *at > NUMBER_DIGITS_MAX) {
        return false;
    }
    *at = end;
    *value = number;
    return true;
}

bool packet_hex(const char **at, uint8_t *bytes, size_t size)
{
    const char *text = *at;
    for (size_t i = 0; i < size; i++, text += 2) {
        /* Of the zero at the end the second digit is not looked at. */
        if (digit_of(text[0]) < 0 || digit_of(text[1]) < 0) {
            return false;
        }
        bytes[i] = (uint8_t)(digit_of(text[0]) << 4 | digit_of(text[1]));
    }
    *at = text;
    return true;
}

bool packet_word(const char **at, const char *word)
{
    size_t size = strlen(word);
    if (strncmp(*at, word, size) != 0) {
        return false;
    }
    *at += size;
    return true;
}
