/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * A GICv2 as the guests of this folder use it (Arm IHI 0048B, chapter 4): distributor, CPU interface in memory, everything in group 0.
 */
#pragma once

#include "guest.h"

enum {
    GICC = 0x08010000,
    GICC_CTLR = GICC + 0x00,
    GICC_PMR = GICC + 0x04,
    GICC_BPR = GICC + 0x08,
    GICC_IAR = GICC + 0x0c,
    GICC_EOIR = GICC + 0x10,
    GICC_RPR = GICC + 0x14,
    GICC_HPPIR = GICC + 0x18,
    GICC_DIR = GICC + 0x1000,
};

static inline void gicv2_start(void)
{
    for (unsigned intid = 0; intid < 288; intid++) {
        write8(GICD + 0x400 + intid, 0xa0);
    }
    write32(GICD, 1);
    write32(GICC_PMR, 0xf8);
    write32(GICC_BPR, 2); /* the least of a virtual interface with 32 priorities */
    write32(GICC_CTLR, 1);
}

static inline void gicv2_enable(unsigned intid)
{
    write32(GICD + 0x100 + 4 * (intid / 32), 1u << (intid % 32));
}

static inline void window(void)
{
    interrupts_unmask();
    __asm__ volatile("isb");
    interrupts_mask();
}
