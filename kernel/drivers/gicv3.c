/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * GICv3 driver: redistributor and CPU interface (IHI 0069, chapter 12; 4.1: life cycle; 4.7: priority drop and deactivation apart).
 */
#include "kernel/boot/boot.h"
#include "kernel/drivers/gic.h"

#define GICD_IROUTER            0x6000
#define GICD_CTLR_ENABLE_GROUP1 (1u << 1)
#define GICD_CTLR_ARE           (1u << 4)
#define GICD_CTLR_RWP           (1u << 31)

#define GICR_FRAME_SIZE     0x20000ul
#define GICR_SGI_FRAME      0x10000ul
#define GICR_CTLR_RWP       (1u << 3)
#define GICR_TYPER          0x0008
#define GICR_TYPER_VLPIS    (1ul << 1)
#define GICR_TYPER_LAST     (1ul << 4)
#define GICR_WAKER          0x0014
#define GICR_WAKER_SLEEP    (1u << 1)
#define GICR_WAKER_CHILDREN (1u << 2)

#define MPIDR_AFFINITY 0xff00fffffful

static uint64_t redistributor; /* this core's RD frame; its SGI frame follows */

/** Private interrupts are in the redistributor's SGI frame. */
uint64_t gic_frame(uint64_t irq)
{
    return irq < GIC_PRIVATE_COUNT ? redistributor + GICR_SGI_FRAME : PLATFORM_GICD_BASE;
}

/** Masking and distributor control take effect only with RWP clear (12.9.4, 12.11.2). */
void gic_wait_for_write(uint64_t irq)
{
    uint64_t control = irq < GIC_PRIVATE_COUNT ? redistributor : PLATFORM_GICD_BASE + GICD_CTLR;
    uint32_t pending = irq < GIC_PRIVATE_COUNT ? GICR_CTLR_RWP : GICD_CTLR_RWP;
    while (mmio_read(control) & pending) { /* bound: 16; assumed: the GIC takes a write in so many reads */
    }
}

/** `affinity` as GICD_IROUTER has it; GICR_TYPER[63:32] has it packed. */
static bool redistributor_find(uint64_t affinity)
{
    uint64_t packed = (affinity >> 32 << 24 | (affinity & 0xffffff)) << 32;
    uint64_t typer = 0;
    redistributor = PLATFORM_GICR_BASE;
    while ((typer & GICR_TYPER_LAST) == 0 && redistributor < PLATFORM_GICR_BASE + PLATFORM_GICR_SIZE) {
        typer = *(volatile uint64_t *)(redistributor + GICR_TYPER);
        if (typer >> 32 << 32 == packed) {
            return true;
        }
        redistributor += typer & GICR_TYPER_VLPIS ? 2 * GICR_FRAME_SIZE : GICR_FRAME_SIZE;
    }
    return false;
}

void gic_init(void)
{
    uint64_t affinity = sysreg_read(mpidr_el1) & MPIDR_AFFINITY;
    boot_require(((sysreg_read(id_aa64pfr0_el1) >> 24) & 0xf) != 0,
                 "this machine has no GICv3 system registers (QEMU: -machine gic-version=3)");
    boot_require(redistributor_find(affinity), "no GICv3 redistributor belongs to this core");
    gic_distributor_reset();
    mmio_write(PLATFORM_GICD_BASE + GICD_CTLR, GICD_CTLR_ARE);
    gic_wait_for_write(GIC_PRIVATE_COUNT);
    for (uint64_t irq = GIC_PRIVATE_COUNT; irq < arch_irq_count(); irq++) {
        *(volatile uint64_t *)(PLATFORM_GICD_BASE + GICD_IROUTER + 8 * irq) = affinity;
    }
    mmio_write(PLATFORM_GICD_BASE + GICD_CTLR, GICD_CTLR_ARE | GICD_CTLR_ENABLE_GROUP1);
    gic_wait_for_write(GIC_PRIVATE_COUNT);
    mmio_write(redistributor + GICR_WAKER, mmio_read(redistributor + GICR_WAKER) & ~GICR_WAKER_SLEEP);
    while (mmio_read(redistributor + GICR_WAKER) & GICR_WAKER_CHILDREN) {
    }
    gic_block_reset(0);
    sysreg_write(icc_sre_el2, 0xf); /* system registers, also for EL1 */
    isb();
    sysreg_write(icc_sre_el1, 0x7);
    sysreg_write(icc_pmr_el1, 0xff);
    sysreg_write(icc_bpr1_el1, 0);
    sysreg_write(icc_ctlr_el1, 2); /* EOImode 1 */
    sysreg_write(icc_igrpen1_el1, 1);
    isb();
}

uint64_t arch_irq_acknowledge(void)
{
    uint64_t irq = sysreg_read(icc_iar1_el1) & 0xffffff;
    if (irq >= GIC_IRQ_MAX) {
        return ARCH_IRQ_NONE;
    }
    dsb_sy();
    sysreg_write(icc_eoir1_el1, irq);
    isb();
    return irq;
}

void arch_irq_deactivate(uint64_t irq)
{
    sysreg_write(icc_dir_el1, irq);
    isb();
}
