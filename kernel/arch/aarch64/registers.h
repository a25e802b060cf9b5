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

#define SCTLR_EL2_RES1 0x30c50830ul
#define SCTLR_M        (1ul << 0)
#define SCTLR_C        (1ul << 2)
#define SCTLR_SA       (1ul << 3)
#define SCTLR_I        (1ul << 12)
#define SCTLR_WXN      (1ul << 19)

#define SCTLR_EL1_RES1 0x30d00800ul
#define SCTLR_EL1_DZE  (1ul << 14)
#define SCTLR_EL1_UCT  (1ul << 15)
#define SCTLR_EL1_NTWI (1ul << 16)
#define SCTLR_EL1_NTWE (1ul << 18)
#define SCTLR_EL1_SPAN (1ul << 23)
#define SCTLR_EL1_UCI  (1ul << 26)

#define TCR_EPD0 (1ul << 7)
#define TCR_EPD1 (1ul << 23)

#define CPACR_FPEN       (3ul << 20)
#define CNTKCTL_EL0PCTEN 1ul
#define CNTHCTL_EL1PCTEN 1ul
#define CNTHCTL_EL1PCEN  2ul
#define MDSCR_TDCC       (1ul << 12)

#define TIMER_CTL_ENABLE  1ul
#define TIMER_CTL_IMASK   2ul
#define TIMER_CTL_ISTATUS 4ul
#define TIMER_CTL_LINE    7ul /* all three */

#define PSTATE_NZCV    (0xful << 28)
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

#define ABORT_ISV           (1ul << 24)
#define ABORT_SSE           (1ul << 21)
#define ABORT_SF            (1ul << 15)
#define ABORT_S1PTW         (1ul << 7)
#define ABORT_WNR           (1ul << 6)
#define ABORT_FSC_TYPE(esr) (((esr) >> 2) & 0xf)
#define FSC_ADDRESS_SIZE    0 /* 1: translation, 2: access flag */
#define FSC_PERMISSION      3 /* above: nothing of the tables */

#define PAR_F       1ul
#define PAR_ADDRESS 0x0000fffffffff000ul

#define ICH_HCR_EN            1ul
#define ICH_HCR_LRENPIE       (1ul << 2)
#define ICH_HCR_EOICOUNT(hcr) (((hcr) >> 27) & 0x1f)
#define ICH_LR_PINTID_SHIFT   32
#define ICH_LR_EOI            (1ul << 41)
#define ICH_LR_PRIORITY_SHIFT 48
#define ICH_LR_GROUP1         (1ul << 60)
#define ICH_LR_HW             (1ul << 61)
#define ICH_LR_PENDING        (1ul << 62)
#define ICH_LR_STATE_SHIFT    62
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

/* Offsets in arch_context and numbers of system calls that entry.S uses (checked in context.h), and the stack's size. */
#define CONTEXT_X16        128
#define CONTEXT_X18        144
#define CONTEXT_X30        240
#define CONTEXT_SP         248
#define CONTEXT_PC         256
#define CONTEXT_PSTATE     264
#define CONTEXT_TPIDR      272
#define ENTRY_CALL         1
#define ENTRY_REPLY_RECV   2
#define ENTRY_SIGNAL       7
#define KERNEL_STACK_BYTES 8192

#ifndef __ASSEMBLER__
#include <stdint.h>

#define sysreg_read(name)                                                                                              \
    ({                                                                                                                 \
        uint64_t value_;                                                                                               \
        __asm__ volatile("mrs %0, " #name : "=r"(value_));                                                             \
        value_;                                                                                                        \
    })
#define sysreg_write(name, value) __asm__ volatile("msr " #name ", %0" ::"r"((uint64_t)(value)))

static inline void isb(void)
{
    __asm__ volatile("isb" ::: "memory");
}

static inline void dsb_ish(void)
{
    __asm__ volatile("dsb ish" ::: "memory");
}

static inline void dsb_sy(void)
{
    __asm__ volatile("dsb sy" ::: "memory");
}
#endif
