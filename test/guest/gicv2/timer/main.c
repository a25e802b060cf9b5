/* SPDX-License-Identifier: BSD-2-Clause */
/* The virtual timer: ten ticks by WFI, its level line at the distributor, masking at the timer and at the GIC. */
#include "gicv2.h"

enum {
    INTID = 27,
};

static volatile unsigned tick_count;
static volatile uint64_t seen_intid, seen_active;

static void on_interrupt(struct frame *frame, unsigned vector)
{
    (void)frame;
    (void)vector;
    seen_intid = read32(GICC_IAR);
    seen_active = read32(GICD + 0x300) & (1u << INTID);
    WRITE_SYSREG(cntv_ctl_el0, 0);
    tick_count = tick_count + 1;
    write32(GICC_EOIR, (uint32_t)seen_intid);
}

static void wait_for_condition(void)
{
    while (!(READ_SYSREG(cntv_ctl_el0) & 4)) {
    }
}

int main(void)
{
    interrupt_hook = on_interrupt;
    gicv2_start();
    gicv2_enable(INTID);
    for (unsigned i = 0; i < 10; i++) {
        unsigned before = tick_count;
        WRITE_SYSREG(cntv_tval_el0, 20000);
        WRITE_SYSREG(cntv_ctl_el0, 1);
        while (tick_count == before) {
            __asm__ volatile("wfi");
            window();
        }
    }
    trace("ticks", tick_count);
    trace("intid", seen_intid);
    trace("active in handler", seen_active);
    trace("active after", read32(GICD + 0x300));
    trace("pending after", read32(GICD + 0x200));
    WRITE_SYSREG(cntv_tval_el0, 0);
    WRITE_SYSREG(cntv_ctl_el0, 1);
    wait_for_condition();
    trace("pending with the line high", read32(GICD + 0x200));
    trace("hppir", read32(GICC_HPPIR));
    trace("isr", READ_SYSREG(isr_el1));
    WRITE_SYSREG(cntv_ctl_el0, 3);
    trace("pending masked at the timer", read32(GICD + 0x200));
    trace("hppir", read32(GICC_HPPIR));
    WRITE_SYSREG(cntv_ctl_el0, 1);
    write32(GICD + 0x180, 1u << INTID);
    trace("pending disabled at the GIC", read32(GICD + 0x200));
    trace("hppir", read32(GICC_HPPIR));
    window();
    trace("ticks while disabled", tick_count);
    gicv2_enable(INTID);
    window();
    trace("ticks when enabled", tick_count);
    /* EOImode 1: the timer stays active, and does not come again, until GICC_DIR. */
    write32(GICC_CTLR, 0x201);
    WRITE_SYSREG(cntv_tval_el0, 0);
    WRITE_SYSREG(cntv_ctl_el0, 1);
    wait_for_condition();
    window();
    WRITE_SYSREG(cntv_ctl_el0, 1);
    wait_for_condition();
    window();
    trace("ticks before dir", tick_count);
    trace("active before dir", read32(GICD + 0x300));
    /* QEMU's virtual interface does not look at the physical line again when it deactivates (7.2, gic_cpu_write): let it rise once more. */
    WRITE_SYSREG(cntv_ctl_el0, 3);
    write32(GICC_DIR, INTID);
    trace("active after dir", read32(GICD + 0x300));
    WRITE_SYSREG(cntv_ctl_el0, 1);
    window();
    trace("ticks after dir", tick_count);
    return 0;
}
