/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * SchedControl: budget and period of a SchedContext, which then begins anew.
 */
#include "test/model/parts.h"

uint64_t model_sched_control_configure(struct model_call *call)
{
    uint64_t budget_ns = call->arg[1];
    uint64_t period_ns = call->arg[2];
    uint64_t refills = call->arg[3] == 0 ? SEL_LIMIT_REFILL_COUNT_DEFAULT : call->arg[3];
    uint64_t error = model_check_cap(call, 0, CAP_TYPE_SCHED_CONTEXT, 0);
    error = error ? error : model_check_range(call, 1, SEL_LIMIT_BUDGET_NS_MIN, UINT64_MAX);
    error = error ? error : model_check_range(call, 2, 0, SEL_LIMIT_PERIOD_NS_MAX);
    error = error ? error : model_check_range(call, 1, 0, period_ns);
    if (error == SEL_ERROR_OK && call->arg[3] != 0) {
        error = model_check_range(call, 3, 2, SEL_LIMIT_REFILL_COUNT_MAX);
    }
    if (error != SEL_ERROR_OK) {
        return error;
    }
    uint32_t id = model_argument_object(call, 0);
    struct model_context *context = &model.context[id];
    context->badge = call->arg[4];
    context->budget = model_ticks(budget_ns);
    context->period = model_ticks(period_ns);
    context->refill_min = model_ticks(SEL_LIMIT_BUDGET_NS_MIN / 5);
    context->refill_max = (uint32_t)refills;
    context->consumed = 0;
    model_restart_context(id);
    return SEL_ERROR_OK;
}
