/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Which interrupts are in the VMM's list registers. Candidates are those that are active, or pending, enabled and in an enabled
 * group; the highest priorities win (GICv3 IHI 0069, 11.2.2). When some stay outside, every entry asks for an exit at its EOI,
 * and EOIs of interrupts that are in no list register come back as a count: they end the highest-priority active one outside.
 */
#include <string.h>

#include "gen/abi.h"
#include "vmm/arch/gic.h"

static bool is_in_entry(const struct gic *gic, unsigned intid)
{
    for (unsigned i = 0; i < gic->entry_count; i++) {
        if (list_register_state(gic->entry[i]) != INTERRUPT_STATE_EMPTY &&
            list_register_intid(gic->entry[i]) == intid) {
            return true;
        }
    }
    return false;
}

/* Take one entry's state back; true if it changed. */
static bool sync_entry(struct gic *gic, unsigned index, uint64_t state)
{
    uint32_t entry = gic->entry[index];
    if (list_register_state(entry) == state) {
        return false;
    }
    unsigned intid = (unsigned)list_register_intid(entry);
    bool is_pending = state & INTERRUPT_STATE_PENDING;
    bool is_taken = state != INTERRUPT_STATE_PENDING;
    gic_assign(gic->active, intid, state & INTERRUPT_STATE_ACTIVE);
    /* A high line's pending state is the line's, not a latch's: the kernel re-pends it, acknowledging clears an older latch. */
    bool keeps_latch = list_register_level(entry) ? gic_test(gic->latch, intid) && !is_taken : is_pending;
    gic_assign(gic->latch, intid, keeps_latch);
    gic->is_dirty |= state == INTERRUPT_STATE_EMPTY && gic_test(gic->line, intid);
    gic->entry[index] = state == INTERRUPT_STATE_EMPTY ? 0 : (uint32_t)list_register_set_state(entry, state);
    return true;
}

/* An EOI of an interrupt in no list register: by the order of nesting it was the highest-priority active one of them. */
static void end_spilled(struct gic *gic)
{
    unsigned found = GIC_INTERRUPT_COUNT;
    for (unsigned bank = 0; bank < GIC_BANK_COUNT; bank++) {
        for (uint32_t rest = gic->active[bank] & ~gic_kernel_bank(bank); rest != 0; rest &= rest - 1) {
            unsigned intid = bank * 32 + (unsigned)__builtin_ctz(rest);
            bool is_higher = found == GIC_INTERRUPT_COUNT || gic->priority[intid] < gic->priority[found];
            if (is_higher && !is_in_entry(gic, intid)) {
                found = intid;
            }
        }
    }
    if (found < GIC_INTERRUPT_COUNT) {
        gic_assign(gic->active, found, false);
        gic->is_dirty = true;
    }
}

void gic_sync(struct gic *gic, uint64_t lr_state)
{
    bool has_changed = false;
    for (unsigned i = 0; i < gic->entry_count; i++) {
        if (gic->entry[i] != 0) {
            has_changed |= sync_entry(gic, i, (lr_state >> (2 * i)) & 3);
        }
    }
    for (uint64_t count = lr_state_eoi_count(lr_state); count > 0; count--) {
        end_spilled(gic);
    }
    gic->timer_state = lr_state;
    gic->synced_state = lr_state_set_eoi_count(lr_state, 0);
    gic->is_dirty |= has_changed && gic->has_spilled;
}

void gic_mark_edges(struct gic *gic)
{
    memset(gic->fresh, 0, sizeof(gic->fresh));
}

void gic_sync_late(struct gic *gic, uint64_t lr_state)
{
    gic_sync(gic, lr_state);
    for (unsigned bank = 0; bank < GIC_BANK_COUNT; bank++) {
        gic->latch[bank] |= gic->fresh[bank];
    }
}

