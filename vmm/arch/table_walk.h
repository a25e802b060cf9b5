/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * At which level a guest's own table walk left its memory. The hardware tells where the walk's access went and that it was one
 * (ESR.S1PTW), not the stage 1 level, which the abort's fault status needs (Arm ARM DDI 0487, D17.2.37, DFSC 0b0101LL).
 */
#pragma once

#include <stdint.h>

struct vmm;

/** address: what was being translated; table: IPA the walk could not read. Level 0..3; -1 if the walk does not lead there. */
int table_walk_level(struct vmm *vmm, uint64_t address, uint64_t table);

/** Let the guest have the RAM of all tables that lead to `address`. The level of the table that is not RAM; -1 if there is none. */
int table_walk_reach(struct vmm *vmm, uint64_t address);
