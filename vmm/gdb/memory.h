/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * The guest's RAM by its own virtual addresses, as it would find it at EL1 now: through its own tables, whatever they forbid to read
 * or write there. Devices are not memory: nothing of them is touched. The guest is stopped.
 */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct vmm;

/** Where `address` lies; false if it is not mapped. */
bool gdb_memory_translate(struct vmm *vmm, uint64_t address, uint64_t *ipa);

/** Up to the first byte that is not mapped to RAM; returns how many bytes. */
size_t gdb_memory_read(struct vmm *vmm, uint64_t address, uint8_t *bytes, size_t size);
size_t gdb_memory_write(struct vmm *vmm, uint64_t address, const uint8_t *bytes, size_t size);

/** The same by intermediate physical addresses, within one page of 4 KiB; false unless it is RAM. */
bool gdb_memory_read_page(struct vmm *vmm, uint64_t ipa, void *bytes, size_t size);
bool gdb_memory_write_page(struct vmm *vmm, uint64_t ipa, const void *bytes, size_t size);
