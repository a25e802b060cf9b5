/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * EL2 stage 1 (Arm ARM DDI 0487, D8.3; TCR_EL2, SCTLR_EL2): 4 KiB granule, 39 bits, identity. Text is read-only and executable,
 * everything else is never executable (WXN holds it too); RAM is normal write-back memory, devices are nGnRE.
 */
#include "kernel/arch/aarch64/machine.h"
#include "kernel/boot/boot.h"

#define TABLE_COUNT 24

#define MAIR_VALUE   0x04fful /* 0: normal write-back; 1: device nGnRE */
#define TCR_EL2_RES1 (1ul << 31 | 1ul << 23)

static uint64_t tables[TABLE_COUNT][TABLE_ENTRIES] __attribute__((aligned(4096)));
static uint64_t tables_used = 1;

static uint64_t level_size(uint64_t level)
{
    return PAGE_BYTES << (9 * (3 - level));
}

/** Entry of `address` at `level`, with the tables above it. */
static uint64_t *entry_make(uint64_t address, uint64_t level)
{
    uint64_t *entry = &tables[0][address / level_size(1) % TABLE_ENTRIES];
    for (uint64_t at = 2; at <= level; at++) {
        if (*entry == 0) {
            boot_require(tables_used < TABLE_COUNT, "RAM is in too many pieces");
            *entry = (uint64_t)tables[tables_used++] | DESC_TABLE;
        }
        entry = (uint64_t *)(*entry & ~(PAGE_BYTES - 1)) + address / level_size(at) % TABLE_ENTRIES;
    }
    return entry;
}

void mmu_map(uint64_t start, uint64_t end, uint64_t attributes)
{
    while (start < end) {
        uint64_t level = 1;
        while (start % level_size(level) != 0 || end - start < level_size(level)) {
            level++;
        }
        *entry_make(start, level) = start | attributes | (level == 3 ? DESC_TABLE : DESC_BLOCK);
        start += level_size(level);
    }
}

void mmu_enable(void)
{
    uint64_t physical_range = sysreg_read(id_aa64mmfr0_el1) & 0xf;
    uint64_t tcr = TCR_EL2_RES1 | (physical_range > 5 ? 5 : physical_range) << 16 | 3ul << 12 | 1ul << 10 | 1ul << 8 |
                   (64 - SEL_LIMIT_ADDRESS_BITS);
    sysreg_write(mair_el2, MAIR_VALUE);
    sysreg_write(tcr_el2, tcr);
    sysreg_write(ttbr0_el2, (uint64_t)tables[0]);
    dsb_sy();
    isb();
    /* Whatever ran before us may have left entries and instructions behind (D8.14, D7.5). */
    __asm__ volatile("tlbi alle2\n\tic iallu\n\tdsb nsh\n\tisb" ::: "memory");
    sysreg_write(sctlr_el2, SCTLR_EL2_KERNEL);
    isb();
}
