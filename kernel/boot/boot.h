/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * The steps of boot: the payload behind the kernel in the image (docs/design/system.md, "Image") holds the roottask, its spec and all other
 * data; the first process is made of it, with its initial capabilities and the boot information page that tells it of them.
 */
#pragma once

#include "kernel/boot/memory.h"
#include "kernel/object/slot.h"

/** What must be for the kernel to start; else it says why not, and that is its end. */
void boot_require(bool is_met, const char *why);

/** Find the header behind `kernel_end`, which must be right (struct payload: limits.yaml); nobody else looks for one. */
const struct payload *payload_find(uint64_t kernel_end);

/** The checksum must be right, too, if there is one and the processor can compute it: whether that is so. */
bool payload_check_crc(const struct payload *payload);

/** What becomes of boot: filled by roottask_create(), used by untypeds_create(). */
struct roottask {
    struct slot *slots;
    uint64_t *boot_info; /* the page, by physical address */
};

/** Make all objects of the roottask from free RAM; it is ready to run afterwards. */
void roottask_create(const struct payload *payload, struct roottask *out) LOCKED;

/** Hand out what is left of the machine: RAM, the payload, device memory. */
void untypeds_create(const struct payload *payload, struct roottask *roottask) LOCKED;
