/* SPDX-License-Identifier: BSD-2-Clause */
/* Stage 1 on and off: identity and shifted mappings, devices through it, translation and permission faults, AT, TTBR1, table walks into nothing. */
#include "guest.h"

static uint64_t level1[512] __attribute__((aligned(4096)));
static uint64_t level2[512] __attribute__((aligned(4096)));
static uint64_t high1[512] __attribute__((aligned(4096)));
static uint64_t target = 0x1122334455667788;

enum {
    BLOCK = 1,
    TABLE = 3,
    ACCESSED = 1 << 10,
    SHARED = 3 << 8,
    READ_ONLY = 2 << 6,
    DEVICE = 1 << 2,
    GIGABYTE = 1 << 30,
    MEGABYTES_2 = 2 << 20,
};

static void flush(void)
{
    __asm__ volatile("dsb sy\n tlbi vmalle1\n dsb sy\n isb" : : : "memory");
}

static void translate(const char *name, uint64_t address)
{
    __asm__ volatile("at s1e1r, %0\n isb" : : "r"(address) : "memory");
    put(name);
    trace(" par", READ_SYSREG(par_el1));
}

static void try_read(const char *name, uint64_t address)
{
    trap_clear();
    uint64_t value = read64(address);
    bool is_read = trapped.count == 0;
    trap_report(name);
    if (is_read) {
        trace("  value", value);
    }
}

int main(void)
{
    level1[0] = 0 | BLOCK | ACCESSED | DEVICE;
    level1[1] = (uint64_t)level2 | TABLE;
    level1[3] = GIGABYTE | BLOCK | ACCESSED | SHARED | READ_ONLY;
    for (uint64_t i = 0; i < 256; i++) {
        level2[i] = (GIGABYTE + i * MEGABYTES_2) | BLOCK | ACCESSED | SHARED;
    }
    high1[511] = GIGABYTE | BLOCK | ACCESSED | SHARED;
    WRITE_SYSREG(mair_el1, 0x00ff);
    WRITE_SYSREG(ttbr0_el1, (uint64_t)level1);
    WRITE_SYSREG(ttbr1_el1, (uint64_t)high1);
    WRITE_SYSREG(tcr_el1, 25ull | 25ull << 16 | 2ull << 30 | 0x35ull << 8 | 0x35ull << 24 | 2ull << 32);
    flush();
    WRITE_SYSREG(sctlr_el1, READ_SYSREG(sctlr_el1) | 1 | 4 | 1 << 12);
    put("stage 1 is on\n");
    uint64_t at = (uint64_t)&target;
    try_read("identity", at);
    try_read("shifted", at + 2ull * GIGABYTE);
    try_read("high half", at - GIGABYTE + 0xffffffffc0000000);
    trap_clear();
    write64(at + 2ull * GIGABYTE, 1);
    trap_report("write to read-only");
    try_read("unmapped", 0x100000000);
    try_read("beyond the tables", 0x8000000000);
    level2[255] = 0;
    flush();
    try_read("level 2 unmapped", GIGABYTE + 255ull * MEGABYTES_2);
    level2[255] = (GIGABYTE + 255ull * MEGABYTES_2) | BLOCK;
    flush();
    try_read("access flag", GIGABYTE + 255ull * MEGABYTES_2);
    translate("identity", at);
    translate("shifted", at + 2ull * GIGABYTE);
    translate("unmapped", 0x100000000);
    translate("uart", UART);
    level2[255] = 0x7000000000 | BLOCK | ACCESSED;
    flush();
    try_read("mapped to nothing", GIGABYTE + 255ull * MEGABYTES_2 + 0x18);
    level1[2] = 0x7000000000 | TABLE;
    flush();
    try_read("walk into nothing", 2ull * GIGABYTE + 0x18);
    level2[254] = 0x7000000000 | TABLE;
    flush();
    try_read("deeper walk into nothing", GIGABYTE + 254ull * MEGABYTES_2 + 0x18);
    WRITE_SYSREG(sctlr_el1, READ_SYSREG(sctlr_el1) & ~(uint64_t)(1 | 4));
    put("stage 1 is off\n");
    try_read("identity", at);
    return 0;
}
