/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Device interrupts: one that has nobody to tell is masked and inactive; one that was told stays active until its handler acknowledges.
 */
#include "test/model/parts.h"

static void deactivate(struct model_irq *irq)
{
    if (irq->is_active) {
        model_line_deactivate((uint64_t)(irq - model.irq));
        irq->is_active = false;
    }
}

static void unbind(struct model_irq *irq)
{
    if (irq->notification != 0) {
        irq->is_unmasked = false;
        deactivate(irq);
        irq->notification = 0;
    }
}

void model_irq_deliver(uint64_t number)
{
    struct model_irq *irq = &model.irq[number];
    irq->is_active = true;
    if (irq->notification == 0) {
        irq->is_unmasked = false;
        deactivate(irq);
    } else {
        model_notify(irq->notification, MODEL_BUG == 7 ? 0 : irq->badge);
    }
}

uint64_t model_irqs_forget(uint32_t notification)
{
    for (uint64_t number = MODEL_IRQ_FREE; number < MODEL_IRQS; number++) {
        if (model.irq[number].notification == notification) {
            unbind(&model.irq[number]);
            if (model_must_stop()) {
                return MODEL_PREEMPTED;
            }
        }
    }
    return SEL_ERROR_OK;
}

void model_irq_destroy(uint64_t number)
{
    unbind(&model.irq[number]);
    model.irq[number].is_issued = false;
}

void model_irq_acknowledge(uint64_t number)
{
    deactivate(&model.irq[number]);
    model.irq[number].is_unmasked = true;
}

/* --- invocations --- */

uint64_t model_irq_handler_set_notification(struct model_call *call)
{
    struct model_irq *irq = &model.irq[call->cap.badge];
    uint64_t error = model_check_cap(call, 0, CAP_TYPE_NOTIFICATION, SEL_RIGHT_WRITE);
    if (error == SEL_ERROR_OK) {
        unbind(irq);
        irq->notification = model_argument_object(call, 0);
        irq->badge = model_cap_at(model_argument_place(call, 0))->badge;
    }
    return error;
}

uint64_t model_irq_handler_acknowledge(struct model_call *call)
{
    struct model_irq *irq = &model.irq[call->cap.badge];
    uint64_t error = model_check_bound(call, irq->notification != 0, true);
    if (error == SEL_ERROR_OK) {
        model_irq_acknowledge(call->cap.badge);
    }
    return error;
}

uint64_t model_irq_handler_clear(struct model_call *call)
{
    struct model_irq *irq = &model.irq[call->cap.badge];
    uint64_t error = model_check_bound(call, irq->notification != 0, true);
    if (error == SEL_ERROR_OK) {
        unbind(irq);
    }
    return error;
}
