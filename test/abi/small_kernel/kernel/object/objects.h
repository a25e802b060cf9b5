/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * The objects of test/abi/small, and what becomes of them at the end.
 */
#pragma once

#include <stdint.h>

#include "kernel/api/invocation.h"
#include "kernel/smp/lock.h"

#define NOINLINE __attribute__((noinline))

struct lamp {
    uint64_t level;
};

struct box {
    uint64_t is_closed;
};

enum progress lamp_break(struct lamp *lamp) LOCKED;
void box_close(struct box *box) LOCKED;
