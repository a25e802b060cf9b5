/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * SchedControl: the authority over one core's time; it alone fixes budget and period of a SchedContext.
 */
#pragma once

#include <stdint.h>

#include "kernel/api/invocation.h"

struct sched_context;

struct sched_control_configure_op {
    struct sched_context *context;
    uint64_t budget_ns;
    uint64_t period_ns;
    uint64_t refill_max;
    uint64_t badge;
    uint64_t core;
};
