/* SPDX-License-Identifier: BSD-2-Clause */
/* SIMD registers, FPCR and FPSR keep their values over exits, WFI and interrupts; the FPU's traps are the guest's own. */
#include "guest.h"

static uint64_t state[64] __attribute__((aligned(16)));

static void load(void)
{
    __asm__ volatile(
        ".arch_extension fp\n .arch_extension simd\n"
        " ldp q0, q1, [%0]\n ldp q2, q3, [%0, #32]\n ldp q4, q5, [%0, #64]\n ldp q6, q7, [%0, #96]\n"
        " ldp q8, q9, [%0, #128]\n ldp q10, q11, [%0, #160]\n ldp q12, q13, [%0, #192]\n ldp q14, q15, [%0, #224]\n"
        " ldp q16, q17, [%0, #256]\n ldp q18, q19, [%0, #288]\n ldp q20, q21, [%0, #320]\n ldp q22, q23, [%0, #352]\n"
        " ldp q24, q25, [%0, #384]\n ldp q26, q27, [%0, #416]\n ldp q28, q29, [%0, #448]\n ldp q30, q31, [%0, #480]\n"
        :
        : "r"(state)
        : "memory");
}

static void store(void)
{
    __asm__ volatile(
        ".arch_extension fp\n .arch_extension simd\n"
        " stp q0, q1, [%0]\n stp q2, q3, [%0, #32]\n stp q4, q5, [%0, #64]\n stp q6, q7, [%0, #96]\n"
        " stp q8, q9, [%0, #128]\n stp q10, q11, [%0, #160]\n stp q12, q13, [%0, #192]\n stp q14, q15, [%0, #224]\n"
        " stp q16, q17, [%0, #256]\n stp q18, q19, [%0, #288]\n stp q20, q21, [%0, #320]\n stp q22, q23, [%0, #352]\n"
        " stp q24, q25, [%0, #384]\n stp q26, q27, [%0, #416]\n stp q28, q29, [%0, #448]\n stp q30, q31, [%0, #480]\n"
        :
        : "r"(state)
        : "memory");
}

static uint64_t sum(void)
{
    uint64_t total = 0;
    for (unsigned i = 0; i < 64; i++) {
        total = total * 31 + state[i];
    }
    return total;
}

static void exits(void)
{
    gic_start();
    gic_enable(27);
    for (unsigned i = 0; i < 50; i++) {
        read32(GICD + 4);
        hvc(0x84000000, 0, 0, 0);
    }
    WRITE_SYSREG(cntv_tval_el0, 200000);
    WRITE_SYSREG(cntv_ctl_el0, 1);
    __asm__ volatile("wfi");
    WRITE_SYSREG(cntv_ctl_el0, 0);
}

int main(void)
{
    for (unsigned i = 0; i < 64; i++) {
        state[i] = 0x0101010101010101 * i + 0x8877665544332211;
    }
    trace("before", sum());
    WRITE_SYSREG(s3_3_c4_c4_0, 0x03000000);
    WRITE_SYSREG(s3_3_c4_c4_1, 0x08000011);
    load();
    exits();
    for (unsigned i = 0; i < 64; i++) {
        state[i] = 0;
    }
    store();
    trace("after", sum());
    trace("fpcr", READ_SYSREG(s3_3_c4_c4_0));
    trace("fpsr", READ_SYSREG(s3_3_c4_c4_1));
    WRITE_SYSREG(cpacr_el1, 0);
    trap_clear();
    store();
    trap_report("fpu off");
    WRITE_SYSREG(cpacr_el1, 3 << 20);
    store();
    trap_report("fpu on");
    trace("still", sum());
    return 0;
}
