/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * System registers: access by name, and the bits this kernel uses. No policy: who writes what when is in switch.c, vcpu.c, mmu.c.
 * Names and bit positions: Arm ARM DDI 0487, chapter D19 (registers by name), GIC: IHI 0069, chapter 12.
 */
#pragma once

#define HCR_VM        (1ul << 0)
#define HCR_SWIO      (1ul << 1)
#define HCR_FMO       (1ul << 3)
#define HCR_IMO       (1ul << 4)
#define HCR_AMO       (1ul << 5)
#define HCR_VSE       (1ul << 8)
#define HCR_FB        (1ul << 9)
#define HCR_BSU_INNER (1ul << 10)
#define HCR_DC        (1ul << 12)
#define HCR_TWI       (1ul << 13)
#define HCR_TID3      (1ul << 18)
#define HCR_TSC       (1ul << 19)
#define HCR_TIDCP     (1ul << 20)
#define HCR_TACR      (1ul << 21)
#define HCR_TSW       (1ul << 22)
#define HCR_TGE       (1ul << 27)
#define HCR_RW        (1ul << 31)

#define CPTR_RES1 0x33fful /* TZ (SVE) among them: trapped */
#define CPTR_TFP  (1ul << 10)
#define CPTR_TTA  (1ul << 20)
#define CPTR_TAM  (1ul << 30) /* RES0 without FEAT_AMU */

#define MDCR_KERNEL 0x80e60ul /* TPMCR, TPM, TDA, TDOSA, TDRA, TTRF */
#define MDCR_TPM    (1ul << 6)

#define SCTLR_EL2_KERNEL (0x30c50830ul | 0x8100dul)   /* RES1; WXN, I, SA, C, M */
#define SCTLR_EL1_NATIVE (0x30d00800ul | 0x485d004ul) /* RES1; UCI, SPAN, nTWE, nTWI, UCT, DZE, I, C */
#define SCTLR_EL1_SPAN   (1ul << 23)

#define TCR_WALKS_OFF 0x800080ul /* EPD1, EPD0 */

#define CPACR_FPEN       (3ul << 20)
#define CNTKCTL_EL0PCTEN 1ul
#define CNTHCTL_KERNEL   3ul /* EL1PCEN, EL1PCTEN */
#define MDSCR_TDCC       (1ul << 12)

#define TIMER_CTL_ENABLE  1ul
#define TIMER_CTL_IMASK   2ul
#define TIMER_CTL_ISTATUS 4ul
#define TIMER_CTL_LINE    7ul /* all three */

#define PSTATE_NZCV    (0xful << 28)
#define PSTATE_BTYPE   (3ul << 10)
#define PSTATE_SS      (1ul << 21)
#define PSTATE_PAN     (1ul << 22)
#define PSTATE_DIT     (1ul << 24)
#define PSTATE_DAIF    (0xful << 6)
#define PSTATE_AARCH32 (1ul << 4)
#define PSTATE_THUMB   (1ul << 5)
#define PSTATE_MODE    0x1ful
#define PSTATE_EL0T    0x0ul
#define PSTATE_EL1T    0x4ul
#define PSTATE_EL1H    0x5ul
#define PSTATE_USR32   0x10ul

#define ESR_EC(esr)    (((esr) >> ESR_EC_SHIFT) & 0x3f)
#define ESR_EC_SHIFT   26
#define ESR_IL         (1ul << 25)
#define ESR_ISS(esr)   ((esr) & 0x1fffffful)
#define EC_WFX         0x01
#define EC_CP15_32     0x03
#define EC_CP14_LS     0x06
#define EC_FP          0x07
#define EC_CP10_ID     0x08
#define EC_CP14_64     0x0c
#define EC_SVC64       0x15
#define EC_HVC64       0x16
#define EC_SMC64       0x17
#define EC_SYSREG      0x18
#define EC_FETCH_ABORT 0x20
#define EC_DATA_ABORT  0x24
#define EC_SERROR      0x2f

#define ABORT_ISV           (1ul << 24)
#define ABORT_S1PTW         (1ul << 7)
#define ABORT_WNR           (1ul << 6)
#define ABORT_SYNDROME      (ABORT_ISV | 0x1fful << 15 | ABORT_WNR) /* with SAS, SSE, SRT, SF */
#define ABORT_FSC_TYPE(esr) (((esr) >> 2) & 0xf)
#define FSC_ADDRESS_SIZE    0
#define FSC_TRANSLATION     1ul /* 2: access flag */
#define FSC_PERMISSION      3   /* above: nothing of the tables */

#define PAR_F       1ul
#define PAR_ADDRESS 0x0000fffffffff000ul

#define ICH_HCR_ON            5ul /* LRENPIE, En */
#define ICH_HCR_EOICOUNT(hcr) (((hcr) >> 27) & 0x1f)
#define ICH_VMCR_VENG0        1ul
#define ICH_VMCR_VENG1        2ul
#define ICH_VMCR_PMR(vmcr)    (((vmcr) >> 24) & 0xff)

/* Translation table descriptors, what stages 1 and 2 have in common (D8.3); TABLE is a page at the last level. */
#define TABLE_ENTRIES 512
#define DESC_BLOCK    1ul
#define DESC_TABLE    3ul
#define DESC_INNER    (3ul << 8)
#define DESC_AF       (1ul << 10)
#define DESC_XN       (1ul << 54)

#define KERNEL_STACK_BYTES 8192

#ifndef __ASSEMBLER__
#define isb()     __asm__ volatile("isb" ::: "memory")
#define dsb_ish() __asm__ volatile("dsb ish" ::: "memory")
#define dsb_sy()  __asm__ volatile("dsb sy" ::: "memory")

#define mmio_read(address)         (*(volatile uint32_t *)(address))
#define mmio_write(address, value) (*(volatile uint32_t *)(address) = (uint32_t)(value))

#define sysreg_read(name)                                                                                              \
    ({                                                                                                                 \
        uint64_t value_;                                                                                               \
        __asm__ volatile("mrs %0, " #name : "=r"(value_));                                                             \
        value_;                                                                                                        \
    })
#define sysreg_write(name, value) __asm__ volatile("msr " #name ", %0" ::"r"((uint64_t)(value)))
#endif
