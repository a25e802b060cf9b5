/* SPDX-License-Identifier: BSD-2-Clause */
/* See hold.h. What is taken out of the list registers is pending in `struct gic` all the same, and comes back with the next choice. */
#include "vmm/gdb/hold.h"

#include "gen/abi.h"
#include "vmm/services.h"
#include "vmm/vmm.h"

static uint32_t without_pending(uint32_t entry)
{
    uint64_t active = list_register_state(entry) & INTERRUPT_STATE_ACTIVE;
    return active == INTERRUPT_STATE_EMPTY ? 0 : (uint32_t)list_register_set_state(entry, active);
}

static void configure_timers(const struct gic *gic, bool is_held)
{
    static const uint32_t intid[GIC_TIMER_COUNT] = {
        [VCPU_TIMER_VIRTUAL] = GIC_INTID_TIMER_VIRTUAL, [VCPU_TIMER_PHYSICAL] = GIC_INTID_TIMER_PHYSICAL};
    for (unsigned timer = 0; timer < GIC_TIMER_COUNT; timer++) {
        const struct gic_timer_config *config = &gic->timer[timer];
        services_configure_timer(timer, intid[timer], config->priority, config->is_enabled && !is_held,
                                 config->is_group1);
    }
}

void hold_interrupts(struct vmm *vmm)
{
    struct gic *gic = &vmm->gic;
    struct vcpu_info info;
    services_vcpu_info(&info);
    gic_sync(gic, info.lr_state);
    for (unsigned i = 0; i < gic->entry_count; i++) {
        gic->entry[i] = without_pending(gic->entry[i]);
    }
    const uint64_t words[2] = {(uint64_t)gic->entry[1] << 32 | gic->entry[0],
                               (uint64_t)gic->entry[3] << 32 | gic->entry[2]};
    (void)services_set_interrupts(words);
    gic->synced_state = GIC_STATE_UNKNOWN;
    configure_timers(gic, true);
}

void hold_end(struct vmm *vmm)
{
    vmm->gic.is_dirty = true;
    configure_timers(&vmm->gic, false);
    vmm_poll_devices(vmm);
}
