/* SPDX-License-Identifier: BSD-2-Clause */
/* Software-generated interrupts: to oneself in both groups, to nobody, pending and active states. */
#include "guest.h"

static volatile uint64_t last_vector, last_intid, count;

static void on_interrupt(struct frame *frame, unsigned vector)
{
    (void)frame;
    last_vector = vector;
    count = count + 1;
    if (vector % 4 == 1) {
        last_intid = READ_SYSREG(icc_iar1_el1);
        WRITE_SYSREG(icc_eoir1_el1, last_intid);
    } else {
        last_intid = READ_SYSREG(icc_iar0_el1);
        WRITE_SYSREG(icc_eoir0_el1, last_intid);
    }
}

static void report(const char *name)
{
    interrupts_unmask();
    __asm__ volatile("isb");
    interrupts_mask();
    put(name);
    trace(" count", count);
    trace("  intid", last_intid);
    trace("  vector", last_vector);
    trace("  pending", read32(GICR_SGI + 0x200));
    trace("  active", read32(GICR_SGI + 0x300));
    count = 0;
    last_intid = 0;
    last_vector = 0;
}

int main(void)
{
    interrupt_hook = on_interrupt;
    gic_start();
    WRITE_SYSREG(icc_igrpen0_el1, 1);
    write32(GICR_SGI + 0x100, 0xffff);
    WRITE_SYSREG(icc_sgi1r_el1, 5ull << 24 | 1);
    trace("pending before", read32(GICR_SGI + 0x200));
    report("sgi 5");
    WRITE_SYSREG(icc_sgi1r_el1, 5ull << 24 | 2);
    report("to cpu 1");
    WRITE_SYSREG(icc_sgi1r_el1, 5ull << 24 | 1ull << 40 | 1);
    report("to all others");
    WRITE_SYSREG(icc_sgi1r_el1, 5ull << 24 | 1ull << 16 | 1);
    report("to affinity 1");
    WRITE_SYSREG(icc_sgi1r_el1, 5ull << 24 | 1ull << 44 | 1);
    report("to range 1");
    write32(GICR_SGI + 0x80, ~(1u << 3));
    WRITE_SYSREG(icc_sgi1r_el1, 3ull << 24 | 1);
    report("sgi 3 in group 0 by sgi1r");
    WRITE_SYSREG(icc_sgi0r_el1, 3ull << 24 | 1);
    report("sgi 3 in group 0 by sgi0r");
    WRITE_SYSREG(icc_asgi1r_el1, 3ull << 24 | 1);
    report("sgi 3 in group 0 by asgi1r");
    WRITE_SYSREG(icc_asgi1r_el1, 5ull << 24 | 1);
    report("sgi 5 by asgi1r");
    write32(GICR_SGI + 0x200, 1u << 9);
    report("sgi 9 by ispendr");
    for (unsigned i = 0; i < 16; i++) {
        WRITE_SYSREG(icc_sgi1r_el1, (uint64_t)i << 24 | 1);
    }
    trace("all pending", read32(GICR_SGI + 0x200));
    write32(GICR_SGI + 0x280, 0xff);
    trace("half cleared", read32(GICR_SGI + 0x200));
    interrupts_unmask();
    __asm__ volatile("isb");
    interrupts_mask();
    report("half of them");
    return 0;
}