static uint32_t candidate_bank(const struct gic *gic, unsigned bank)
{
    if ((gic->latch[bank] | gic->line[bank] | gic->active[bank]) == 0) {
        return 0; /* nearly every bank, nearly always */
    }
    uint32_t group0 = gic->group_enables & 1 ? ~gic->is_group1[bank] : 0;
    uint32_t group1 = gic->group_enables & 2 ? gic->is_group1[bank] : 0;
    uint32_t forwarded = gic_pending_bank(gic, bank) & gic->enabled[bank] & (group0 | group1);
    return (forwarded | gic->active[bank]) & ~gic_kernel_bank(bank);
}

static bool is_forwarded(const struct gic *gic, unsigned intid)
{
    uint32_t bit = 1u << (intid % 32);
    unsigned bank = intid / 32;
    bool is_group_on = (gic->group_enables >> (gic_test(gic->is_group1, intid) ? 1 : 0)) & 1;
    return is_group_on && (gic_pending_bank(gic, bank) & gic->enabled[bank] & bit);
}

static uint32_t make_entry(const struct gic *gic, unsigned intid)
{
    uint64_t state = (is_forwarded(gic, intid) ? INTERRUPT_STATE_PENDING : 0) |
                     (gic_test(gic->active, intid) ? INTERRUPT_STATE_ACTIVE : 0);
    bool is_level = !gic_test(gic->is_edge, intid) && gic_test(gic->line, intid) && is_forwarded(gic, intid);
    /* An active level interrupt becomes pending again by its line at EOI, not now. */
    if (is_level && (state & INTERRUPT_STATE_ACTIVE) && !gic_test(gic->latch, intid)) {
        state = INTERRUPT_STATE_ACTIVE;
    }
    uint64_t entry = list_register_set_intid(0, intid);
    entry = list_register_set_priority(entry, gic->priority[intid]);
    entry = list_register_set_state(entry, state);
    entry = list_register_set_group1(entry, gic_test(gic->is_group1, intid));
    return (uint32_t)list_register_set_level(entry, is_level);
}

/* The best candidates, highest priority first, lower INTID first among equals; returns how many there were in all (at most one too many). */
static unsigned choose(const struct gic *gic, unsigned chosen[GIC_ENTRY_MAX])
{
    unsigned count = 0;
    bool is_short = false;
    for (unsigned bank = 0; bank < GIC_BANK_COUNT; bank++) {
        for (uint32_t rest = candidate_bank(gic, bank); rest != 0; rest &= rest - 1) {
            unsigned intid = bank * 32 + (unsigned)__builtin_ctz(rest);
            unsigned place = count;
            while (place > 0 && gic->priority[intid] < gic->priority[chosen[place - 1]]) {
                place--;
            }
            is_short |= count == gic->entry_count;
            unsigned end = count < gic->entry_count ? count++ : count - 1;
            for (unsigned i = end; i > place && i < GIC_ENTRY_MAX; i--) {
                chosen[i] = chosen[i - 1];
            }
            if (place < gic->entry_count) {
                chosen[place] = intid;
            }
        }
    }
    return is_short ? gic->entry_count + 1 : count;
}

bool gic_refill(struct gic *gic, uint64_t words[2])
{
    unsigned chosen[GIC_ENTRY_MAX];
    if (!gic->is_dirty || gic->entry_count == 0) {
        return false;
    }
    gic->is_dirty = false;
    unsigned wanted = choose(gic, chosen);
    gic->has_spilled = wanted > gic->entry_count;
    bool has_changed = false;
    for (unsigned i = 0; i < gic->entry_count; i++) {
        uint32_t entry = i < wanted ? make_entry(gic, chosen[i]) : 0;
        entry = gic->has_spilled ? (uint32_t)list_register_set_notify_eoi(entry, 1) : entry;
        has_changed |= entry != gic->entry[i];
        gic->entry[i] = entry;
    }
    gic->synced_state = has_changed ? GIC_STATE_UNKNOWN : gic->synced_state;
    words[0] = (uint64_t)gic->entry[1] << 32 | gic->entry[0];
    words[1] = (uint64_t)gic->entry[3] << 32 | gic->entry[2];
    return has_changed;
}
