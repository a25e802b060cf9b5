/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Bounded text building. Invariant: buffer[length] is the terminator after every call.
 */
#include "sel/format.h"

struct sel_text sel_text_start(char *buffer, size_t size)
{
    buffer[0] = '\0';
    return (struct sel_text){.buffer = buffer, .size = size};
}

void sel_text_char(struct sel_text *text, char c)
{
    if (text->length + 1 < text->size) {
        text->buffer[text->length++] = c;
        text->buffer[text->length] = '\0';
    }
}

void sel_text_string(struct sel_text *text, const char *string)
{
    for (; *string != '\0'; string++) {
        sel_text_char(text, *string);
    }
}

static void text_number(struct sel_text *text, uint64_t value, uint64_t base)
{
    char digits[20];
    int count = 0;
    do {
        digits[count++] = "0123456789abcdef"[value % base];
        value /= base;
    } while (value != 0);
    while (count > 0) {
        sel_text_char(text, digits[--count]);
    }
}

void sel_text_decimal(struct sel_text *text, uint64_t value)
{
    text_number(text, value, 10);
}

void sel_text_hex(struct sel_text *text, uint64_t value)
{
    sel_text_string(text, "0x");
    text_number(text, value, 16);
}
