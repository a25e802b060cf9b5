/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * SchedControl: the authority over one core's time; it alone fixes budget and period of a SchedContext. The bounds are in nanoseconds, so that they mean the same on every machine.
 */
#include "kernel/object/objects.h"

err_t decode_sched_control_configure(struct sched_control_configure_op *op, struct err_info *info)
{
    op->refills = op->refills == 0 ? SEL_LIMIT_REFILL_COUNT_DEFAULT : op->refills;
    err_t error = check_range(info, 2, op->budget_ns, 0, op->period_ns);
    return error == ERR_OK ? check_range(info, 4, op->refills, 2, SEL_LIMIT_REFILL_COUNT_MAX) : error;
}

void invoke_sched_control_configure(const struct sched_control_configure_op *op)
{
    struct sched_context *context = slot_object(op->context);
    context->badge = op->badge;
    sched_context_configure(context, op->budget_ns, op->period_ns, op->refills);
}
