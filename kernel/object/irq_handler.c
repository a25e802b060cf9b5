/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * IRQHandler invocations; the interrupt's state is in irq.c.
 */
#include "kernel/object/irq_handler.h"

#include "gen/invocations.h"
#include "kernel/object/irq.h"
#include "kernel/object/slot.h"

static err_t check_bound(const struct invocation *in, struct err_info *info) REQUIRES(kernel_lock)
{
    if (!irq_is_bound(irq_handler_cap_irq(in->cap))) {
        return refuse(info, ERR_NOT_BOUND, 0, 0, 0);
    }
    return ERR_OK;
}

err_t decode_irq_handler_set_notification(const struct invocation *in, struct irq_handler_set_notification_op *op,
                                          struct err_info *info)
{
    struct cap notification = in->cap_slot[0]->cap;
    (void)info;
    *op = (struct irq_handler_set_notification_op){
        .irq = irq_handler_cap_irq(in->cap),
        .notification = (struct notification *)cap_object(notification),
        .badge = notification_cap_badge(notification),
    };
    return ERR_OK;
}

void invoke_irq_handler_set_notification(const struct irq_handler_set_notification_op *op)
{
    irq_bind(op->irq, op->notification, op->badge);
}

err_t decode_irq_handler_acknowledge(const struct invocation *in, struct irq_handler_acknowledge_op *op,
                                     struct err_info *info)
{
    *op = (struct irq_handler_acknowledge_op){.irq = irq_handler_cap_irq(in->cap)};
    return check_bound(in, info);
}

void invoke_irq_handler_acknowledge(const struct irq_handler_acknowledge_op *op)
{
    irq_acknowledge(op->irq);
}

err_t decode_irq_handler_clear(const struct invocation *in, struct irq_handler_clear_op *op, struct err_info *info)
{
    *op = (struct irq_handler_clear_op){.irq = irq_handler_cap_irq(in->cap)};
    return check_bound(in, info);
}

void invoke_irq_handler_clear(const struct irq_handler_clear_op *op)
{
    irq_unbind(op->irq);
}
