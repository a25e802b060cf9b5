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

/* What PMR or its group's enable masks is no reason to wake: the timer is, and has fired when WFI is over. */
static void masked_does_not_wake(void)
{
    gic_set_priority(27, 0x40);
    WRITE_SYSREG(icc_pmr_el1, 0xa0);
    WRITE_SYSREG(icc_sgi1r_el1, 1ull << 24 | 1); /* of priority 0xa0: not above the mask */
    arm_timer(30000);
    __asm__ volatile("wfi");
    trace("masked by priority, timer fired", READ_SYSREG(cntv_ctl_el0));
    WRITE_SYSREG(cntv_ctl_el0, 0);
    WRITE_SYSREG(icc_pmr_el1, 0xff);
    write32(GICR_SGI + 0x80, ~(1u << 27)); /* the timer alone in group 0 */
    WRITE_SYSREG(icc_igrpen0_el1, 1);
    write32(GICD, 3);
    WRITE_SYSREG(icc_igrpen1_el1, 0);
    arm_timer(30000);
    __asm__ volatile("wfi");
    trace("group disabled, timer fired", READ_SYSREG(cntv_ctl_el0));
    WRITE_SYSREG(cntv_ctl_el0, 0);
    write32(GICR_SGI + 0x80, ~0u);
    WRITE_SYSREG(icc_igrpen0_el1, 0);
    WRITE_SYSREG(icc_igrpen1_el1, 1);
    interrupts_unmask();
    __asm__ volatile("isb");
    interrupts_mask();
    trace("handled", count);
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
    interrupts_mask();
    WRITE_SYSREG(icc_sgi1r_el1, 1ull << 24 | 1);
    trace("suspend with an interrupt pending", hvc(0xc4000001, 0, 0, 0));
    interrupts_unmask();
    __asm__ volatile("isb");
    interrupts_mask();
    trace("handled", count);
    masked_does_not_wake();
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
