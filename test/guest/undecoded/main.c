/* SPDX-License-Identifier: BSD-2-Clause */
/* Device accesses for which the hardware gives no syndrome: pairs and write-back, at the UART's and the distributor's registers. */
#include "guest.h"

#define LOAD(text, address)                                                                                            \
    do {                                                                                                               \
        uint64_t base_ = (address), a_ = 0x1111, b_ = 0x2222;                                                          \
        __asm__ volatile(text : "+r"(base_), "+r"(a_), "+r"(b_) : : "memory");                                         \
        put(text);                                                                                                     \
        trace("\n  first", a_);                                                                                        \
        trace("  second", b_);                                                                                         \
        trace("  base", base_ - (address));                                                                            \
        trap_report("  trapped");                                                                                      \
    } while (0)

#define STORE(text, address)                                                                                           \
    do {                                                                                                               \
        uint64_t base_ = (address);                                                                                    \
        uint64_t a_ = 0x12345678aabbccdd, b_ = 0x55667788;                                                             \
        __asm__ volatile(text : "+r"(base_) : "r"(a_), "r"(b_) : "memory");                                            \
        put(text);                                                                                                     \
        trace("\n  base", base_ - (address));                                                                          \
        trap_report("  trapped");                                                                                      \
    } while (0)

static void show(uint64_t address)
{
    trace("    now low", read32(address));
    trace("    now high", read32(address + 4));
}

int main(void)
{
    uint64_t id = UART + 0xfe0;
    uint64_t priorities = GICD + 0x440;
    trap_clear();
    LOAD("ldp %1, %2, [%0]", id);
    LOAD("ldp %w1, %w2, [%0, #8]", id);
    LOAD("ldp %w1, %w2, [%0], #16", id);
    LOAD("ldp %w1, %w2, [%0, #16]!", id);
    LOAD("ldpsw %1, %2, [%0, #16]", id);
    LOAD("ldnp %w1, %w2, [%0, #16]", id);
    LOAD("ldr %w1, [%0], #4", id);
    LOAD("ldr %1, [%0, #16]!", id);
    LOAD("ldrb %w1, [%0], #1", id);
    LOAD("ldrsb %1, [%0, #0x1c]!", id);
    LOAD("ldrsb %w1, [%0, #0x1c]!", id);
    LOAD("ldrh %w1, [%0, #-4]!", id + 8);
    LOAD("ldrsh %1, [%0], #-4", id + 28);
    LOAD("ldrsw %1, [%0], #4", id);
    STORE("stp %w1, %w2, [%0]", priorities);
    show(priorities);
    STORE("stp %w1, %w2, [%0, #8]!", priorities);
    show(priorities + 8);
    STORE("stp %w2, %w1, [%0], #-16", priorities + 16);
    show(priorities + 16);
    STORE("str %w1, [%0], #4", priorities + 24);
    STORE("strb %w2, [%0, #1]!", priorities + 24);
    STORE("strb wzr, [%0], #7", priorities + 26);
    show(priorities + 24);
    STORE("stp xzr, %1, [%0]", GICD + 0x6100);
    show(GICD + 0x6100);
    show(GICD + 0x6108);
    put("with syndrome\n"); /* the same extensions, made by the kernel */
    STORE("str %w1, [%0]", priorities);
    LOAD("ldrsb %1, [%0]", priorities + 3);
    LOAD("ldrsb %w1, [%0]", priorities + 3);
    LOAD("ldrb %w1, [%0]", priorities + 3);
    LOAD("ldrsw %1, [%0]", priorities);
    LOAD("ldr %w1, [%0]", priorities);
    WRITE_SYSREG(sp_el0, 0x11223344); /* register 31 of a store is zero */
    STORE("str wzr, [%0]", priorities);
    show(priorities);
    WRITE_SYSREG(par_el1, 0x12345000);
    LOAD("ldp %w1, %w2, [%0]", id);
    trace("result of a translation before", READ_SYSREG(par_el1)); /* the VMM's translations are not the guest's */
    uint64_t edge = UART + 0xffc;
    LOAD("ldp %w1, %w2, [%0], #16", edge);
    LOAD("ldp %w1, %w2, [%0], #16", edge + 4);
    LOAD("ldr %w1, [%0, #8]!", edge);
    return 0;
}
