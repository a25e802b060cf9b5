/* SPDX-License-Identifier: BSD-2-Clause */
/* WFI and WFE: wake by a masked interrupt, by a timer, with something pending already; suspend to standby. */
#include "guest.h"

static volatile unsigned count;

static void on_interrupt(struct frame *frame, unsigned vector)
{
    (void)frame;
    (void)vector;
    uint64_t intid = READ_SYSREG(icc_iar1_el1);
    WRITE_SYSREG(cntv_ctl_el0, 0);
    count = count + 1;
    WRITE_SYSREG(icc_eoir1_el1, intid);
}

static void arm_timer(uint64_t ticks)
{
    WRITE_SYSREG(cntv_tval_el0, ticks);
    WRITE_SYSREG(cntv_ctl_el0, 1);
}

int main(void)
{
    interrupt_hook = on_interrupt;
    gic_start();
    gic_enable(27);
    gic_enable(1);
    arm_timer(30000);
    __asm__ volatile("wfi");
    trace("woken with interrupts masked, timer fired", READ_SYSREG(cntv_ctl_el0));
    trace("handled", count);
    __asm__ volatile("wfi");
    put("second wfi fell through\n");
    interrupts_unmask();
    __asm__ volatile("isb");
    trace("handled", count);
    interrupts_mask();
    WRITE_SYSREG(icc_sgi1r_el1, 1ull << 24 | 1);
    __asm__ volatile("wfi");
    interrupts_unmask();
    __asm__ volatile("isb");
    trace("handled", count);
    interrupts_mask();
    __asm__ volatile("sev\n wfe\n sevl\n wfe");
    put("wfe after an event\n");
    arm_timer(30000);
    trace("suspend", hvc(0xc4000001, 0, 0, 0));
    trace("timer fired", READ_SYSREG(cntv_ctl_el0));
    interrupts_unmask();
    __asm__ volatile("isb");
    trace("handled", count);
    for (unsigned i = 0; i < 100; i++) {
        interrupts_mask();
        arm_timer(1000 + 50 * i);
        __asm__ volatile("wfi");
        interrupts_unmask();
        __asm__ volatile("isb");
    }
    trace("handled", count);
    return 0;
}
