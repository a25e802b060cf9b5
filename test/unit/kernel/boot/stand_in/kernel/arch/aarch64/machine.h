/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Found before the real header when kernel/boot is compiled for the host: the few things of the AArch64 machine that booting asks for, as
 * plain variables and functions of board.c. Everything else of the machine is arch/fake. Not here: what QEMU's boots test (test/system).
 */
#pragma once

#include "kernel/arch/arch.h"
#include "kernel/lib/base.h"

/** System registers by their names. */
struct board_registers {
    uint64_t id_aa64mmfr0_el1;
    uint64_t id_aa64isar0_el1;
    uint64_t id_aa64dfr0_el1;
    uint64_t hcr_el2;
    uint64_t vbar_el2;
    uint64_t cptr_el2;
    uint64_t tpidr_el0;
    uint64_t tpidr_el1;
    uint64_t sp_el1;
    uint64_t par_el1;
};

extern struct board_registers board_registers;
extern struct board_registers board_stuck; /* bits that cannot be cleared */

#define sysreg_read(name)         (board_registers.name)
#define sysreg_write(name, value) (board_registers.name = (uint64_t)(value) | board_stuck.name)
#define isb()                     ((void)0)
#define CPTR_RES1                 0x33fful
#define HCR_RW                    (1ul << 31)

/* The linker's symbols: where the kernel lies is the test's choice. */
#define _start             (*board_kernel_start)
#define __text_end         (*board_text_end)
#define __rodata_end       (*board_rodata_end)
#define __kernel_end       (*board_kernel_end)
#define kernel_stack_guard (*board_stack_guard)
#define exception_vectors  (*board_vectors)

/* The one instruction of the loop over the payload. */
#define __asm__(...) (crc = board_crc32x(crc, at[i]))
uint32_t board_crc32x(uint32_t crc, uint64_t word);

#define MMU_TEXT   0ul
#define MMU_RODATA 1ul
#define MMU_DATA   2ul
#define MMU_DEVICE 3ul

void mmu_map(uint64_t start, uint64_t end, uint64_t attributes);
void mmu_enable(void);
void vmid_init(void);
void guest_init(void);
void fpu_close(void);
void gic_init(void);
void fpu_load(const struct arch_fpu_state *state);
