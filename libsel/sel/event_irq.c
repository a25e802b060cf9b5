/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Acknowledging an interrupt on the way to the next wait.
 */
#include <gen/sel/invocations.h>

#include "sel/event.h"
#include "sel/spec.h"

sel_err_t sel_event_wait_irq(sel_cap_t handler, uint64_t *bits)
{
    uint64_t kept = sel_event_take();
    if (kept == 0) {
        return sel_wait(sel_spec.notification_cap, handler, bits);
    }
    sel_err_t error = handler == 0 ? SEL_ERROR_OK : sel_irq_handler_acknowledge(handler);
    if (error == SEL_ERROR_OK) {
        *bits = kept;
    } else {
        sel_event_keep(kept);
    }
    return error;
}
