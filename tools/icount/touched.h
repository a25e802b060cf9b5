/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * A set of what was touched: for each instruction the 64-byte lines that it lies in, loads from and stores to, with how often. One instruction
 * at one address is one entry a line and kind, so that the set does not grow with a loop's turns.
 * Not here: when something is touched (rows.c), and whose the instructions are (tools/bench/paths.py).
 */
#pragma once

#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>

#define LINE_BYTES         64ull
#define TOUCHES_BITS_LEAST 10

enum touch_kind {
    TOUCH_CODE,
    TOUCH_LOAD,
    TOUCH_STORE,
};

/** `line`: a line's physical address with a touch_kind in its low bits. `count` is 0 in a slot that is free. */
struct touch {
    uint64_t where;
    uint64_t line;
    uint64_t count;
};

struct touches {
    struct touch *slots;
    unsigned int bits;
    uint64_t used;
};

/** Nothing touched; ends the process with a sentence if there is no memory. */
static void touches_init(struct touches *touches, unsigned int bits)
{
    *touches = (struct touches){.slots = calloc(1ull << bits, sizeof(*touches->slots)), .bits = bits};
    if (touches->slots == NULL) {
        fprintf(stderr, "no memory for %llu touched lines\n", 1ull << bits);
        abort();
    }
}

static void touches_free(struct touches *touches)
{
    free(touches->slots);
    *touches = (struct touches){0};
}

/** The slot that has this touch, or is free for it. */
static struct touch *touches_find(const struct touches *touches, uint64_t where, uint64_t line)
{
    uint64_t mask = (1ull << touches->bits) - 1;
    uint64_t at = ((where * 31 + line) * 0x9e3779b97f4a7c15ull) >> (64 - touches->bits);

    while (touches->slots[at].count != 0 && (touches->slots[at].where != where || touches->slots[at].line != line)) {
        at = (at + 1) & mask;
    }
    return &touches->slots[at];
}

static void touches_grow(struct touches *touches)
{
    struct touches wider;

    touches_init(&wider, touches->bits + 1);
    for (uint64_t i = 0; i < 1ull << touches->bits; i++) {
        if (touches->slots[i].count != 0) {
            *touches_find(&wider, touches->slots[i].where, touches->slots[i].line) = touches->slots[i];
        }
    }
    wider.used = touches->used;
    free(touches->slots);
    *touches = wider;
}

/** Instruction `where` touches the line of the physical address `address`. */
static void touches_add(struct touches *touches, uint64_t where, uint64_t address, enum touch_kind kind)
{
    uint64_t line = (address & ~(LINE_BYTES - 1)) | kind;
    struct touch *slot = touches_find(touches, where, line);

    if (slot->count == 0) {
        *slot = (struct touch){.where = where, .line = line};
        touches->used++;
    }
    slot->count++;
    if (touches->used > 1ull << (touches->bits - 1)) {
        touches_grow(touches);
    }
}

/** One touch with the row's number and how many follow, then those, in no order. */
static void touches_write(const struct touches *touches, uint64_t row, FILE *file)
{
    struct touch head = {.where = row, .count = touches->used};

    fwrite(&head, sizeof(head), 1, file);
    for (uint64_t i = 0; i < 1ull << touches->bits; i++) {
        if (touches->slots[i].count != 0) {
            fwrite(&touches->slots[i], sizeof(touches->slots[i]), 1, file);
        }
    }
}
