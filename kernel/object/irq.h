/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * The table of the machine's interrupts, behind IRQControl and IRQHandler: each bound to at most one Notification.
 *
 * Invariant I1: an interrupt without handler or Notification is masked and inactive.
 */
#pragma once

#include <stdbool.h>
#include <stdint.h>

#include "kernel/smp/lock.h"

struct notification;

/** Whether an IRQHandler of `irq` exists. */
bool irq_is_issued(uint64_t irq) REQUIRES(kernel_lock);
/** The first IRQHandler capability of `irq` is made. */
void irq_issue(uint64_t irq, bool is_edge) REQUIRES(kernel_lock);
bool irq_is_bound(uint64_t irq) REQUIRES(kernel_lock);
/** Deliver to `notification` from now on; masked until the first acknowledge. */
void irq_bind(uint64_t irq, struct notification *notification, uint64_t badge) REQUIRES(kernel_lock);
/** Mask, deactivate, unbind. */
void irq_unbind(uint64_t irq) REQUIRES(kernel_lock);
/** The handler is done: deactivate and unmask. */
void irq_acknowledge(uint64_t irq) REQUIRES(kernel_lock);
/** Deliver interrupt `irq`, already acknowledged: signal its Notification; it stays active until acknowledged by its handler. */
void irq_deliver(uint64_t irq) REQUIRES(kernel_lock);
/** A Notification dies: interrupts bound to it are masked and unbound. Bounded by the links kept in irq.c. */
void irq_forget_notification(struct notification *notification) REQUIRES(kernel_lock);
/** The last IRQHandler capability of `irq` went. */
void irq_destroy(uint64_t irq) REQUIRES(kernel_lock);
