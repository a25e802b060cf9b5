/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * The kernel's own address space: EL2 stage 1, identity mapped. Made once at boot, never changed.
 */
#pragma once

#include <stdbool.h>
#include <stdint.h>

enum mmu_kind {
    MMU_TEXT,
    MMU_RODATA,
    MMU_DATA,
    MMU_DEVICE,
};

/** Map [start, end), page aligned, not mapped yet; false when the boot tables are used up. MMU still off. */
bool mmu_map(uint64_t start, uint64_t end, enum mmu_kind kind);

/** Switch MMU and caches on. */
void mmu_enable(void);
