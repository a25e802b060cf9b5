/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * The guest's GIC, of the version that the host's is (SEL_GUEST_GIC), since the CPU interface is the hardware's: state of every interrupt,
 * shared by distributor and list registers (gic_lists.c). A GICv3 (IHI 0069: gic_distributor.c, gic_redistributor.c, gic_sgi.c) has one CPU,
 * one security state (GICD_CTLR.DS = 1), no LPIs, affinity routing always on: what QEMU's virt board shows a guest at EL1; a GICv2: gicv2/.
 * Invariant: an interrupt is in at most one list register, and `entry` is what the kernel holds as of the last exit.
 * The two timers' interrupts are the kernel's: only their configuration is kept here, they never enter a list register of ours.
 */
#pragma once

#include <stdbool.h>
#include <stdint.h>

#include "gen/guest_board.h"

#ifndef SEL_GUEST_GIC
#define SEL_GUEST_GIC 3
#endif

enum {
    GIC_ENABLED_ALWAYS = SEL_GUEST_GIC == 2 ? 0xffff : 0, /* SGIs, of bank 0 */
    GIC_PRIVATE_COUNT = 32,                               /* 16 SGIs, 16 PPIs */
    GIC_INTERRUPT_COUNT = GIC_PRIVATE_COUNT + GUEST_SPI_COUNT,
    GIC_BANK_COUNT = GIC_INTERRUPT_COUNT / 32,
    GIC_ENTRY_MAX = 4,
    GIC_TIMER_COUNT = 2,
    GIC_STATE_UNKNOWN = 1 << 16, /* no lr_state */
    GIC_INTID_TIMER_VIRTUAL = 27,
    GIC_INTID_TIMER_PHYSICAL = 30,
};

/* One bit an interrupt. */
typedef uint32_t gic_bitmap[GIC_BANK_COUNT];

struct gic_timer_config {
    uint8_t priority;
    bool is_enabled;
    bool is_group1;
};

struct gic {
    uint32_t group_enables; /* GICD_CTLR bits 0 and 1 */
    uint32_t waker;
    gic_bitmap enabled;
    gic_bitmap latch; /* pending by an edge, an SGI or software; a level line is not in here */
    gic_bitmap fresh; /* edges of lines since gic_mark_edges */
    gic_bitmap active;
    gic_bitmap line;
    gic_bitmap is_edge;
    gic_bitmap is_group1;
    uint8_t priority[GIC_INTERRUPT_COUNT];
    uint64_t route[GIC_INTERRUPT_COUNT];

    unsigned entry_count;
    uint32_t entry[GIC_ENTRY_MAX]; /* list registers as in abi's list_register; 0 = empty */
    bool is_dirty;                 /* state changed: the list registers must be chosen anew */
    bool has_spilled;              /* more interrupts wanted a list register than there are */

    uint64_t synced_state;                          /* lr_state `entry` agrees with; GIC_STATE_UNKNOWN after new ones */
    uint64_t timer_state;                           /* lr_state of the last exit, timers' fields */
    struct gic_timer_config timer[GIC_TIMER_COUNT]; /* what the kernel was told */
};

/** Reset values; entry_count: list registers the kernel leaves to the VMM (0..4). Tells the kernel the timers' configuration. */
void gic_reset(struct gic *gic, unsigned entry_count);

/** A device's line. Edges are latched for edge-triggered interrupts. */
void gic_set_line(struct gic *gic, unsigned intid, bool is_high);

/** Bitmap helpers; intid < GIC_INTERRUPT_COUNT. */
bool gic_test(const gic_bitmap map, unsigned intid);
void gic_assign(gic_bitmap map, unsigned intid, bool value);

/** Pending as the guest sees it: latch, or a high level-triggered line. bank < GIC_BANK_COUNT. */
uint32_t gic_pending_bank(const struct gic *gic, unsigned bank);

/** Interrupts of this bank that belong to the kernel (the timers). */
uint32_t gic_kernel_bank(unsigned bank);

/** After a change of enable, group, priority or GICD_CTLR: tell the kernel what the timers' interrupts are now. */
void gic_update_timers(struct gic *gic);

/** MMIO; offset inside the frame, size 1, 2, 4 or 8, offset aligned to size. Reserved registers are RAZ/WI. */
uint64_t gic_distributor_read(struct gic *gic, uint64_t offset, unsigned size);
void gic_distributor_write(struct gic *gic, uint64_t offset, unsigned size, uint64_t value);
uint64_t gic_redistributor_read(struct gic *gic, uint64_t offset, unsigned size);
void gic_redistributor_write(struct gic *gic, uint64_t offset, unsigned size, uint64_t value);

/** ICC_SGI1R_EL1, ICC_ASGI1R_EL1, ICC_SGI0R_EL1. `is_group1`: the group the register generates. */
void gic_send_sgi(struct gic *gic, uint64_t value, bool is_group1);

/** Nothing the guest did to its interrupts is unknown here: gic_sync() would change nothing. */
static inline bool gic_is_synced(const struct gic *gic, uint64_t lr_state)
{
    return gic->synced_state == lr_state;
}

/** Take over what the guest did to its interrupts since the list registers were set: lr_state of an exit. */
void gic_sync(struct gic *gic, uint64_t lr_state);

/** Before lines may change that are not a guest's exit's doing; gic_sync_late() then is for what the guest did before and meanwhile. */
void gic_mark_edges(struct gic *gic);

/** gic_sync(), but edges since gic_mark_edges() stay pending: no list register has had them, and the guest cannot have taken them. */
void gic_sync_late(struct gic *gic, uint64_t lr_state);

/** Choose list registers if something changed. True: `words` (two entries each) must be given to the kernel. */
bool gic_refill(struct gic *gic, uint64_t words[2]);
