/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Acknowledging an interrupt on the way to the next wait.
 */
#include <gen/sel/invocations.h>

#include "sel/event.h"
#include "sel/spec.h"

uint64_t sel_event_wait_irq(sel_cap_t handler)
{
    uint64_t bits = sel_event_take();
    if (bits != 0) {
        bool is_done = handler == 0 || sel_irq_handler_acknowledge(handler) == SEL_ERROR_OK;
        return is_done ? bits : 0;
    }
    if (sel_spec.notification_cap == 0 || sel_wait(sel_spec.notification_cap, handler, &bits) != SEL_ERROR_OK) {
        return 0;
    }
    return bits;
}
