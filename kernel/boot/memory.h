/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * What of the machine is RAM, and what of it is still free while booting. After boot only memory_is_ram() is asked.
 *
 * Invariant: RAM regions are page aligned and have no byte in common; free regions lie in them and are page aligned
 * (one whose end is not above its start is empty).
 */
#pragma once

#include "kernel/lib/base.h"

struct region {
    uint64_t start;
    uint64_t end;
};

/** RAM found (page aligned); false when the table is full or some of it is known already: it could be handed out twice. */
bool memory_add_ram(uint64_t start, uint64_t end);

/** Whether [address, address + length) is RAM that the kernel maps. */
bool memory_is_ram(uint64_t address, uint64_t length);

/** Take [start, end) out of the free regions. */
void memory_reserve(uint64_t start, uint64_t end);

/** Take a zeroed, aligned block of `1 << size_bits` bytes, a page at least, out of the smallest region that has one, which must be. */
uint64_t memory_take(uint64_t size_bits);

/** Behind the last region of either is one that ends at 0. */
extern struct region memory_ram[];
extern struct region memory_free[];

/* --- fdt.c --- */

/** Tell memory_add_ram() of every /memory node of the tree at `address`, which must be one and name RAM. */
void fdt_find_ram(uint64_t address);
