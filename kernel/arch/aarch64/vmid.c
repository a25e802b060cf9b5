/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * VMIDs and TLB maintenance of stage 2 (Arm ARM DDI 0487, D8.14; VTTBR_EL2, VTCR_EL2). QEMU shows no stale entry: held by review.
 *
 * Invariant: VMIDs 1..next-1 of the generation `vmid_gen` are each used by at most one VSpace; VMID 0 maps nothing.
 */
#include "kernel/arch/aarch64/vmid.h"

#include "kernel/arch/aarch64/registers.h"
#include "kernel/arch/arch.h"
#include "kernel/object/vspace.h"

#define VTTBR_VMID_SHIFT 48
#define VTCR_RES1        (1ul << 31)
#define VTCR_VS          (1ul << 19)
#define VTCR_TG_4K       0ul
#define VTCR_SH_INNER    (3ul << 12)
#define VTCR_ORGN_WB     (1ul << 10)
#define VTCR_IRGN_WB     (1ul << 8)
#define VTCR_SL_LEVEL1   (1ul << 6)
#define VTCR_PS_SHIFT    16
#define VMID_BITS_16     2

static uint64_t vmid_count;
static uint64_t vmid_next;
static uint64_t vmid_gen;

/** A root that maps nothing: loaded while no VSpace is (VMID 0). */
static uint64_t empty_root[512] __attribute__((aligned(4096)));

void vmid_init(void)
{
    uint64_t physical_range = sysreg_read(id_aa64mmfr0_el1) & 0xf;
    uint64_t vmid_bits = (sysreg_read(id_aa64mmfr1_el1) >> 4) & 0xf;
    uint64_t vtcr = VTCR_RES1 | VTCR_TG_4K | VTCR_SH_INNER | VTCR_ORGN_WB | VTCR_IRGN_WB | VTCR_SL_LEVEL1 |
                    (64 - SEL_LIMIT_ADDRESS_BITS);
    /* 0b0110 (52 bits) needs larger granules: 48 is the most that is used here. */
    vtcr |= (physical_range > 5 ? 5 : physical_range) << VTCR_PS_SHIFT;
    vtcr |= vmid_bits == VMID_BITS_16 ? VTCR_VS : 0;
    vmid_count = vmid_bits == VMID_BITS_16 ? 1ul << 16 : 1ul << 8;
    vmid_next = 1;
    vmid_gen = 1;
    sysreg_write(vtcr_el2, vtcr);
    sysreg_write(vttbr_el2, (uint64_t)empty_root);
    isb();
    __asm__ volatile("tlbi alle1is" ::: "memory");
    dsb_ish();
    isb();
}

/** All VMIDs were given out: start anew with an empty TLB. */
static void vmid_roll_over(void)
{
    vmid_gen++;
    vmid_next = 1;
    sysreg_write(vttbr_el2, (uint64_t)empty_root);
    isb();
    __asm__ volatile("tlbi alle1is" ::: "memory");
    dsb_ish();
}

static void vmid_assign(struct vspace *vspace)
{
    if (vmid_next == vmid_count) {
        vmid_roll_over();
    }
    vspace->arch.vmid = vmid_next++;
    vspace->arch.vmid_gen = vmid_gen;
}

static uint64_t vttbr_of(const struct vspace *vspace)
{
    return vspace->arch.root | vspace->arch.vmid << VTTBR_VMID_SHIFT;
}

void vmid_load(struct vspace *vspace)
{
    if (vspace->arch.vmid_gen != vmid_gen) {
        vmid_assign(vspace);
    }
    sysreg_write(vttbr_el2, vttbr_of(vspace));
}

/** TLBI works on the current VMID: borrow VTTBR. Native EL1 values are loaded (walks disabled in TCR_EL1), nothing is walked meanwhile. */
static uint64_t vmid_borrow(const struct vspace *vspace)
{
    uint64_t before = sysreg_read(vttbr_el2);
    sysreg_write(vttbr_el2, vttbr_of(vspace));
    isb();
    return before;
}

static void vmid_give_back(uint64_t vttbr)
{
    sysreg_write(vttbr_el2, vttbr);
    isb();
}

void vmid_invalidate_address(struct vspace *vspace, uint64_t address)
{
    if (vspace->arch.vmid_gen != vmid_gen) {
        return;
    }
    uint64_t before = vmid_borrow(vspace);
    /* By IPA reaches stage 2 entries only; combined ones need all of stage 1 (D8.14.5). */
    __asm__ volatile("tlbi ipas2e1is, %0\n\tdsb ish\n\ttlbi vmalle1is\n\tdsb ish" ::"r"(address >> 12) : "memory");
    vmid_give_back(before);
}

void vmid_invalidate_space(struct vspace *vspace)
{
    if (vspace->arch.vmid_gen != vmid_gen) {
        return;
    }
    uint64_t before = vmid_borrow(vspace);
    __asm__ volatile("tlbi vmalls12e1is\n\tdsb ish" ::: "memory");
    vspace->arch.vmid_gen = 0;
    bool is_loaded = before == vttbr_of(vspace);
    vmid_give_back(is_loaded ? (uint64_t)empty_root : before);
}
