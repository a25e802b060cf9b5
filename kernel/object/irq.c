/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * IRQControl and IRQHandler, and the interrupts behind them. An interrupt stays active from its delivery until its handler acknowledges
 * it: nothing nests, and a driver that stops answering stops its interrupt.
 */
#include "kernel/object/objects.h"

#define IRQ_MIN 16 /* below are software-generated interrupts, the kernel's own affair */

struct irq_state irq_table[IRQ_COUNT_MAX];

static void deactivate(uint64_t irq) LOCKED
{
    if (irq_table[irq].is_active) {
        arch_irq_deactivate(irq);
        irq_table[irq].is_active = false;
    }
}

void irq_unbind(uint64_t irq)
{
    struct irq_state *state = &irq_table[irq];
    if (state->notification != NULL) {
        arch_irq_mask(irq);
        deactivate(irq);
        state->notification->irq_count--;
        state->notification = NULL;
    }
}

void irq_deliver(uint64_t irq)
{
    struct irq_state *state = &irq_table[irq];
    state->is_active = true;
    if (state->notification == NULL) {
        arch_irq_mask(irq);
        deactivate(irq);
        return;
    }
    notification_signal(state->notification, state->badge);
}

enum progress irq_forget_notification(struct notification *notification)
{
    /* bound: IRQ_COUNT_MAX - IRQ_MIN */
    for (uint64_t irq = IRQ_MIN; notification->irq_count != 0 && irq < arch_irq_count(); irq++) {
        if (irq_table[irq].notification == notification) {
            irq_unbind(irq);
            if (preemption_point()) {
                return PREEMPTED;
            }
        }
    }
    return DONE;
}

void irq_destroy(uint64_t irq)
{
    irq_unbind(irq);
    irq_table[irq].is_issued = false;
}

/* --- IRQControl --- */

err_t decode_irq_control_get(struct irq_control_get_op *op, struct err_info *info)
{
    if (op->irq < IRQ_MIN || op->irq >= arch_irq_count()) {
        return refuse(info, ERR_OUT_OF_RANGE, 1, op->irq, arch_irq_count());
    }
    if (arch_irq_is_reserved(op->irq)) {
        return refuse(info, ERR_DENIED, 1, op->irq, 0);
    }
    return irq_table[op->irq].is_issued ? refuse(info, ERR_BUSY, 1, 0, 0) : ERR_OK;
}

void invoke_irq_control_get(const struct irq_control_get_op *op)
{
    struct cap cap = irq_handler_cap_make(0, SEL_RIGHT_READ | SEL_RIGHT_WRITE, op->irq);
    irq_table[op->irq].is_issued = true;
    arch_irq_set_trigger(op->irq, op->trigger == IRQ_TRIGGER_EDGE);
    slot_insert(op->to, cap_set_original(cap, 1), op->in->slot);
}

/* --- IRQHandler --- */

void invoke_irq_handler_set_notification(const struct irq_handler_set_notification_op *op)
{
    irq_unbind(op->irq);
    irq_table[op->irq].notification = slot_object(op->notification);
    irq_table[op->irq].notification->irq_count++;
    irq_table[op->irq].badge = notification_cap_badge(op->notification->cap);
}

void irq_handler_acknowledge(uint64_t irq)
{
    deactivate(irq);
    arch_irq_unmask(irq);
}
