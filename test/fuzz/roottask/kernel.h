/* SPDX-License-Identifier: BSD-2-Clause */
/* What the kernel under a fuzzed roottask answers (kernel.c), and the memory it lends. */
#pragma once

#include "test/fuzz/lib/fuzz.h"

enum {
    OWN_SLOTS = 256,
    WINDOW_BYTES = 2 * 4096,
};

struct answers {
    struct fuzz_input input;
    uint8_t *window; /* two pages at which the roottask maps what it reads and writes */
};

extern struct answers answers;
