/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * IRQControl makes IRQHandlers, one an interrupt (derivation rule D2); each is bound to at most one Notification.
 *
 * Invariant I1: an interrupt without handler or Notification is masked and inactive.
 */
#pragma once

#include "kernel/lib/base.h"

#define IRQ_COUNT_MAX 1020

struct irq_state {
    struct notification *notification;
    uint64_t badge;
    bool is_issued; /* its IRQHandler exists */
    bool is_active;
};

extern struct irq_state irq_table[IRQ_COUNT_MAX];

/** Deliver interrupt `irq`, already acknowledged: signal its Notification; it stays active until acknowledged by its handler. */
void irq_deliver(uint64_t irq) LOCKED;
/** A Notification dies: interrupts bound to it are masked and unbound; PREEMPTED when an interrupt waits. */
enum progress irq_forget_notification(struct notification *notification) LOCKED;
/** The last IRQHandler capability of `irq` went. */
void irq_destroy(uint64_t irq) LOCKED;
/** Whether `irq` is delivered anywhere. */
static inline bool irq_handler_is_bound(uint64_t irq) LOCKED
{
    return irq_table[irq].notification != NULL;
}
/** The handler of `irq`, which is bound, is done: it may come again. */
void irq_handler_acknowledge(uint64_t irq) LOCKED;
/** Mask, deactivate, unbind (I1), if it is. */
void irq_unbind(uint64_t irq) LOCKED;
