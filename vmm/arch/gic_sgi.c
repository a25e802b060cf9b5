/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Software-generated interrupts: the trapped writes of ICC_SGI1R_EL1, ICC_ASGI1R_EL1 and ICC_SGI0R_EL1 (GICv3 IHI 0069, 12.2.19).
 * One CPU at affinity 0.0.0.0: everything not addressed to it reaches nobody.
 * The range selector is ignored: ICC_CTLR_EL1.RSS is 0.
 */
#include "vmm/arch/gic.h"
#include "vmm/bits.h"

static bool is_addressed_to_us(uint64_t value)
{
    bool is_to_all_others = bits_get(value, 40, 1);
    bool is_affinity_zero = bits_get(value, 16, 8) == 0 && bits_get(value, 32, 8) == 0 && bits_get(value, 48, 8) == 0;
    return !is_to_all_others && is_affinity_zero && (value & 1);
}

void gic_send_sgi(struct gic *gic, uint64_t value, bool is_group1)
{
    unsigned intid = (unsigned)bits_get(value, 24, 4);
    if (is_addressed_to_us(value) && gic_test(gic->is_group1, intid) == is_group1) {
        gic_assign(gic->latch, intid, true);
        gic->is_dirty = true;
    }
}
