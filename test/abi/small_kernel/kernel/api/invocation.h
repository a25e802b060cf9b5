/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * The least of a kernel that the generated dispatch of test/abi/small needs.
 */
#pragma once

#include <stdint.h>

#include "gen/caps.h"
#include "gen/err.h"

struct slot {
    struct cap cap;
};

struct invocation {
    struct cap cap;
    uint64_t arg[2];
    struct slot *cap_slot[2];
};

static inline uint64_t invocation_arg(const struct invocation *in, uint64_t index)
{
    return in->arg[index];
}

struct err_info {
    uint64_t argument;
    uint64_t bound;
};

struct result {
    uint64_t level;
    uint64_t count;
};

enum progress {
    DONE,
    PREEMPTED,
};
