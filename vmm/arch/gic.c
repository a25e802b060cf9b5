/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * State of the guest's interrupts: reset, lines, and the registers whose layout distributor and redistributor share.
 * Nothing here decides what the guest takes next (gic_lists.c does); every change only marks the state dirty.
 */
#include "vmm/arch/gic.h"

#include <string.h>

#include "gen/abi.h"
#include "vmm/arch/gic_registers.h"
#include "vmm/services.h"

static const uint16_t timer_intid[GIC_TIMER_COUNT] = {
    [VCPU_TIMER_VIRTUAL] = GIC_INTID_TIMER_VIRTUAL,
    [VCPU_TIMER_PHYSICAL] = GIC_INTID_TIMER_PHYSICAL,
};

bool gic_test(const gic_bitmap map, unsigned intid)
{
    return (map[intid / 32] >> (intid % 32)) & 1;
}

void gic_assign(gic_bitmap map, unsigned intid, bool value)
{
    uint32_t bit = 1u << (intid % 32);
    map[intid / 32] = value ? map[intid / 32] | bit : map[intid / 32] & ~bit;
}

uint32_t gic_pending_bank(const struct gic *gic, unsigned bank)
{
    return gic->latch[bank] | (gic->line[bank] & ~gic->is_edge[bank]);
}

uint32_t gic_kernel_bank(unsigned bank)
{
    return bank == 0 ? 1u << GIC_INTID_TIMER_VIRTUAL | 1u << GIC_INTID_TIMER_PHYSICAL : 0;
}

static void configure_timer(struct gic *gic, unsigned timer)
{
    unsigned intid = timer_intid[timer];
    bool is_group1 = gic_test(gic->is_group1, intid);
    bool is_forwarded = (gic->group_enables >> (is_group1 ? 1 : 0)) & 1;
    gic->timer[timer] = (struct gic_timer_config){
        .priority = gic->priority[intid],
        .is_enabled = is_forwarded && gic_test(gic->enabled, intid),
        .is_group1 = is_group1,
    };
}

void gic_update_timers(struct gic *gic)
{
    for (unsigned timer = 0; timer < GIC_TIMER_COUNT; timer++) {
        struct gic_timer_config old = gic->timer[timer];
        configure_timer(gic, timer);
        const struct gic_timer_config *now = &gic->timer[timer];
        if (now->priority != old.priority || now->is_enabled != old.is_enabled || now->is_group1 != old.is_group1) {
            services_configure_timer(timer, timer_intid[timer], now->priority, now->is_enabled, now->is_group1);
        }
    }
}

void gic_reset(struct gic *gic, unsigned entry_count)
{
    memset(gic, 0, sizeof(*gic));
    gic->entry_count = entry_count < GIC_ENTRY_MAX ? entry_count : GIC_ENTRY_MAX;
    gic->waker = 6;               /* ProcessorSleep and ChildrenAsleep: IHI 0069, 12.11.42 */
    gic->is_edge[0] = 0x0000ffff; /* SGIs */
    gic->enabled[0] = GIC_ENABLED_ALWAYS;
    for (unsigned timer = 0; timer < GIC_TIMER_COUNT; timer++) {
        services_configure_timer(timer, timer_intid[timer], 0, false, false);
    }
}

void gic_set_line(struct gic *gic, unsigned intid, bool is_high)
{
    if (intid >= GIC_INTERRUPT_COUNT || gic_test(gic->line, intid) == is_high) {
        return;
    }
    gic_assign(gic->line, intid, is_high);
    if (is_high && gic_test(gic->is_edge, intid)) {
        gic_assign(gic->latch, intid, true);
        gic_assign(gic->fresh, intid, true);
    }
    gic->is_dirty = true;
}

uint8_t gic_priority_read(const struct gic *gic, unsigned intid, unsigned first, unsigned end)
{
    return intid >= first && intid < end ? gic->priority[intid] : 0;
}

void gic_priority_write(struct gic *gic, unsigned intid, unsigned first, unsigned end, uint8_t value)
{
    if (intid >= first && intid < end) {
        gic->priority[intid] = value;
        gic->is_dirty = true;
        gic_update_timers(gic);
    }
}

/* ICFGR holds two bits an interrupt, the upper one says edge: half a bank spread over a word. */
static uint32_t config_read(const struct gic *gic, unsigned intid)
{
    uint32_t half = (gic->is_edge[intid / 32] >> (intid % 32)) & 0xffff;
    uint32_t value = 0;
    for (unsigned i = 0; i < 16; i++) {
        value |= ((half >> i) & 1) << (2 * i + 1);
    }
    return value;
}

static void config_write(struct gic *gic, unsigned intid, uint32_t value)
{
    if (intid < 16) {
        return; /* SGIs are always edge-triggered */
    }
    for (unsigned i = 0; i < 16; i++) {
        gic_assign(gic->is_edge, intid + i, (value >> (2 * i + 1)) & 1);
    }
    gic->is_dirty = true;
}

