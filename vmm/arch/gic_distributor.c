/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * The guest's distributor frame (GICv3 IHI 0069, 12.9). Almost everything is 32 bits wide; priorities take bytes, routes
 * doublewords. With affinity routing, the banks of SGIs and PPIs are RAZ/WI here (they are the redistributor's).
 */
#include "vmm/arch/gic.h"
#include "vmm/arch/gic_registers.h"

enum {
    GICD_CTLR = 0x0000,
    GICD_TYPER = 0x0004,
    GICD_IIDR = 0x0008,
    GICD_IROUTER = 0x6000,
    GICD_IROUTER_END = GICD_IROUTER + 8 * 1020,
    GICD_CTLR_FIXED = 0x50, /* ARE and DS: one security state, affinity routing always on */
    GICD_CTLR_ENABLES = 0x3,
    /* No1N, A3V, 16 bits of INTID, no LPIs, no message-based SPIs: 12.9.38. ITLinesNumber is what QEMU's virt board shows: it counts
     * SPIs only, so that the last bank is there but not announced. */
    GICD_TYPER_FIXED = 1 << 25 | 1 << 24 | 0xf << 19 | 7,
    FIRST_BANK = 1,
    LAST_BANK = GIC_BANK_COUNT - 1,
    PART_DISTRIBUTOR = 0x92,
};

static bool is_priority(uint64_t offset)
{
    return offset >= GIC_IPRIORITYR && offset < GIC_ITARGETSR;
}

static bool is_route(uint64_t offset)
{
    return offset >= GICD_IROUTER && offset < GICD_IROUTER_END;
}

/* NULL where no SPI is. */
static uint64_t *route_of(struct gic *gic, uint64_t offset)
{
    unsigned intid = (unsigned)(offset - GICD_IROUTER) / 8;
    return intid >= GIC_PRIVATE_COUNT && intid < GIC_INTERRUPT_COUNT ? &gic->route[intid] : 0;
}

static uint64_t route_read(struct gic *gic, uint64_t offset, unsigned size)
{
    const uint64_t *route = route_of(gic, offset);
    if (route == 0) {
        return 0;
    }
    return size == 8 ? *route : (uint32_t)(*route >> (offset % 8 * 8));
}

static void route_write(struct gic *gic, uint64_t offset, unsigned size, uint64_t value)
{
    uint64_t *route = route_of(gic, offset);
    if (route == 0) {
        return;
    }
    if (size == 8) {
        *route = value;
    } else {
        unsigned shift = offset % 8 * 8;
        *route = (*route & ~(0xffffffffull << shift)) | (value & 0xffffffff) << shift;
    }
}

static uint64_t word_read(struct gic *gic, uint64_t offset)
{
    switch (offset) {
    case GICD_CTLR:
        return GICD_CTLR_FIXED | gic->group_enables;
    case GICD_TYPER:
        return GICD_TYPER_FIXED;
    case GICD_IIDR:
        return GIC_IIDR_VALUE;
    default:
        break;
    }
    if (offset >= GIC_IGROUPR && offset < GIC_ICFGR_END) {
        return gic_bank_read(gic, offset, FIRST_BANK, LAST_BANK);
    }
    return offset >= GIC_IDREGS ? gic_identification(offset, PART_DISTRIBUTOR) : 0;
}

uint64_t gic_distributor_read(struct gic *gic, uint64_t offset, unsigned size)
{
    if (__builtin_expect(size == 4 && offset < GICD_IROUTER, true)) {
        return word_read(gic, offset);
    }
    if (size >= 4 && is_route(offset)) {
        return route_read(gic, offset, size);
    }
    if (size == 1 && is_priority(offset)) {
        return gic_priority_read(gic, (unsigned)(offset - GIC_IPRIORITYR), GIC_PRIVATE_COUNT, GIC_INTERRUPT_COUNT);
    }
    return size == 4 ? word_read(gic, offset) : 0;
}

static void word_write(struct gic *gic, uint64_t offset, uint32_t value)
{
    if (offset == GICD_CTLR) {
        gic->group_enables = value & GICD_CTLR_ENABLES;
        gic->is_dirty = true;
        gic_update_timers(gic);
    } else if (offset >= GIC_IGROUPR && offset < GIC_ICFGR_END) {
        gic_bank_write(gic, offset, FIRST_BANK, LAST_BANK, value);
    }
}

void gic_distributor_write(struct gic *gic, uint64_t offset, unsigned size, uint64_t value)
{
    if (size == 1 && is_priority(offset)) {
        unsigned intid = (unsigned)(offset - GIC_IPRIORITYR);
        gic_priority_write(gic, intid, GIC_PRIVATE_COUNT, GIC_INTERRUPT_COUNT, (uint8_t)value);
    } else if (size >= 4 && is_route(offset)) {
        route_write(gic, offset, size, value);
    } else if (size == 4) {
        word_write(gic, offset, (uint32_t)value);
    }
}
