/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * One of a guest's two timers, as its distributor has it (vcpu configure_timer): what either architecture keeps of it.
 * Not here: its deadline and line.
 */
#pragma once

#include <stdbool.h>
#include <stdint.h>

struct guest_timer {
    uint8_t intid;
    uint8_t priority;
    bool is_enabled;
    bool is_group1;
};
