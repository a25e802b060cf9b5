/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Reading the system counter on AArch64. Apart from time.c so that conversions can be tested on the host.
 */
#include "sel/time.h"

uint64_t sel_clock_ticks(void)
{
    uint64_t ticks;
    /* Without the barrier the counter may be read early (Arm ARM DDI 0487, D12.1.2: CNTPCT_EL0 reads are not ordered). */
    __asm__ volatile("isb\n\tmrs %0, cntpct_el0" : "=r"(ticks) : : "memory");
    return ticks;
}

uint64_t sel_clock_frequency_hz(void)
{
    uint64_t frequency_hz;
    __asm__("mrs %0, cntfrq_el0" : "=r"(frequency_hz));
    return frequency_hz;
}
