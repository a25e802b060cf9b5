/* SPDX-License-Identifier: BSD-2-Clause */
/* The physical timer: ten ticks by WFI, its level line at the redistributor, masking at the timer and at the GIC. */
#include "guest.h"

enum {
    INTID = 30,
};

static volatile unsigned tick_count;
static volatile uint64_t seen_intid, seen_active;

static void on_interrupt(struct frame *frame, unsigned vector)
{
    (void)frame;
    (void)vector;
    uint64_t intid = READ_SYSREG(icc_iar1_el1);
    seen_intid = intid;
    seen_active = read32(GICR_SGI + 0x300) & (1u << INTID);
    WRITE_SYSREG(cntp_ctl_el0, 0);
    tick_count = tick_count + 1;
    WRITE_SYSREG(icc_eoir1_el1, intid);
}

static void wait_for_condition(void)
{
    while (!(READ_SYSREG(cntp_ctl_el0) & 4)) {
    }
}

int main(void)
{
    interrupt_hook = on_interrupt;
    gic_start();
    gic_enable(INTID);
    for (unsigned i = 0; i < 10; i++) {
        unsigned before = tick_count;
        WRITE_SYSREG(cntp_tval_el0, 20000);
        WRITE_SYSREG(cntp_ctl_el0, 1);
        while (tick_count == before) {
            __asm__ volatile("wfi");
            interrupts_unmask();
            __asm__ volatile("isb");
            interrupts_mask();
        }
    }
    trace("ticks", tick_count);
    trace("intid", seen_intid);
    trace("active in handler", seen_active);
    trace("active after", read32(GICR_SGI + 0x300));
    trace("pending after", read32(GICR_SGI + 0x200));

    WRITE_SYSREG(cntp_tval_el0, 0);
    WRITE_SYSREG(cntp_ctl_el0, 1);
    wait_for_condition();
    trace("ctl", READ_SYSREG(cntp_ctl_el0));
    trace("pending with the line high", read32(GICR_SGI + 0x200));
    trace("hppir", READ_SYSREG(icc_hppir1_el1));
    trace("isr", READ_SYSREG(isr_el1));
    WRITE_SYSREG(cntp_ctl_el0, 3);
    trace("ctl masked", READ_SYSREG(cntp_ctl_el0));
    trace("pending masked at the timer", read32(GICR_SGI + 0x200));
    trace("hppir", READ_SYSREG(icc_hppir1_el1));
    WRITE_SYSREG(cntp_ctl_el0, 1);
    write32(GICR_SGI + 0x180, 1u << INTID);
    trace("pending disabled at the GIC", read32(GICR_SGI + 0x200));
    trace("hppir", READ_SYSREG(icc_hppir1_el1));
    interrupts_unmask();
    __asm__ volatile("isb");
    trace("ticks while disabled", tick_count);
    gic_enable(INTID);
    __asm__ volatile("isb");
    trace("ticks when enabled", tick_count);
    gic_set_priority(INTID, 0x20);
    trace("priority", read8(GICR_SGI + 0x400 + INTID));
    return 0;
}
