/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Memory that nothing has touched before, touched by each kind of access: loads, stores, pairs, exclusives, maintenance, fetches, over borders, by
 * table walks. On the bare machine it is memory like any other; the VMM gives it to its guest then (docs/adr/0027).
 */
#include "guest.h"

enum {
    BLOCK = 1,
    TABLE = 3,
    PAGE = 3,
    ACCESSED = 1 << 10,
    SHARED = 3 << 8,
    DEVICE = 1 << 2,
    MEGABYTES_2 = 2 << 20,
    ROUTERS =
        GICD +
        0x6000, /* its last word belongs to no interrupt there is; the UART's loads may be answered without an exit */
    UNTOUCHED = 0x50000000, /* far from the image, and from where initrd and device tree would be */
};

static uint64_t level1[512] __attribute__((aligned(4096)));
static uint64_t level2[512] __attribute__((aligned(4096)));
static uint64_t level3[512] __attribute__((aligned(4096)));
static uint64_t next = UNTOUCHED;

/* Each in 2 MiB of its own. */
static uint64_t untouched(void)
{
    next += MEGABYTES_2;
    return next;
}

#define TOUCH(name, instruction)                                                                                       \
    do {                                                                                                               \
        uint64_t at_ = untouched() + 0x1040;                                                                           \
        uint64_t x_ = 0x1111, y_ = 0x2222;                                                                             \
        uint32_t status_ = 7;                                                                                          \
        trap_clear();                                                                                                  \
        __asm__ volatile(instruction : "+r"(x_), "+r"(y_), "+r"(status_), "+r"(at_) : : "memory");                     \
        trap_report(name);                                                                                             \
        trace("  first", x_);                                                                                          \
        trace("  second", y_);                                                                                         \
        trace("  status", status_);                                                                                    \
        trace("  address", at_);                                                                                       \
        trace("  memory", *(volatile uint64_t *)(at_ & ~63ull));                                                       \
    } while (0)

static void by_instruction(void)
{
    TOUCH("ldr", "ldr %0, [%3]");
    TOUCH("str", "str %0, [%3]");
    TOUCH("strb", "strb %w0, [%3, #3]");
    TOUCH("ldrsw post", "ldrsw %0, [%3], #8");
    TOUCH("ldp", "ldp %0, %1, [%3]");
    TOUCH("stp pre", "stp %0, %1, [%3, #-64]!");
    TOUCH("ldxr stxr", "ldxr %1, [%3]\n stxr %w2, %0, [%3]");
    TOUCH("ldaxp stlxp", "ldaxp %0, %1, [%3]\n stlxp %w2, %1, %0, [%3]");
    TOUCH("ldar", "ldar %0, [%3]");
    TOUCH("stlr", "stlr %0, [%3]");
    TOUCH("dc zva", "dc zva, %3");
    TOUCH("dc civac", "dc civac, %3\n dsb sy");
    TOUCH("dc ivac", "dc ivac, %3\n dsb sy");
    TOUCH("dc cvau", "dc cvau, %3\n dsb sy");
    TOUCH("ic ivau", "ic ivau, %3\n dsb sy\n isb");
    TOUCH("prfm", "prfm pldl1keep, [%3]");
    TOUCH("str q", ".arch_extension fp\n fmov d0, %0\n str q0, [%3]");
    TOUCH("ld1 st1", ".arch_extension simd\n ld1 {v0.16b}, [%3]\n st1 {v0.16b}, [%3]");
}

/* The last bytes of one Frame and the first of the next, neither touched before; both begin at an even address. */
static void over_a_border(void)
{
    uint64_t border = untouched() + MEGABYTES_2;
    next += 2 * (uint64_t)MEGABYTES_2;
    trace("before the border", read64(border - 8));
    write64(border, 0x5555666677778888);
    trace("behind", read64(border));
    border = untouched() + MEGABYTES_2;
    next += 2 * (uint64_t)MEGABYTES_2;
    __asm__ volatile("stp %0, %1, [%2, #-8]" : : "r"(0x1234ull), "r"(0x5678ull), "r"(border) : "memory");
    trace("pair before", read64(border - 8));
    trace("pair behind", read64(border));
}

