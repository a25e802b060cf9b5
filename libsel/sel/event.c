/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Waiting on the process's own Notification without losing anybody's bits.
 */
#include "sel/event.h"

#include "sel/spec.h"

static _Thread_local uint64_t kept_bits;

uint64_t sel_event_take(void)
{
    const uint64_t bits = kept_bits;
    kept_bits = 0;
    return bits;
}

void sel_event_keep(uint64_t bits)
{
    kept_bits |= bits;
}

uint64_t sel_event_wait(void)
{
    uint64_t bits = sel_event_take();
    if (bits == 0 &&
        (sel_spec.notification_cap == 0 || sel_wait(sel_spec.notification_cap, 0, &bits) != SEL_ERROR_OK)) {
        return 0;
    }
    return bits;
}

uint64_t sel_event_poll(void)
{
    uint64_t bits = 0;
    if (sel_spec.notification_cap != 0 && sel_poll(sel_spec.notification_cap, &bits) != SEL_ERROR_OK) {
        bits = 0;
    }
    return bits | sel_event_take();
}

bool sel_event_wait_for(uint64_t bits)
{
    while ((kept_bits & bits) == 0) {
        uint64_t arrived = 0;
        if (sel_spec.notification_cap == 0 || sel_wait(sel_spec.notification_cap, 0, &arrived) != SEL_ERROR_OK) {
            return false;
        }
        kept_bits |= arrived;
    }
    kept_bits &= ~bits;
    return true;
}
