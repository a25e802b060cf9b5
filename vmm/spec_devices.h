/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * The devices that the spec gives a guest besides those of its board: which answers at an address, and their wires to the GIC and to time.
 * Not here: the board's own devices and the cutting of accesses (board.h), what a device is (device.h).
 * Invariant: after each call every line is what its device says, and the VMM is woken by the earliest time that one of them waits for.
 */
#pragma once

#include <stdbool.h>
#include <stdint.h>

#include "sel/spec.h"
#include "vmm/arch/gic.h"

struct spec_devices {
    const struct sel_guest *guest;
    struct gic *gic;
    uint64_t due_ns; /* what the VMM was asked to be woken at; 0 = not */
};

/* Out of line: inlined, they would take registers from the exits for the board's own devices, which are nearly all. */

/** Reset values of all of them; `guest` and `gic` outlive it. */
__attribute__((noinline, cold)) void spec_devices_reset(struct spec_devices *devices, const struct sel_guest *guest,
                                                        struct gic *gic);

/** An access of 1, 2, 4 or 8 bytes, aligned to its size. False: no device is there, or it refuses. */
__attribute__((noinline, cold)) bool spec_devices_read(struct spec_devices *devices, uint64_t address, unsigned size,
                                                       uint64_t *value);
__attribute__((noinline, cold)) bool spec_devices_write(struct spec_devices *devices, uint64_t address, unsigned size,
                                                        uint64_t value);

/** Let them look at the time and the outside. */
__attribute__((noinline, cold)) void spec_devices_poll(struct spec_devices *devices);