static uint64_t back;

static bool on_trap(struct frame *frame, unsigned vector)
{
    if (frame->elr < UNTOUCHED) {
        return false;
    }
    trace("fetch vector", vector);
    trace("fetch esr", frame->esr);
    trace("fetch elr", frame->elr);
    frame->elr = back;
    return true;
}

/* There is no instruction in zeroes. */
static void by_fetch(void)
{
    uint64_t at = untouched() + 0x200;
    trap_hook = on_trap;
    __asm__ volatile("adr x9, 1f\n str x9, [%1]\n br %0\n 1:" : : "r"(at), "r"(&back) : "x9", "memory");
    trap_hook = 0;
}

static void flush(void)
{
    __asm__ volatile("dsb sy\n tlbi vmalle1\n dsb sy\n isb" : : : "memory");
}

static void stage1_on(void)
{
    level1[0] = 0 | BLOCK | ACCESSED | DEVICE;
    level1[1] = (uint64_t)level2 | TABLE;
    level1[2] = untouched() | TABLE;
    for (uint64_t i = 0; i < 256; i++) {
        level2[i] = (0x40000000 + i * MEGABYTES_2) | BLOCK | ACCESSED | SHARED;
    }
    level2[300] = untouched() | TABLE;
    level2[301] = (uint64_t)level3 | TABLE;
    level3[0] = ROUTERS | PAGE | ACCESSED | DEVICE;
    level3[1] = untouched() | PAGE | ACCESSED | SHARED;
    level3[511] = ROUTERS | PAGE | ACCESSED | DEVICE;
    level2[302] = untouched() | TABLE;
    WRITE_SYSREG(mair_el1, 0x00ff);
    WRITE_SYSREG(ttbr0_el1, (uint64_t)level1);
    WRITE_SYSREG(tcr_el1, 25ull | 1ull << 23 | 0x35ull << 8 | 2ull << 32);
    flush();
    WRITE_SYSREG(sctlr_el1, READ_SYSREG(sctlr_el1) | 1 | 4 | 1 << 12);
}

static uint64_t address_of(uint64_t index2, uint64_t index3)
{
    return 0x40000000 + index2 * MEGABYTES_2 + index3 * 4096;
}

static void try_pair(const char *name, uint64_t address)
{
    uint64_t x = 0x1111, y = 0x2222;
    trap_clear();
    __asm__ volatile("ldp %w0, %w1, [%2]" : "+r"(x), "+r"(y) : "r"(address) : "memory");
    trap_report(name);
    trace("  first", x);
    trace("  second", y);
}

/* Tables of zeroes map nothing, and say so at their own level. */
static void by_table_walk(void)
{
    stage1_on();
    trap_clear();
    (void)read64(0x80000000);
    trap_report("level 2 untouched");
    (void)read64(address_of(300, 5));
    trap_report("level 3 untouched");
    level2[303] = untouched() | TABLE;
    flush();
    __asm__ volatile("at s1e1r, %0\n isb" : : "r"(address_of(303, 5)) : "memory");
    trace("translated", READ_SYSREG(par_el1) & 0x7f);
    level2[304] = untouched() | TABLE;
    flush();
    __asm__ volatile("at s1e1w, %0\n isb" : : "r"(address_of(304, 7)) : "memory");
    trace("translated for a write", READ_SYSREG(par_el1) & 0x7f);
    try_pair("from a device to untouched memory", address_of(301, 0) + 0xffc);
    try_pair("from a device to an untouched table", address_of(301, 511) + 0xffc);
    TOUCH("cached ldr", "ldr %0, [%3]");
    TOUCH("cached str", "str %0, [%3]");
    TOUCH("cached ldxr stxr", "ldxr %1, [%3]\n stxr %w2, %0, [%3]");
}

int main(void)
{
    WRITE_SYSREG(cpacr_el1, 3ull << 20);
    by_instruction();
    over_a_border();
    by_fetch();
    by_table_walk();
    return 0;
}
