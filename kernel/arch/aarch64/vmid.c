/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * VMIDs and TLB maintenance of stage 2 (Arm ARM DDI 0487, D8.14; VTTBR_EL2, VTCR_EL2). QEMU empties its TLB when VTTBR changes: held by review.
 *
 * Invariant: VMID i > 0 is used by owner[i] alone, whose arch.vttbr has it; all other VSpaces have 0 there. VMID 0 maps nothing.
 */
#include "kernel/arch/arch_switch.h"
#include "kernel/object/vspace.h"
#include "kernel/smp/percpu.h"

#define VTTBR_VMID_SHIFT 48
/* RES1; 4 KiB granule, inner shareable, walks write-back; level 1 first (SL0 = 1); 39 bits. */
#define VTCR_FIXED       (1ul << 31 | 3ul << 12 | 1ul << 10 | 1ul << 8 | 1ul << 6 | (64 - SEL_LIMIT_ADDRESS_BITS))
#define VTCR_PS_SHIFT    16
#define VMID_COUNT       256 /* 8 bits: every processor has them (VTCR_EL2.VS = 0) */

static struct vspace *owner[VMID_COUNT];
static uint64_t last; /* given out */

/** A root that maps nothing: loaded while no VSpace is (VMID 0). */
static uint64_t empty_root[TABLE_ENTRIES] __attribute__((aligned(4096)));

/** Also to borrow it: TLBI works on the current VMID. Native EL1 values are loaded (walks disabled in TCR_EL1), nothing is walked meanwhile. */
static void vttbr_write(uint64_t vttbr)
{
    sysreg_write(vttbr_el2, vttbr);
    isb();
}

void vmid_init(void)
{
    uint64_t physical_range = sysreg_read(id_aa64mmfr0_el1) & 0xf;
    /* 0b0110 (52 bits) needs larger granules: 48 is the most that is used here. */
    sysreg_write(vtcr_el2, VTCR_FIXED | (physical_range > 5 ? 5 : physical_range) << VTCR_PS_SHIFT);
    vttbr_write((uint64_t)empty_root);
    __asm__ volatile("tlbi alle1is" ::: "memory");
    dsb_ish();
    isb();
}

/** Nothing is cached for its VMID, `vmid`, any more, and what is loaded has nothing that could be. */
static void vmid_take(struct vspace *vspace, uint64_t vmid)
{
    kassert(vspace->arch.vttbr >> VTTBR_VMID_SHIFT == vmid && (vmid == 0 || owner[vmid] == vspace));
    vttbr_write((uint64_t)empty_root | vmid << VTTBR_VMID_SHIFT);
    __asm__ volatile("tlbi vmalls12e1is\n\tdsb ish" ::: "memory");
    vspace->arch.vttbr = 0;
    owner[vmid] = NULL;
}

void vmid_renew(struct vspace *vspace)
{
    if (!arch_vspace_has_id(vspace)) {
        last = last % (VMID_COUNT - 1) + 1;
        if (owner[last] != NULL) {
            vmid_take(owner[last], last);
        }
        owner[last] = vspace;
        vspace->arch.vttbr = vspace->arch.root | last << VTTBR_VMID_SHIFT;
    }
}

void vmid_invalidate_address(struct vspace *vspace, uint64_t address)
{
    if (!arch_vspace_has_id(vspace)) {
        return;
    }
    uint64_t before = sysreg_read(vttbr_el2);
    vttbr_write(vspace->arch.vttbr);
    /* By IPA reaches stage 2 entries only; combined ones need all of stage 1 (D8.14.5). */
    __asm__ volatile("tlbi ipas2e1is, %0\n\tdsb ish\n\ttlbi vmalle1is\n\tdsb ish" ::"r"(address >> 12) : "memory");
    vttbr_write(before);
}

/** Without a VMID it is VMID 0 for which nothing is cached. */
void arch_vspace_destroy(struct vspace *vspace)
{
    uint64_t before = sysreg_read(vttbr_el2);
    bool is_loaded = before == vspace->arch.vttbr;
    vmid_take(vspace, vspace->arch.vttbr >> VTTBR_VMID_SHIFT);
    vttbr_write(is_loaded ? (uint64_t)empty_root : before);
}
