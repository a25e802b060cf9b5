/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Register offsets and banked-register helpers common to the distributor and the redistributor's SGI frame
 * (GICv3 IHI 0069, 12.9 and 12.11): both lay out group, enable, pending, active, priority and configuration alike.
 * Not for use outside arch/gic_*.c.
 */
#pragma once

#include "vmm/arch/gic.h"

enum {
    GIC_IGROUPR = 0x080,
    GIC_ISENABLER = 0x100,
    GIC_ICENABLER = 0x180,
    GIC_ISPENDR = 0x200,
    GIC_ICPENDR = 0x280,
    GIC_ISACTIVER = 0x300,
    GIC_ICACTIVER = 0x380,
    GIC_IPRIORITYR = 0x400,
    GIC_ITARGETSR = 0x800,
    GIC_ICFGR = 0xc00,
    GIC_ICFGR_END = 0xd00,
    GIC_IDREGS = 0xffd0,
    GIC_IIDR_VALUE = 0x43b, /* what QEMU's GICv3 shows: Arm r0p0, product 0 */
};

/** The 32-bit register at `offset` of the common layout (GIC_IGROUPR <= offset < GIC_ICFGR_END), for the banks [first, last]; else 0. */
uint32_t gic_bank_read(const struct gic *gic, uint64_t offset, unsigned first, unsigned last);
void gic_bank_write(struct gic *gic, uint64_t offset, unsigned first, unsigned last, uint32_t value);

/** One byte of GIC_IPRIORITYR; intids outside [first, end) read as zero and ignore writes. */
uint8_t gic_priority_read(const struct gic *gic, unsigned intid, unsigned first, unsigned end);
void gic_priority_write(struct gic *gic, unsigned intid, unsigned first, unsigned end, uint8_t value);

/** Peripheral and component identification, 0xffd0..0xfffc. part: low byte of the part number (PIDR0). */
uint32_t gic_identification(uint64_t offset, uint8_t part);
