/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * GICv2 driver: targets and CPU interface (Arm IHI 0048B, 4.3 and 4.4; 3.2.1: priority drop and deactivation apart). All is written so that
 * it means the same to the Non-secure view of a GIC with Security Extensions as to a GIC without.
 */
#include "kernel/drivers/gic.h"

#define GICD_ITARGETSR 0x0800

#define GICC_CTLR         (PLATFORM_GICC_BASE + 0x0000)
#define GICC_CTLR_EOIMODE (1u << 9)
#define GICC_PMR          (PLATFORM_GICC_BASE + 0x0004)
#define GICC_BPR          (PLATFORM_GICC_BASE + 0x0008)
#define GICC_IAR          (PLATFORM_GICC_BASE + 0x000c)
#define GICC_EOIR         (PLATFORM_GICC_BASE + 0x0010)
#define GICC_DIR          (PLATFORM_GICC_BASE + 0x1000)
#define ENABLE_GROUP      1u

void gic_init(void)
{
    gic_distributor_reset();
    gic_block_reset(0);
    /* What a core reads of its private interrupts' targets is itself (4.3.12). */
    uint32_t us = mmio_read(PLATFORM_GICD_BASE + GICD_ITARGETSR);
    for (uint64_t irq = GIC_PRIVATE_COUNT; irq < arch_irq_count(); irq += 4) {
        mmio_write(PLATFORM_GICD_BASE + GICD_ITARGETSR + irq, us);
    }
    mmio_write(PLATFORM_GICD_BASE + GICD_CTLR, ENABLE_GROUP);
    mmio_write(GICC_PMR, 0xff);
    mmio_write(GICC_BPR, 0);
    mmio_write(GICC_CTLR, ENABLE_GROUP | GICC_CTLR_EOIMODE);
}

uint64_t arch_irq_acknowledge(void)
{
    uint64_t irq = mmio_read(GICC_IAR) & 0x3ff;
    if (irq >= GIC_IRQ_MAX) {
        return ARCH_IRQ_NONE;
    }
    mmio_write(GICC_EOIR, irq);
    return irq;
}

void arch_irq_deactivate(uint64_t irq)
{
    mmio_write(GICC_DIR, irq);
}
