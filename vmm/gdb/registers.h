/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * The guest's registers by the numbers gdb knows them by: x0..x30, sp, pc, cpsr (feature org.gnu.gdb.aarch64.core), then the system
 * registers of EL1. The guest is stopped. FPU and SIMD registers are out of a VMM's reach.
 */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

enum {
    GDB_REGISTER_SP = 31,
    GDB_REGISTER_PC = 32,
    GDB_REGISTER_CPSR = 33,
    GDB_REGISTER_CORE_COUNT = 34, /* what packet `g` holds */
};

/** Bytes of a register, 0 if there is none of that number. */
size_t gdb_register_bytes(uint64_t number);

/** `number` is that of a register. */
uint64_t gdb_register_read(uint64_t number);
void gdb_register_write(uint64_t number, uint64_t value);

/** The target description (XML); its text stays. */
const char *gdb_registers_description(void);
