/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * SchedControl: bounds of what may be configured. The bounds are in nanoseconds, so that they mean the same on every machine.
 */
#include "kernel/object/sched_control.h"

#include "gen/invocations.h"
#include "kernel/object/sched_context.h"
#include "kernel/object/slot.h"
#include "kernel/sched/sched.h"
#include "kernel/sched/ticks.h"

/** A head refill below this (a fifth of the least budget) joins the next: the timer interrupt would cost as much. */
#define REFILL_NS_MIN (SEL_LIMIT_BUDGET_NS_MIN / 5)

enum configure_argument {
    ARGUMENT_BUDGET = 2,
    ARGUMENT_PERIOD = 3,
    ARGUMENT_REFILLS = 4,
};

err_t decode_sched_control_configure(const struct invocation *in, struct sched_control_configure_op *op,
                                     struct err_info *info)
{
    *op = (struct sched_control_configure_op){
        .context = (struct sched_context *)cap_object(in->cap_slot[0]->cap),
        .budget_ns = in->arg[1],
        .period_ns = in->arg[2],
        .refill_max = in->arg[3] == 0 ? SEL_LIMIT_REFILL_COUNT_DEFAULT : in->arg[3],
        .badge = in->arg[4],
        .core = sched_control_cap_core(in->cap),
    };
    if (op->period_ns > SEL_LIMIT_PERIOD_NS_MAX) {
        return refuse(info, ERR_OUT_OF_RANGE, ARGUMENT_PERIOD, op->period_ns, SEL_LIMIT_PERIOD_NS_MAX);
    }
    if (op->budget_ns < SEL_LIMIT_BUDGET_NS_MIN) {
        return refuse(info, ERR_OUT_OF_RANGE, ARGUMENT_BUDGET, op->budget_ns, SEL_LIMIT_BUDGET_NS_MIN);
    }
    if (op->budget_ns > op->period_ns) {
        return refuse(info, ERR_OUT_OF_RANGE, ARGUMENT_BUDGET, op->budget_ns, op->period_ns);
    }
    if (op->refill_max < 2 || op->refill_max > SEL_LIMIT_REFILL_COUNT_MAX) {
        return refuse(info, ERR_OUT_OF_RANGE, ARGUMENT_REFILLS, op->refill_max, SEL_LIMIT_REFILL_COUNT_MAX);
    }
    return ERR_OK;
}

void invoke_sched_control_configure(const struct sched_control_configure_op *op)
{
    struct sched_context *context = op->context;
    context->budget = ticks_of_ns(op->budget_ns);
    context->period = ticks_of_ns(op->period_ns);
    context->refill_min = ticks_of_ns(REFILL_NS_MIN);
    context->refill_max = (uint8_t)op->refill_max;
    context->badge = op->badge;
    context->core = (uint16_t)op->core;
    context->consumed = 0;
    sched_restart_context(context);
}
