/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * The end of a guest. It is printed, and told to the supervisor, which may switch the machine off, only when the guest's last output has left the
 * console ring and the console server has had time to send it: the last lines of a crash are the ones that matter.
 */
#pragma once

#include <stdbool.h>

#include "vmm/services.h"

struct ending {
    const char *guest; /* its name */
    bool is_begun;
    bool is_told;
    bool has_machine; /* the machine goes off with this guest */
    enum guest_end end;
    struct guest_stop stop;
    unsigned quiet_polls; /* in a row, with nothing waiting in the ring */
    unsigned polls;
};

/** The guest of that name stays stopped from now on. `stop` may be NULL for a power-off. */
void ending_begin(struct ending *ending, const char *guest, enum guest_end end, const struct guest_stop *stop,
                  bool has_machine);

/** To be called whenever the VMM is woken. */
void ending_poll(struct ending *ending);
