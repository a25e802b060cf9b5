/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Arm generic timer (DDI 0487, D11): CNTPCT is the kernel's and every native process's clock, CNTHP the kernel's alarm.
 * Not here: the timers of guests (arch/aarch64/vcpu_interrupts.c).
 */
#include "kernel/arch/aarch64/machine.h"

uint64_t arch_clock(void)
{
    /* The counter may be read early otherwise (D11.1.2). */
    isb();
    return sysreg_read(cntpct_el0);
}

uint64_t arch_clock_hz(void)
{
    return sysreg_read(cntfrq_el0);
}

void arch_timer_set(uint64_t deadline)
{
    sysreg_write(cnthp_cval_el2, deadline);
    sysreg_write(cnthp_ctl_el2, deadline != UINT64_MAX ? TIMER_CTL_ENABLE : 0);
    isb();
}
