/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Cache maintenance by physical address (identity mapped) and fast zeroing (Arm ARM DDI 0487, D7.5; CTR_EL0, DCZID_EL0).
 * The emulator models no cache: held by review.
 */
#include "kernel/arch/aarch64/machine.h"

#define DCZID_PROHIBITED (1ul << 4)
#define CTR_L1IP_PIPT    3

void arch_zero(uint64_t address, uint64_t length)
{
    uint64_t dczid = sysreg_read(dczid_el0);
    uint64_t block = 4ul << (dczid & 0xf);
    uint64_t end = address + length;
    if ((dczid & DCZID_PROHIBITED) == 0 && address % block == 0 && length % block == 0) {
#pragma clang loop unroll_count(32)
        /* bound: ZERO_CHUNK_BYTES / 64; unrolled 32; assumed: blocks of DC ZVA have 64 bytes or more */
        for (uint64_t count = length / block; count > 0; count--, address += block) {
            __asm__ volatile("dc zva, %0" ::"r"(address) : "memory");
        }
        return;
    }
    for (; address < end; address += 16) { /* bound: ZERO_CHUNK_BYTES / 16 */
        __asm__ volatile("stp xzr, xzr, [%0]" ::"r"(address) : "memory");
    }
}

/** `operation` on every line of [address, end); unrolled, since 64 KiB of lines must fit into the bound of H9. */
#define for_each_line(line, operation)                                                                                 \
    _Pragma("clang loop unroll_count(8)") for (uint64_t at_ = address & ~((line) - 1),                                 \
                                               count_ = (end - at_ + (line) - 1) / (line);                             \
                                               count_ > 0; count_--, at_ += (line))                                    \
    {                                                                                                                  \
        __asm__ volatile(operation ", %0" ::"r"(at_) : "memory");                                                      \
    }

/** Another virtual alias executes it: unless the cache is indexed physically, all of it must go (D7.5.9). */
static void instruction_invalidate(uint64_t address, uint64_t end)
{
    if (((sysreg_read(ctr_el0) >> 14) & 3) == CTR_L1IP_PIPT) {
        uint64_t line = 4ul << (sysreg_read(ctr_el0) & 0xf);
        /* bound: SEL_LIMIT_CACHE_LENGTH_MAX / 64 + 1; unrolled 8; assumed: lines have 64 bytes or more */
        for_each_line(line, "ic ivau");
    } else {
        __asm__ volatile("ic ialluis" ::: "memory");
    }
    dsb_ish();
    isb();
}

/* NOLINTNEXTLINE(readability-function-cognitive-complexity): the loops of the macro count, not its reader. */
void arch_cache(uint64_t operation, uint64_t address, uint64_t length)
{
    uint64_t end = address + length;
    uint64_t line = 4ul << ((sysreg_read(ctr_el0) >> 16) & 0xf);
    if (operation == CACHE_OPERATION_CLEAN) {
        /* bound: SEL_LIMIT_CACHE_LENGTH_MAX / 64 + 1; unrolled 8; assumed: lines have 64 bytes or more */
        for_each_line(line, "dc cvac");
        dsb_sy();
    } else if (operation == CACHE_OPERATION_UNIFY) {
        /* bound: SEL_LIMIT_CACHE_LENGTH_MAX / 64 + 1; unrolled 8; assumed: lines have 64 bytes or more */
        for_each_line(line, "dc cvau");
        dsb_ish();
        instruction_invalidate(address, end);
    } else {
        /* CACHE_OPERATION_INVALIDATE, too, not by DC IVAC: dropping the zeroes of Retype would show what was there before. */
        /* bound: SEL_LIMIT_CACHE_LENGTH_MAX / 64 + 1; unrolled 8; assumed: lines have 64 bytes or more */
        for_each_line(line, "dc civac");
        dsb_sy();
    }
}
