/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * VSpace: an address space (stage 2), native or guest from its creation. The object's memory is its own: this header in the first
 * 4 KiB, the root table in the second, a pool of tables in the rest.
 *
 * Invariant V1: every page of the pool is on the free list, one table of this VSpace, or was never used; free_count counts the first and last.
 * Invariant V2: space_table[space_id].vspace points here and its generation equals space_gen; a Frame capability with another
 *               generation is not mapped.
 */
#pragma once

#include "kernel/arch/arch.h"

#define VSPACE_OWN_PAGES 2 /* header and root table: not in the pool */

struct vspace {
    struct arch_vspace arch; /* root, tables, VTTBR_EL2 */
    uint64_t free_tables;    /* physical address of the first free table; linked through their first word; 0 = none */
    uint64_t table_count;    /* whole pool */
    uint64_t free_count;
    uint32_t space_id;
    uint32_t space_gen;
    bool is_guest;
};

/** Whether an id is left for one more VSpace (Retype asks before it commits). */
bool vspace_id_is_available(uint64_t count) LOCKED;
/** Make a VSpace in `1 << size_bits` zeroed bytes at `address`; takes an id. */
void vspace_create(uint64_t address, uint64_t size_bits, bool is_guest) LOCKED;
/** The VSpace a Frame capability is mapped in, or NULL (not mapped, or that VSpace is gone). */
struct vspace *vspace_of_frame(struct cap frame_cap) LOCKED;
/** Last capability went. */
void vspace_destroy(struct vspace *vspace) LOCKED;
