/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Interrupts and the Notifications they signal. An interrupt stays active from its delivery until its handler acknowledges it:
 * nothing nests, and a driver that stops answering stops its interrupt.
 *
 * Invariant I2: bound interrupts are on the list `bound_first`, linked in units of irq + 1.
 */
#include "kernel/object/irq.h"

#include <stddef.h>

#include "kernel/arch/arch.h"
#include "kernel/debug/trace.h"
#include "kernel/object/notification.h"

#define IRQ_COUNT_MAX 1020

struct irq_state {
    struct notification *notification;
    uint64_t badge;
    uint16_t bound_next;
    uint16_t bound_prev;
    bool is_issued;
    bool is_active;
};

static struct irq_state irq_table[IRQ_COUNT_MAX];
static uint16_t bound_first;

bool irq_is_issued(uint64_t irq)
{
    return irq_table[irq].is_issued;
}

void irq_issue(uint64_t irq, bool is_edge)
{
    irq_table[irq].is_issued = true;
    arch_irq_set_trigger(irq, is_edge);
}

bool irq_is_bound(uint64_t irq)
{
    return irq_table[irq].notification != NULL;
}

static void bound_insert(uint64_t irq)
{
    struct irq_state *state = &irq_table[irq];
    state->bound_prev = 0;
    state->bound_next = bound_first;
    if (bound_first != 0) {
        irq_table[bound_first - 1].bound_prev = (uint16_t)(irq + 1);
    }
    bound_first = (uint16_t)(irq + 1);
}

static void bound_remove(uint64_t irq)
{
    const struct irq_state *state = &irq_table[irq];
    if (state->bound_prev != 0) {
        irq_table[state->bound_prev - 1].bound_next = state->bound_next;
    } else {
        bound_first = state->bound_next;
    }
    if (state->bound_next != 0) {
        irq_table[state->bound_next - 1].bound_prev = state->bound_prev;
    }
}

static void deactivate(uint64_t irq)
{
    if (irq_table[irq].is_active) {
        arch_irq_deactivate(irq);
        irq_table[irq].is_active = false;
    }
}

void irq_unbind(uint64_t irq)
{
    struct irq_state *state = &irq_table[irq];
    if (state->notification == NULL) {
        return;
    }
    arch_irq_mask(irq);
    deactivate(irq);
    bound_remove(irq);
    state->notification = NULL;
}

void irq_bind(uint64_t irq, struct notification *notification, uint64_t badge)
{
    irq_unbind(irq);
    irq_table[irq].notification = notification;
    irq_table[irq].badge = badge;
    bound_insert(irq);
}

void irq_acknowledge(uint64_t irq)
{
    deactivate(irq);
    arch_irq_unmask(irq);
}

void irq_deliver(uint64_t irq)
{
    struct irq_state *state = &irq_table[irq];
    trace(TRACE_IRQ, irq, 0);
    state->is_active = true;
    if (state->notification == NULL) {
        arch_irq_mask(irq);
        deactivate(irq);
        return;
    }
    notification_signal(state->notification, state->badge);
}

void irq_forget_notification(struct notification *notification)
{
    for (uint64_t at = bound_first; at != 0;) {
        uint64_t irq = at - 1;
        at = irq_table[irq].bound_next;
        if (irq_table[irq].notification == notification) {
            irq_unbind(irq);
        }
    }
}

void irq_destroy(uint64_t irq)
{
    irq_unbind(irq);
    irq_table[irq].is_issued = false;
}
