/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * The guest's distributor where its CPU interface is a GICv2's (IHI 0048B, 4.3): the banks of SGIs and PPIs are here, too, and SGIs are
 * sent by a register. One CPU, no Security Extensions: every interrupt is for it, group 0 is an IRQ. As QEMU's, SGIs are always enabled.
 * Not here: the CPU interface, which is the hardware's (GICV) in the guest's address space.
 */
#include "vmm/arch/gic.h"
#include "vmm/arch/gic_registers.h"
#include "vmm/bits.h"

enum {
    GICD_CTLR = 0x000,
    GICD_TYPER = 0x004,
    GICD_IIDR = 0x008,
    GICD_SGIR = 0xf00,
    GICD_CPENDSGIR = 0xf10,
    GICD_SPENDSGIR = 0xf20,
    GICD_SPENDSGIR_END = 0xf30,
    GICD_IDREGS = 0xfd0,
    GICD_CTLR_ENABLES = 0x3,
    GICD_TYPER_VALUE = GIC_BANK_COUNT - 1, /* ITLinesNumber; CPUNumber 0: one */
    LAST_BANK = GIC_BANK_COUNT - 1,
    SGIR_TO_OTHERS = 1,
    SGIR_TO_US = 2,
};

static bool is_priority(uint64_t offset)
{
    return offset >= GIC_IPRIORITYR && offset < GIC_ITARGETSR;
}

static bool is_sgi_pending(uint64_t offset)
{
    return offset >= GICD_CPENDSGIR && offset < GICD_SPENDSGIR_END;
}

/* A byte an SGI, a bit a sender: CPU 0 (4.3.16, 4.3.17). */
static uint32_t sgi_pending_read(const struct gic *gic, uint64_t offset, unsigned size)
{
    uint32_t value = 0;
    for (unsigned i = 0; i < size; i++) {
        value |= (uint32_t)gic_test(gic->latch, (unsigned)(offset + i) & 0xf) << (8 * i);
    }
    return value;
}

static void sgi_pending_write(struct gic *gic, uint64_t offset, unsigned size, uint32_t value)
{
    for (unsigned i = 0; i < size; i++) {
        if ((value >> (8 * i)) & 1) {
            gic_assign(gic->latch, (unsigned)(offset + i) & 0xf, offset >= GICD_SPENDSGIR);
            gic->is_dirty = true;
        }
    }
}

/* 4.3.15; NSATT is for the Security Extensions. */
static void send_sgi(struct gic *gic, uint32_t value)
{
    unsigned filter = (unsigned)bits_get(value, 24, 2);
    if (filter == SGIR_TO_US || (filter == 0 && bits_get(value, 16, 1))) {
        gic_assign(gic->latch, value & 0xf, true);
        gic->is_dirty = true;
    }
}

/* What cannot be written of SGIs: they stay enabled, and are pending from a sender only (4.3.5 to 4.3.8). */
static uint32_t writable(uint64_t offset)
{
    bool is_fixed = offset == GIC_ICENABLER || offset == GIC_ISPENDR || offset == GIC_ICPENDR;
    return is_fixed ? ~(uint32_t)GIC_ENABLED_ALWAYS : ~0u;
}

/* PIDR4..7, PIDR0..3, CIDR0..3 of GIC-400 (DDI 0471, distributor register summary). */
static uint32_t identification(uint64_t offset)
{
    static const uint8_t values[12] = {0x04, 0, 0, 0, 0x90, 0xb4, 0x2b, 0, 0x0d, 0xf0, 0x05, 0xb1};
    return values[(offset - GICD_IDREGS) / 4];
}

static uint32_t word_read(const struct gic *gic, uint64_t offset)
{
    switch (offset) {
    case GICD_CTLR:
        return gic->group_enables;
    case GICD_TYPER:
        return GICD_TYPER_VALUE;
    case GICD_IIDR:
        return GIC_IIDR_VALUE;
    default:
        break;
    }
    if (offset >= GIC_IGROUPR && offset < GIC_ICFGR_END) {
        /* GICD_ITARGETSR among them: zero with one CPU (4.3.12). */
        return gic_bank_read(gic, offset, 0, LAST_BANK);
    }
    return offset >= GICD_IDREGS ? identification(offset) : 0;
}

uint64_t gic_distributor_read(struct gic *gic, uint64_t offset, unsigned size)
{
    if (size == 1 && is_priority(offset)) {
        return gic_priority_read(gic, (unsigned)(offset - GIC_IPRIORITYR), 0, GIC_INTERRUPT_COUNT);
    }
    if ((size == 1 || size == 4) && is_sgi_pending(offset)) {
        return sgi_pending_read(gic, offset, size);
    }
    return size == 4 ? word_read(gic, offset) : 0;
}

static void word_write(struct gic *gic, uint64_t offset, uint32_t value)
{
    if (offset == GICD_CTLR) {
        gic->group_enables = value & GICD_CTLR_ENABLES;
        gic->is_dirty = true;
        gic_update_timers(gic);
    } else if (offset == GICD_SGIR) {
        send_sgi(gic, value);
    } else if (offset >= GIC_IGROUPR && offset < GIC_ICFGR_END) {
        gic_bank_write(gic, offset, 0, LAST_BANK, value & writable(offset));
    }
}

void gic_distributor_write(struct gic *gic, uint64_t offset, unsigned size, uint64_t value)
{
    if (size == 1 && is_priority(offset)) {
        gic_priority_write(gic, (unsigned)(offset - GIC_IPRIORITYR), 0, GIC_INTERRUPT_COUNT, (uint8_t)value);
    } else if ((size == 1 || size == 4) && is_sgi_pending(offset)) {
        sgi_pending_write(gic, offset, size, (uint32_t)value);
    } else if (size == 4) {
        word_write(gic, offset, (uint32_t)value);
    }
}
