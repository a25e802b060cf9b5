/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * GICv3 driver. References: Arm IHI 0069, chapter 12 (registers), 4.1 (life cycle), 4.7 (priority drop and deactivation apart).
 * EOImode is 1: acknowledging drops the priority at once, the interrupt stays active until arch_irq_deactivate().
 *
 * Invariant: all interrupts are group 1 and of one priority: nothing nests.
 */
#include "gen/platform.h"
#include "kernel/arch/aarch64/machine.h"
#include "kernel/sched/sched.h"

#define GICD_CTLR               0x0000
#define GICD_TYPER              0x0004
#define GICD_IGROUPR            0x0080
#define GICD_ISENABLER          0x0100
#define GICD_ICENABLER          0x0180
#define GICD_ICPENDR            0x0280
#define GICD_ISACTIVER          0x0300
#define GICD_ICACTIVER          0x0380
#define GICD_IPRIORITYR         0x0400
#define GICD_ICFGR              0x0c00
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

#define PRIVATE_COUNT  32
#define IRQ_MAX        1020
#define PRIORITY_ALL   0xa0a0a0a0u
#define MPIDR_AFFINITY 0xff00fffffful

static uint64_t redistributor; /* this core's RD frame; its SGI frame follows */
static uint64_t irq_count;

static uint32_t mmio_read(uint64_t address)
{
    return *(volatile uint32_t *)address;
}

static void mmio_write(uint64_t address, uint32_t value)
{
    *(volatile uint32_t *)address = value;
}

/** Private interrupts are in the redistributor's SGI frame, at the distributor's offsets. */
static uint64_t frame_of(uint64_t irq)
{
    return irq < PRIVATE_COUNT ? redistributor + GICR_SGI_FRAME : PLATFORM_GICD_BASE;
}

static uint64_t bit_register(uint64_t irq, uint64_t offset)
{
    return frame_of(irq) + offset + irq / 32 * 4;
}

