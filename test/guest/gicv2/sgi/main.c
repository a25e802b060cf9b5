/* SPDX-License-Identifier: BSD-2-Clause */
/* Software-generated interrupts by GICD_SGIR: to a list, to oneself, to the others; GICD_CPENDSGIR, GICD_SPENDSGIR; states on the way. */
#include "gicv2.h"

static volatile uint64_t last_iar, last_active, count;

static void on_interrupt(struct frame *frame, unsigned vector)
{
    (void)frame;
    (void)vector;
    last_iar = read32(GICC_IAR);
    last_active = read32(GICD + 0x300);
    count = count + 1;
    write32(GICC_EOIR, (uint32_t)last_iar);
}

static void report(const char *name)
{
    trace(name, read32(GICD + 0x200));
    window();
    trace("  count", count);
    trace("  iar", last_iar);
    trace("  active in handler", last_active);
    trace("  active", read32(GICD + 0x300));
    trace("  pending", read32(GICD + 0x200));
    count = 0;
    last_iar = 0;
    last_active = 0;
}

int main(void)
{
    interrupt_hook = on_interrupt;
    gicv2_start();
    trace("enabled", read32(GICD + 0x100) & 0xffff);
    write32(GICD + 0x180, 0xffff);
    trace("cannot be disabled", read32(GICD + 0x100) & 0xffff);
    write32(GICD + 0xf00, 1u << 16 | 5);
    report("to a list with us");
    write32(GICD + 0xf00, 2u << 16 | 5);
    report("to another");
    write32(GICD + 0xf00, 1u << 24 | 0xff << 16 | 5);
    report("to all others");
    write32(GICD + 0xf00, 2u << 24 | 9);
    report("to oneself");
    write32(GICD + 0x200, 1u << 4);
    report("by ispendr");
    write8(GICD + 0xf20 + 7, 1);
    trace("spendsgir", read32(GICD + 0xf24));
    trace("cpendsgir byte", read8(GICD + 0xf10 + 7));
    report("by spendsgir");
    write32(GICD + 0xf00, 2u << 24 | 3);
    write32(GICD + 0x280, 1u << 3);
    trace("not taken back by icpendr", read32(GICD + 0x200));
    write32(GICD + 0xf10, 1u << 24);
    report("taken back by cpendsgir");
    for (unsigned i = 0; i < 16; i++) {
        write32(GICD + 0xf00, 2u << 24 | i);
    }
    trace("all pending", read32(GICD + 0x200));
    window();
    report("all of them");
    return 0;
}
