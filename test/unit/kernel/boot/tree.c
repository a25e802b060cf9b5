/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Writes a flattened device tree (Devicetree Specification 0.4, chapter 5), as right or as wrong as a test wants it.
 */
#include <string.h>

#include "test/unit/kernel/boot/board.h"

#define HEADER_BYTES  40
#define STRINGS_BYTES 512
#define BEGIN_NODE    1
#define END_NODE      2
#define PROPERTY      3
#define END           9

static uint32_t *words;
static uint64_t at;
static char strings[STRINGS_BYTES];
static uint32_t strings_length;

static void put(uint64_t index, uint32_t word)
{
    words[index] = __builtin_bswap32(word);
}

void tree_word(uint32_t word)
{
    put(at / 4, word);
    at += 4;
}

static void put_text(const char *text)
{
    uint64_t length = strlen(text) + 1;
    memcpy((char *)words + at, text, length);
    memset((char *)words + at + length, 0, 3);
    at = (at + length + 3) & ~3ul;
}

void tree_begin(uint64_t address)
{
    words = (uint32_t *)address;
    at = HEADER_BYTES;
    strings_length = 0;
}

void tree_node(const char *name)
{
    tree_word(BEGIN_NODE);
    put_text(name);
}

void tree_end(void)
{
    tree_word(END_NODE);
}

void tree_property(const char *name, const uint32_t *values, uint64_t count)
{
    tree_word(PROPERTY);
    tree_word((uint32_t)(4 * count));
    tree_word(strings_length);
    memcpy(strings + strings_length, name, strlen(name) + 1);
    strings_length += (uint32_t)strlen(name) + 1;
    for (uint64_t i = 0; i < count; i++) {
        tree_word(values[i]);
    }
}

void tree_finish(void)
{
    tree_word(END);
    uint32_t struct_end = (uint32_t)at;
    memcpy((char *)words + at, strings, strings_length);
    const uint32_t header[] = {
        0xd00dfeed,     struct_end + strings_length, HEADER_BYTES, struct_end, HEADER_BYTES, 17, 16, 0,
        strings_length, struct_end - HEADER_BYTES};
    for (uint64_t i = 0; i < sizeof(header) / sizeof(header[0]); i++) {
        put(i, header[i]);
    }
}

void tree_header(uint64_t index, uint32_t word)
{
    put(index, word);
}

uint32_t tree_size(void)
{
    return __builtin_bswap32(words[1]);
}
