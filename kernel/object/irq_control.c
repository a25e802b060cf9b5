/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * IRQControl: one IRQHandler an interrupt (derivation rule D2). What an interrupt does then: irq.c.
 */
#include "kernel/object/irq_control.h"

#include "gen/invocations.h"
#include "kernel/arch/arch.h"
#include "kernel/object/cnode.h"
#include "kernel/object/irq.h"

#define IRQ_MIN 16

err_t decode_irq_control_get(const struct invocation *in, struct irq_control_get_op *op, struct err_info *info)
{
    uint64_t irq = in->arg[0];
    uint64_t trigger = in->arg[1];
    if (irq < IRQ_MIN || irq >= arch_irq_count()) {
        return refuse(info, ERR_OUT_OF_RANGE, 1, irq, arch_irq_count());
    }
    if (arch_irq_is_reserved(irq)) {
        return refuse(info, ERR_DENIED, 1, irq, 0);
    }
    if (trigger > IRQ_TRIGGER_EDGE) {
        return refuse(info, ERR_INVALID_ARGUMENT, 2, trigger, IRQ_TRIGGER_EDGE);
    }
    if (irq_is_issued(irq)) {
        return refuse(info, ERR_BUSY, 1, 0, 0);
    }
    *op = (struct irq_control_get_op){.control = in->slot, .irq = irq, .is_edge = trigger == IRQ_TRIGGER_EDGE};
    return cnode_empty_slot(in->cap_slot[2]->cap, in->arg[3], 4, &op->dest, info);
}

void invoke_irq_control_get(const struct irq_control_get_op *op)
{
    struct cap cap = irq_handler_cap_make(0, SEL_RIGHT_READ | SEL_RIGHT_WRITE, op->irq);
    irq_issue(op->irq, op->is_edge);
    slot_insert(op->dest, cap_set_original(cap, 1), op->control);
}
