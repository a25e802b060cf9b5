/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * The Untypeds the kernel gave at boot, and how far each is used up. The kernel allocates from the start of an Untyped upwards,
 * so its next address is known here without asking.
 * Invariant: `next` is the physical address at which the kernel continues, unless an object's alignment moves it up.
 */
#pragma once

#include <stdbool.h>
#include <stdint.h>

#include "gen/sel/invocations.h"

#define BOOT_UNTYPED_MAX 124 /* entries that fit into the boot information page */

struct boot_untyped {
    uint64_t physical;
    uint64_t next;
    uint64_t end;
    uint64_t kind; /* UNTYPED_KIND_... */
    sel_cap_t slot;
};

struct boot_memory {
    uint32_t count;
    uint64_t payload_physical;
    uint64_t first_free_slot;
    uint64_t slot_count;
    uint64_t spec_first_slot; /* the pages of spec.bin occupy the own slots from here to the end */
    uint64_t skip_slot;       /* own slots for Untypeds that only fill gaps: [skip_slot, skip_end) */
    uint64_t skip_end;
    struct boot_untyped untyped[BOOT_UNTYPED_MAX];
};

/** Read the boot information page. False if it is none or lists more than fits. */
bool boot_memory_read(struct boot_memory *memory, const uint64_t *boot_info);

/** RAM with room for 2^size_bits bytes, or NULL. */
struct boot_untyped *boot_memory_find_ram(struct boot_memory *memory, uint64_t size_bits);

/** Memory not used yet that contains `physical`, or NULL. `is_device` tells which kind is wanted: device or preloaded. */
struct boot_untyped *boot_memory_find_address(struct boot_memory *memory, uint64_t physical, bool is_device);

/** The preloaded memory at the lowest address: spec.bin is at its start. NULL if there is none. */
struct boot_untyped *boot_memory_find_spec(struct boot_memory *memory);

/** Retype one object and follow the Untyped's next address. */
sel_err_t boot_untyped_take(struct boot_untyped *untyped, uint64_t type, uint64_t size_bits, uint64_t slot,
                            uint64_t count);

/** Fill the gap up to `physical` with Untypeds. `next` stays below it if the skip slots run out. */
sel_err_t boot_memory_skip_to(struct boot_memory *memory, struct boot_untyped *untyped, uint64_t physical);
