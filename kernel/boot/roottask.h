/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * The first process: its objects, its initial capabilities, and the boot information page that tells it of them.
 */
#pragma once

#include "kernel/boot/payload.h"
#include "kernel/object/slot.h"

/** What becomes of boot: filled by roottask_create(), used by untypeds_create(). */
struct roottask {
    struct slot *slots;
    uint64_t slot_count;
    uint64_t *boot_info; /* the page, by physical address */
};

/** Make all objects of the roottask from free RAM; it is ready to run afterwards. */
void roottask_create(const struct payload *payload, struct roottask *out) REQUIRES(kernel_lock);

/** Hand out what is left of the machine: RAM, the payload, device memory. */
void untypeds_create(const struct payload *payload, struct roottask *roottask) REQUIRES(kernel_lock);
