/* SPDX-License-Identifier: BSD-2-Clause */
/* See ending.h. A console server that is gone or stuck delays the report by two seconds at most. */
#include "vmm/ending.h"

#include "vmm/stop_report.h"

enum {
    POLL_NS = 5000000,
    QUIET_POLLS = 4,
    POLLS_MAX = 400,
};

void ending_begin(struct ending *ending, const char *guest, enum guest_end end, const struct guest_stop *stop,
                  bool has_machine)
{
    *ending = (struct ending){.guest = guest, .is_begun = true, .has_machine = has_machine, .end = end};
    if (stop != NULL) {
        ending->stop = *stop;
    }
    services_wake_at_ns(services_now_ns() + POLL_NS);
}

static void tell(struct ending *ending)
{
    ending->is_told = true;
    const struct guest_stop *stop = ending->end == GUEST_POWERED_OFF ? NULL : &ending->stop;
    stop_report_print(ending->guest, stop);
    services_report_end(ending->end, stop);
    if (ending->has_machine && ending->end == GUEST_POWERED_OFF) {
        services_power_off_machine();
    }
}

void ending_poll(struct ending *ending)
{
    if (!ending->is_begun || ending->is_told) {
        return;
    }
    ending->polls++;
    ending->quiet_polls = services_console_is_drained() ? ending->quiet_polls + 1 : 0;
    if (ending->quiet_polls >= QUIET_POLLS || ending->polls >= POLLS_MAX) {
        tell(ending);
    } else {
        services_wake_at_ns(services_now_ns() + POLL_NS);
    }
}
