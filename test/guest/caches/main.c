/* SPDX-License-Identifier: BSD-2-Clause */
/* Cache maintenance by address and by set and way, DC ZVA, code that is written and then run. */
#include "guest.h"

static uint8_t block[4096] __attribute__((aligned(4096)));
static uint32_t code[16] __attribute__((aligned(64)));

static void by_set_and_way(void)
{
    for (uint64_t set = 0; set < 64; set++) {
        uint64_t value = set << 6;
        __asm__ volatile("dc cisw, %0\n dc csw, %0\n dc isw, %0" : : "r"(value) : "memory");
    }
    __asm__ volatile("dsb sy");
}

int main(void)
{
    trap_clear();
    for (unsigned i = 0; i < sizeof(block); i++) {
        block[i] = (uint8_t)i;
    }
    uint64_t size = 4ull << (READ_SYSREG(dczid_el0) & 0xf);
    __asm__ volatile("dc zva, %0\n dsb sy" : : "r"(block + size + 5) : "memory");
    uint64_t sum = 0;
    for (unsigned i = 0; i < sizeof(block); i++) {
        sum = sum * 31 + ((volatile uint8_t *)block)[i];
    }
    trace("after zva", sum);
    trap_report("zva");
    __asm__ volatile("dc cvac, %0\n dc cvau, %0\n dc civac, %0\n dc ivac, %0\n dsb sy" : : "r"(block) : "memory");
    trap_report("by address");
    by_set_and_way();
    trap_report("by set and way");
    __asm__ volatile("ic iallu\n ic ialluis\n dsb sy\n isb");
    trap_report("instruction caches");
    for (uint32_t i = 0; i < 3; i++) {
        code[0] = 0xd2800000 | (0x100 + i) << 5; /* mov x0, #0x100 + i */
        code[1] = 0xd65f03c0;                    /* ret */
        __asm__ volatile("dc cvau, %0\n dsb sy\n ic ivau, %0\n dsb sy\n isb" : : "r"(code) : "memory");
        trace("written code returns", ((uint64_t (*)(void))code)());
    }
    __asm__ volatile("tlbi vmalle1\n tlbi vmalle1is\n tlbi alle1" : : : "memory");
    trap_report("tlbi alle1");
    return 0;
}