/** Masking and distributor control take effect only with RWP clear (12.9.4, 12.11.2). */
static void wait_for_write(uint64_t irq)
{
    uint64_t control = irq < PRIVATE_COUNT ? redistributor : PLATFORM_GICD_BASE + GICD_CTLR;
    uint32_t pending = irq < PRIVATE_COUNT ? GICR_CTLR_RWP : GICD_CTLR_RWP;
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

static __attribute__((minsize)) void block_reset(uint64_t irq)
{
    mmio_write(bit_register(irq, GICD_ICENABLER), ~0u);
    mmio_write(bit_register(irq, GICD_ICPENDR), ~0u);
    mmio_write(bit_register(irq, GICD_ICACTIVER), ~0u);
    mmio_write(bit_register(irq, GICD_IGROUPR), ~0u);
    for (uint64_t i = 0; i < 32; i += 4) {
        mmio_write(frame_of(irq) + GICD_IPRIORITYR + irq + i, PRIORITY_ALL);
    }
    wait_for_write(irq);
}

static void distributor_init(uint64_t affinity)
{
    mmio_write(PLATFORM_GICD_BASE + GICD_CTLR, 0);
    wait_for_write(PRIVATE_COUNT);
    irq_count = ((mmio_read(PLATFORM_GICD_BASE + GICD_TYPER) & 0x1f) + 1ul) * 32;
    irq_count = irq_count > IRQ_MAX ? IRQ_MAX : irq_count;
    for (uint64_t irq = PRIVATE_COUNT; irq < irq_count; irq += 32) {
        block_reset(irq);
    }
    mmio_write(PLATFORM_GICD_BASE + GICD_CTLR, GICD_CTLR_ARE);
    wait_for_write(PRIVATE_COUNT);
    for (uint64_t irq = PRIVATE_COUNT; irq < irq_count; irq++) {
        *(volatile uint64_t *)(PLATFORM_GICD_BASE + GICD_IROUTER + 8 * irq) = affinity;
    }
    mmio_write(PLATFORM_GICD_BASE + GICD_CTLR, GICD_CTLR_ARE | GICD_CTLR_ENABLE_GROUP1);
    wait_for_write(PRIVATE_COUNT);
}

bool gic_init(void)
{
    uint64_t affinity = sysreg_read(mpidr_el1) & MPIDR_AFFINITY;
    if (!redistributor_find(affinity)) {
        return false;
    }
    distributor_init(affinity);
    mmio_write(redistributor + GICR_WAKER, mmio_read(redistributor + GICR_WAKER) & ~GICR_WAKER_SLEEP);
    while (mmio_read(redistributor + GICR_WAKER) & GICR_WAKER_CHILDREN) {
    }
    block_reset(0);
    sysreg_write(icc_sre_el2, 0xf); /* system registers, also for EL1 */
    isb();
    sysreg_write(icc_sre_el1, 0x7);
    sysreg_write(icc_pmr_el1, 0xff);
    sysreg_write(icc_bpr1_el1, 0);
    sysreg_write(icc_ctlr_el1, 2); /* EOImode 1 */
    sysreg_write(icc_igrpen1_el1, 1);
    isb();
    arch_irq_unmask(PLATFORM_TIMER_HYPERVISOR_INTID);
    arch_irq_unmask(PLATFORM_MAINTENANCE_INTID);
    return true;
}

void gic_set_active(uint64_t irq)
{
    mmio_write(bit_register(irq, GICD_ISACTIVER), 1u << irq % 32);
    /* Read back: the state must be there before the source is switched on. */
    (void)mmio_read(bit_register(irq, GICD_ISACTIVER));
}

bool arch_irq_is_pending(void)
{
    return (sysreg_read(isr_el1) & 1ul << 7) != 0;
}

uint64_t arch_irq_acknowledge(void)
{
    uint64_t irq = sysreg_read(icc_iar1_el1) & 0xffffff;
    if (irq >= IRQ_MAX) {
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

void arch_irq_mask(uint64_t irq)
{
    mmio_write(bit_register(irq, GICD_ICENABLER), 1u << irq % 32);
    wait_for_write(irq);
}

void arch_irq_unmask(uint64_t irq)
{
    mmio_write(bit_register(irq, GICD_ISENABLER), 1u << irq % 32);
}

void arch_irq_set_trigger(uint64_t irq, bool is_edge)
{
    uint64_t address = frame_of(irq) + GICD_ICFGR + irq / 16 * 4;
    uint32_t bit = 2u << irq % 16 * 2;
    uint32_t value = mmio_read(address);
    mmio_write(address, is_edge ? value | bit : value & ~bit);
}

uint64_t arch_irq_count(void)
{
    return irq_count;
}

bool arch_irq_is_reserved(uint64_t irq)
{
    /* Software-generated interrupts are kept for other cores. */
    return irq < 16 || irq == PLATFORM_TIMER_HYPERVISOR_INTID || irq == PLATFORM_TIMER_VIRTUAL_INTID ||
           irq == PLATFORM_TIMER_PHYSICAL_INTID || irq == PLATFORM_MAINTENANCE_INTID;
}

void arch_irq_reserved(uint64_t irq)
{
    if (irq == PLATFORM_TIMER_VIRTUAL_INTID || irq == PLATFORM_TIMER_PHYSICAL_INTID) {
        /* Stays active until the guest is done with it. */
        interrupts_timer_fired(irq == PLATFORM_TIMER_VIRTUAL_INTID ? VCPU_TIMER_VIRTUAL : VCPU_TIMER_PHYSICAL);
        return;
    }
    if (irq == PLATFORM_TIMER_HYPERVISOR_INTID) {
        sched_timer_tick(); /* switches it off: the line is low when the interrupt is deactivated */
    } else if (irq == PLATFORM_MAINTENANCE_INTID) {
        interrupts_maintenance();
    }
    arch_irq_deactivate(irq);
}
