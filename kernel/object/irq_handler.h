/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * IRQHandler: one interrupt of the machine, delivered to a Notification.
 */
#pragma once

#include <stdint.h>

struct notification;

struct irq_handler_set_notification_op {
    uint64_t irq;
    struct notification *notification;
    uint64_t badge;
};

struct irq_handler_acknowledge_op {
    uint64_t irq;
};

struct irq_handler_clear_op {
    uint64_t irq;
};
