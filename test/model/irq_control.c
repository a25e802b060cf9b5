/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * IRQControl: one IRQHandler for each interrupt that is not the kernel's own.
 */
#include "test/model/parts.h"

uint64_t model_irq_control_get(struct model_call *call)
{
    uint64_t number = call->arg[0];
    uint64_t error = model_check_cap(call, 2, CAP_TYPE_CNODE, 0);
    error = error ? error : model_check_mask(call, 1, 1);
    uint32_t dest = error ? 0 : model_argument_object(call, 2);
    error = error ? error : model_check_slot(call, 3, dest, MODEL_EMPTY);
    if (error != SEL_ERROR_OK) {
        return error;
    }
    if (number < 16 || number >= MODEL_IRQ_COUNT) {
        return model_refuse(call, SEL_ERROR_OUT_OF_RANGE, 1, number, MODEL_IRQ_COUNT);
    }
    if (number < MODEL_IRQ_FREE) {
        return model_refuse(call, SEL_ERROR_DENIED, 1, number, 0);
    }
    if (number >= MODEL_IRQS) {
        model.is_full = true;
        return SEL_ERROR_OK;
    }
    if (model.irq[number].is_issued) {
        return model_refuse(call, SEL_ERROR_BUSY, 1, 0, 0);
    }
    model.irq[number].is_issued = true;
    model.irq[number].is_edge = call->arg[1] == IRQ_TRIGGER_EDGE;
    struct model_cap handler = {
        .type = CAP_TYPE_IRQ_HANDLER,
        .rights = SEL_RIGHT_READ | SEL_RIGHT_WRITE,
        .is_original = true,
        .badge = number,
    };
    model_cap_insert(model_slot(dest, call->arg[3]), handler, call->place);
    return SEL_ERROR_OK;
}
