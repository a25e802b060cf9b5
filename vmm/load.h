/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Filling a guest's RAM as a loader would, a Frame at a time (ram.h): the pieces of its images at their addresses, zeroes elsewhere, all of it
 * clean to the point of coherency, for the guest starts with its caches off (Arm ARM DDI 0487, D7.5.6).
 */
#pragma once

#include <stdbool.h>

#include "sel/spec.h"

/** NULL if the pieces are ascending, disjoint and inside RAM; else a sentence that says what is wrong. */
const char *load_check(const struct sel_guest *guest);

/** Fill `size` bytes of RAM from `address` on as at the first start; is_zero_already: nothing was written there yet. */
void load_range(const struct sel_guest *guest, uint64_t address, uint64_t size, bool is_zero_already);

/** PC, x0..x3 and PSTATE at the first instruction, everything else zero. */
void load_registers(const struct sel_guest *guest);
