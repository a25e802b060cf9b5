/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * VMIDs and TLB maintenance of stage 2 (Arm ARM DDI 0487, D8.14; VTTBR_EL2, VTCR_EL2). QEMU empties its TLB when VTTBR changes: held by review.
 *
 * Invariant: VMIDs 1..next-1 of the generation percpu.vmid_gen are each used by at most one VSpace; VMID 0 maps nothing.
 */
#include "kernel/arch/arch_switch.h"
#include "kernel/object/vspace.h"
#include "kernel/smp/percpu.h"

#define VTTBR_VMID_SHIFT 48
/* RES1; 4 KiB granule, inner shareable, walks write-back; level 1 first (SL0 = 1); 39 bits. */
#define VTCR_FIXED       (1ul << 31 | 3ul << 12 | 1ul << 10 | 1ul << 8 | 1ul << 6 | (64 - SEL_LIMIT_ADDRESS_BITS))
#define VTCR_VS          (1ul << 19)
#define VTCR_PS_SHIFT    16
#define VMID_BITS_16     2

static uint64_t vmid_count;
static uint64_t vmid_next;

/** A root that maps nothing: loaded while no VSpace is (VMID 0). */
static uint64_t empty_root[TABLE_ENTRIES] __attribute__((aligned(4096)));

/** Also to borrow it: TLBI works on the current VMID. Native EL1 values are loaded (walks disabled in TCR_EL1), nothing is walked meanwhile. */
static void vttbr_write(uint64_t vttbr)
{
    sysreg_write(vttbr_el2, vttbr);
    isb();
}

/** No VMID is given out, the TLB is empty, VMID 0 is loaded: at boot, and when all were given out once. */
static void vmid_start_anew(void)
{
    percpu()->vmid_gen++;
    vmid_next = 1;
    vttbr_write((uint64_t)empty_root);
    __asm__ volatile("tlbi alle1is" ::: "memory");
    dsb_ish();
    isb();
}

void vmid_init(void)
{
    uint64_t physical_range = sysreg_read(id_aa64mmfr0_el1) & 0xf;
    bool has_16_bits = ((sysreg_read(id_aa64mmfr1_el1) >> 4) & 0xf) == VMID_BITS_16;
    /* 0b0110 (52 bits) needs larger granules: 48 is the most that is used here. */
    uint64_t vtcr = VTCR_FIXED | (physical_range > 5 ? 5 : physical_range) << VTCR_PS_SHIFT;
    sysreg_write(vtcr_el2, vtcr | (has_16_bits ? VTCR_VS : 0));
    vmid_count = 1ul << (has_16_bits ? 16 : 8);
    vmid_start_anew();
}

void vmid_renew(struct vspace *vspace)
{
    if (vmid_is_valid(vspace)) {
        return;
    }
    if (vmid_next == vmid_count) {
        vmid_start_anew();
    }
    vspace->arch.vttbr = vspace->arch.root | vmid_next++ << VTTBR_VMID_SHIFT;
    vspace->arch.vmid_gen = percpu()->vmid_gen;
}

void vmid_invalidate_address(struct vspace *vspace, uint64_t address)
{
    if (!vmid_is_valid(vspace)) {
        return;
    }
    uint64_t before = sysreg_read(vttbr_el2);
    vttbr_write(vspace->arch.vttbr);
    /* By IPA reaches stage 2 entries only; combined ones need all of stage 1 (D8.14.5). */
    __asm__ volatile("tlbi ipas2e1is, %0\n\tdsb ish\n\ttlbi vmalle1is\n\tdsb ish" ::"r"(address >> 12) : "memory");
    vttbr_write(before);
}

/** It gets another VMID if it should be loaded again. */
void arch_vspace_destroy(struct vspace *vspace)
{
    if (!vmid_is_valid(vspace)) {
        return;
    }
    uint64_t before = sysreg_read(vttbr_el2);
    vttbr_write(vspace->arch.vttbr);
    __asm__ volatile("tlbi vmalls12e1is\n\tdsb ish" ::: "memory");
    vspace->arch.vmid_gen = 0;
    vttbr_write(before == vspace->arch.vttbr ? (uint64_t)empty_root : before);
}
