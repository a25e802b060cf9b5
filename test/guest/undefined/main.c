/* SPDX-License-Identifier: BSD-2-Clause */
/* System registers and instructions that do not exist at EL1 of this machine, and writes to read-only ones. */
#include "guest.h"

#define TRY(instruction)                                                                                               \
    do {                                                                                                               \
        trap_clear();                                                                                                  \
        __asm__ volatile("mov x9, #0\n" instruction : : : "x9", "memory");                                             \
        put(instruction);                                                                                              \
        trap_report("");                                                                                               \
    } while (0)

int main(void)
{
    TRY("mrs x9, hcr_el2");
    TRY("msr hcr_el2, x9");
    TRY("mrs x9, vttbr_el2");
    TRY("mrs x9, scr_el3");
    TRY("mrs x9, cnthctl_el2");
    TRY("mrs x9, ich_hcr_el2");
    TRY("mrs x9, ich_lr0_el2");
    TRY("mrs x9, sctlr_el2");
    TRY("mrs x9, elr_el2");
    TRY("mrs x9, sp_el1");
    TRY("mrs x9, cntps_ctl_el1");
    TRY("mrs x9, icc_ctlr_el3");
    TRY("mrs x9, icc_sre_el2");
    TRY("mrs x9, icc_igrpen1_el3");
    TRY("msr s3_0_c0_c0_0, x9");
    TRY("msr s3_0_c0_c4_0, x9");
    TRY("msr s3_0_c0_c7_7, x9");
    TRY("mrs x9, s3_0_c12_c11_5");
    TRY("mrs x9, s3_0_c12_c11_7");
    TRY("mrs x9, s3_0_c10_c4_0");
    TRY("mrs x9, s3_0_c1_c2_0");
    TRY("mrs x9, s3_0_c2_c1_0");
    TRY("mrs x9, s3_0_c1_c0_5");
    TRY("mrs x9, s3_0_c4_c2_3");
    TRY("mrs x9, s3_3_c4_c2_5");
    TRY("mrs x9, s3_3_c4_c2_6");
    TRY("mrs x9, s3_3_c2_c4_0");
    TRY("mrs x9, s3_0_c12_c1_1");
    TRY("mrs x9, s3_0_c5_c3_0");
    TRY("mrs x9, s3_7_c15_c15_7");
    TRY("mrs x9, s3_0_c11_c0_0");
    TRY("mrs x9, pmcr_el0");
    TRY("mrs x9, pmccntr_el0");
    TRY("mrs x9, pmuserenr_el0");
    TRY("mrs x9, pmintenset_el1");
    TRY("mrs x9, pmovsclr_el0");
    TRY("mrs x9, pmevcntr0_el0");
    TRY("mrs x9, pmceid0_el0");
    TRY("mrs x9, pmccfiltr_el0");
    TRY("mrs x9, pmselr_el0");
    TRY("mrs x9, s3_0_c9_c9_0");
    TRY("mrs x9, s2_1_c0_c0_1");
    TRY("mrs x9, s3_1_c11_c0_2");
    TRY("mrs x9, s3_1_c15_c2_0");
    TRY("msr s3_1_c15_c2_1, x9");
    TRY("mrs x9, s3_1_c15_c3_0");
    TRY("mrs x9, s3_0_c15_c0_0");
    TRY("tlbi alle2");
    TRY("tlbi vmalls12e1");
    TRY("tlbi ipas2e1, x9");
    TRY("at s12e1r, x9");
    TRY("at s1e2r, x9");
    TRY(".inst 0xdac103e9");
    TRY(".inst 0xd503233f");
    TRY(".inst 0x04205000");
    TRY(".inst 0xd503201f");
    TRY(".inst 0xd4a00001");
    TRY("hlt #0");
    TRY(".inst 0xb8e00020");
    return 0;
}
