/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * The least of a kernel that the generated dispatch of test/abi/small needs.
 */
#pragma once

#include <stdint.h>

#include "gen/caps.h"
#include "gen/err.h"

struct invocation {
    uint64_t level;
};

struct err_info {
    uint64_t bound;
};

struct result {
    uint64_t level;
};

enum progress {
    DONE,
    PREEMPTED,
};