static uint32_t timer_bits(const struct gic *gic, unsigned state_bit)
{
    uint32_t virtual_timer = (lr_state_virtual_timer(gic->timer_state) >> state_bit) & 1;
    uint32_t physical_timer = (lr_state_physical_timer(gic->timer_state) >> state_bit) & 1;
    return virtual_timer << GIC_INTID_TIMER_VIRTUAL | physical_timer << GIC_INTID_TIMER_PHYSICAL;
}

/* The kernel knows whether its timers' lines are high even where the guest has the interrupt disabled. */
static uint32_t timer_pending_bits(const struct gic *gic)
{
    struct vcpu_info info;
    services_vcpu_info(&info);
    return timer_bits(gic, 0) | (uint32_t)info.line_high[VCPU_TIMER_VIRTUAL] << GIC_INTID_TIMER_VIRTUAL |
           (uint32_t)info.line_high[VCPU_TIMER_PHYSICAL] << GIC_INTID_TIMER_PHYSICAL;
}

static uint32_t pending_read(const struct gic *gic, unsigned bank)
{
    uint32_t own = gic_pending_bank(gic, bank) & ~gic_kernel_bank(bank);
    return bank == 0 ? own | timer_pending_bits(gic) : own;
}

static uint32_t active_read(const struct gic *gic, unsigned bank)
{
    uint32_t own = gic->active[bank] & ~gic_kernel_bank(bank);
    return bank == 0 ? own | timer_bits(gic, 1) : own;
}

static uint32_t bitmap_read(const struct gic *gic, uint64_t offset, unsigned bank)
{
    switch (offset & ~0x7full) {
    case GIC_IGROUPR:
        return gic->is_group1[bank];
    case GIC_ISENABLER:
    case GIC_ICENABLER:
        return gic->enabled[bank];
    case GIC_ISPENDR:
    case GIC_ICPENDR:
        return pending_read(gic, bank);
    default:
        return active_read(gic, bank);
    }
}

static void bitmap_write(struct gic *gic, uint64_t offset, unsigned bank, uint32_t value)
{
    switch (offset & ~0x7full) {
    case GIC_IGROUPR:
        gic->is_group1[bank] = value;
        break;
    case GIC_ISENABLER:
        gic->enabled[bank] |= value;
        break;
    case GIC_ICENABLER:
        gic->enabled[bank] &= ~value;
        break;
    case GIC_ISPENDR:
        gic->latch[bank] |= value & ~gic_kernel_bank(bank);
        break;
    case GIC_ICPENDR:
        gic->latch[bank] &= ~value;
        break;
    case GIC_ISACTIVER:
        gic->active[bank] |= value & ~gic_kernel_bank(bank);
        break;
    default:
        gic->active[bank] &= ~value;
        break;
    }
    gic->is_dirty = true;
    gic_update_timers(gic);
}

uint32_t gic_bank_read(const struct gic *gic, uint64_t offset, unsigned first, unsigned last)
{
    if (offset < GIC_IPRIORITYR) {
        unsigned bank = (unsigned)(offset & 0x7f) / 4;
        return bank >= first && bank <= last ? bitmap_read(gic, offset, bank) : 0;
    }
    if (offset < GIC_ITARGETSR) {
        uint32_t value = 0;
        for (unsigned i = 0; i < 4; i++) {
            unsigned intid = (unsigned)(offset - GIC_IPRIORITYR) + i;
            value |= (uint32_t)gic_priority_read(gic, intid, first * 32, (last + 1) * 32) << (8 * i);
        }
        return value;
    }
    unsigned intid = (unsigned)(offset - GIC_ICFGR) * 4;
    bool is_here = offset >= GIC_ICFGR && intid / 32 >= first && intid / 32 <= last;
    return is_here ? config_read(gic, intid) : 0;
}

void gic_bank_write(struct gic *gic, uint64_t offset, unsigned first, unsigned last, uint32_t value)
{
    if (offset < GIC_IPRIORITYR) {
        unsigned bank = (unsigned)(offset & 0x7f) / 4;
        if (bank >= first && bank <= last) {
            bitmap_write(gic, offset, bank, value);
        }
        return;
    }
    if (offset < GIC_ITARGETSR) {
        for (unsigned i = 0; i < 4; i++) {
            unsigned intid = (unsigned)(offset - GIC_IPRIORITYR) + i;
            gic_priority_write(gic, intid, first * 32, (last + 1) * 32, (uint8_t)(value >> (8 * i)));
        }
        return;
    }
    unsigned intid = (unsigned)(offset - GIC_ICFGR) * 4;
    if (offset >= GIC_ICFGR && intid / 32 >= first && intid / 32 <= last) {
        config_write(gic, intid, value);
    }
}

uint32_t gic_identification(uint64_t offset, uint8_t part)
{
    /* PIDR4..7, PIDR0..3, CIDR0..3: IHI 0069, 12.1.2 */
    static const uint8_t identification[12] = {0x44, 0, 0, 0, 0, 0xb4, 0x3b, 0, 0x0d, 0xf0, 0x05, 0xb1};
    unsigned index = (unsigned)(offset - GIC_IDREGS) / 4;
    return index == 4 ? part : identification[index];
}
