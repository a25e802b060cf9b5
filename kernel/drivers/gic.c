/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * What GICv2 and GICv3 have in common: the distributor's registers for enable, active state, priority and trigger, which GICv3 has for
 * private interrupts in the redistributor, at the same offsets (IHI 0048, 4.3; IHI 0069, 12.9, 12.11); and the kernel's own interrupts.
 */
#include "kernel/drivers/gic.h"

#include "kernel/sched/sched.h"

#define GICD_TYPER      0x0004
#define GICD_IGROUPR    0x0080
#define GICD_ISENABLER  0x0100
#define GICD_ICENABLER  0x0180
#define GICD_ICPENDR    0x0280
#define GICD_ISACTIVER  0x0300
#define GICD_ICACTIVER  0x0380
#define GICD_IPRIORITYR 0x0400
#define GICD_ICFGR      0x0c00

#define PRIORITY_ALL 0xa0a0a0a0u

static uint64_t irq_count;

static uint64_t bit_register(uint64_t irq, uint64_t offset)
{
    return gic_frame(irq) + offset + irq / 32 * 4;
}

__attribute__((minsize)) void gic_block_reset(uint64_t irq)
{
    mmio_write(bit_register(irq, GICD_ICENABLER), ~0u);
    mmio_write(bit_register(irq, GICD_ICPENDR), ~0u);
    mmio_write(bit_register(irq, GICD_ICACTIVER), ~0u);
    mmio_write(bit_register(irq, GICD_IGROUPR), GIC_GROUPS);
    for (uint64_t i = 0; i < 32; i += 4) {
        mmio_write(gic_frame(irq) + GICD_IPRIORITYR + irq + i, PRIORITY_ALL);
    }
    gic_wait_for_write(irq);
}

void gic_distributor_reset(void)
{
    mmio_write(PLATFORM_GICD_BASE + GICD_CTLR, 0);
    gic_wait_for_write(GIC_PRIVATE_COUNT);
    irq_count = ((mmio_read(PLATFORM_GICD_BASE + GICD_TYPER) & 0x1f) + 1ul) * 32;
    irq_count = irq_count > GIC_IRQ_MAX ? GIC_IRQ_MAX : irq_count;
    for (uint64_t irq = GIC_PRIVATE_COUNT; irq < irq_count; irq += 32) {
        gic_block_reset(irq);
    }
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

void arch_irq_mask(uint64_t irq)
{
    mmio_write(bit_register(irq, GICD_ICENABLER), 1u << irq % 32);
    gic_wait_for_write(irq);
}

void arch_irq_unmask(uint64_t irq)
{
    mmio_write(bit_register(irq, GICD_ISENABLER), 1u << irq % 32);
}

void arch_irq_set_trigger(uint64_t irq, bool is_edge)
{
    uint64_t address = gic_frame(irq) + GICD_ICFGR + irq / 16 * 4;
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
        sched_timer_tick(); /* sets it anew or off: the line is low when the interrupt is deactivated, or the tick comes again */
    }
    arch_irq_deactivate(irq);
    if (irq == PLATFORM_MAINTENANCE_INTID) {
        interrupts_maintenance(); /* last: an exit leaves from there. The line is a level, which it lowers */
    }
}
