/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * IRQControl and IRQHandler: a table of the machine's interrupts, each bound to at most one Notification.
 *
 * Invariant I1: an interrupt without handler or Notification is masked and inactive.
 */
#pragma once

#include <stdbool.h>
#include <stdint.h>

#include "kernel/api/invocation.h"
#include "kernel/object/slot.h"
#include "kernel/smp/lock.h"

struct notification;

/** Deliver interrupt `irq`, already acknowledged: signal its Notification; it stays active until acknowledged by its handler. */
void irq_deliver(uint64_t irq) REQUIRES(kernel_lock);
/** A Notification dies: interrupts bound to it are masked and unbound. Bounded by the links kept in irq.c. */
void irq_forget_notification(struct notification *notification) REQUIRES(kernel_lock);
/** The last IRQHandler capability of `irq` went. */
void irq_destroy(uint64_t irq) REQUIRES(kernel_lock);
