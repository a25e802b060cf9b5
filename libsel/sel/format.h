/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Appending text to a bounded buffer without the C library's printf, whose variadic entry saves SIMD registers:
 * for the error printer and for processes without the FPU feature. Not a printf.
 */
#pragma once

#include <stddef.h>
#include <stdint.h>

/** Text under construction; `length` stays below `size`, what does not fit is dropped. */
struct sel_text {
    char *buffer;
    size_t size;
    size_t length;
};

/** An empty text in `buffer` of `size` bytes (at least 1). */
struct sel_text sel_text_start(char *buffer, size_t size);

/** Append one character, a string, a number in decimal. */
void sel_text_char(struct sel_text *text, char c);
void sel_text_string(struct sel_text *text, const char *string);
void sel_text_decimal(struct sel_text *text, uint64_t value);

/** Append a number in hexadecimal, with leading 0x, without leading zeros. */
void sel_text_hex(struct sel_text *text, uint64_t value);
