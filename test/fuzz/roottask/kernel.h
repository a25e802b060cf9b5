/* SPDX-License-Identifier: BSD-2-Clause */
/* What the kernel under a fuzzed roottask answers (kernel.c), and the memory it lends. What it was made to make: made.h. */
#pragma once

#include "test/fuzz/lib/fuzz.h"

enum {
    OWN_SLOTS = 256,
    WINDOW_BYTES = 2 * 4096,
};

struct answers {
    uint32_t call_count;
    uint32_t refused_call; /* the one that is refused, of those that may be; 0: none is */
    uint32_t told_count;   /* numbers that inspection told */
    uint8_t lie_every;     /* every so many of them is not as things were made; 0: none is */
    uint64_t lie;          /* the bits that are wrong then */
    uint8_t *window;       /* two pages at which the roottask maps what it reads and writes */
};

extern struct answers answers;

/** What the supervisor receives next: false when the input has said everything. Defined by the target. */
bool message_next(uint64_t *tag, uint64_t *words, uint64_t *badge);
