/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * IRQControl: the authority to make IRQHandlers.
 */
#pragma once

#include <stdbool.h>
#include <stdint.h>

struct slot;

struct irq_control_get_op {
    struct slot *control;
    struct slot *dest;
    uint64_t irq;
    bool is_edge;
};
