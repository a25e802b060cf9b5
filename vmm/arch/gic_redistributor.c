/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * The guest's one redistributor: two 64 KiB frames (GICv3 IHI 0069, 12.10 and 12.11). The first is control and identification, the
 * second the SGIs and PPIs. No LPIs: GICR_TYPER says so, the LPI tables' base registers only keep what is written.
 */
#include "vmm/arch/gic.h"
#include "vmm/arch/gic_registers.h"

enum {
    GICR_IIDR = 0x0004,
    GICR_TYPER = 0x0008,
    GICR_WAKER = 0x0014,
    GICR_TYPER_LAST = 1 << 4,
    GICR_WAKER_PROCESSOR_SLEEP = 1 << 1,
    GICR_WAKER_CHILDREN_ASLEEP = 1 << 2,
    SGI_FRAME = 0x10000,
    PART_REDISTRIBUTOR = 0x93,
};

static bool is_priority(uint64_t offset)
{
    return offset >= SGI_FRAME + GIC_IPRIORITYR && offset < SGI_FRAME + GIC_IPRIORITYR + GIC_PRIVATE_COUNT;
}

/* Of the common layout, the SGI frame has one bank only; everything above it in each row is reserved. */
static bool is_private_bank(uint64_t offset)
{
    uint64_t in_frame = offset - SGI_FRAME;
    bool is_bitmap = in_frame >= GIC_IGROUPR && in_frame < GIC_IPRIORITYR && (in_frame & 0x7f) == 0;
    return is_bitmap || in_frame == GIC_ICFGR || in_frame == GIC_ICFGR + 4 || is_priority(offset);
}

static uint32_t control_read(const struct gic *gic, uint64_t offset)
{
    switch (offset) {
    case GICR_IIDR:
        return GIC_IIDR_VALUE;
    case GICR_TYPER:
        return GICR_TYPER_LAST;
    case GICR_WAKER:
        return gic->waker;
    default:
        return offset >= GIC_IDREGS ? gic_identification(offset, PART_REDISTRIBUTOR) : 0;
    }
}

uint64_t gic_redistributor_read(struct gic *gic, uint64_t offset, unsigned size)
{
    if (size == 1 && is_priority(offset)) {
        return gic_priority_read(gic, (unsigned)(offset - SGI_FRAME - GIC_IPRIORITYR), 0, GIC_PRIVATE_COUNT);
    }
    if (size == 8) {
        return offset == GICR_TYPER ? GICR_TYPER_LAST : 0;
    }
    if (size != 4) {
        return 0;
    }
    if (offset < SGI_FRAME) {
        return control_read(gic, offset);
    }
    return is_private_bank(offset) ? gic_bank_read(gic, offset - SGI_FRAME, 0, 0) : 0;
}

static void waker_write(struct gic *gic, uint64_t value)
{
    /* ChildrenAsleep follows at once: nothing is in flight between redistributor and CPU interface here. */
    bool is_asleep = value & GICR_WAKER_PROCESSOR_SLEEP;
    gic->waker = is_asleep ? GICR_WAKER_PROCESSOR_SLEEP | GICR_WAKER_CHILDREN_ASLEEP : 0;
}

void gic_redistributor_write(struct gic *gic, uint64_t offset, unsigned size, uint64_t value)
{
    if (size == 1 && is_priority(offset)) {
        unsigned intid = (unsigned)(offset - SGI_FRAME - GIC_IPRIORITYR);
        gic_priority_write(gic, intid, 0, GIC_PRIVATE_COUNT, (uint8_t)value);
    } else if (size == 4 && offset == GICR_WAKER) {
        waker_write(gic, value);
    } else if (size == 4 && offset >= SGI_FRAME && is_private_bank(offset)) {
        gic_bank_write(gic, offset - SGI_FRAME, 0, 0, (uint32_t)value);
    }
}
