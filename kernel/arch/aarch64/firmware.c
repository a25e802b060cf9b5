/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Firmware calls (SMCCC, Arm DEN 0028) and the end of the machine (PSCI, Arm DEN 0022).
 */
#include "kernel/arch/arch.h"
#include "kernel/debug/config.h"

#define PSCI_SYSTEM_OFF 0x84000008ul

void arch_smc(const uint64_t in[8], uint64_t out[4])
{
    register uint64_t x0 __asm__("x0") = in[0];
    register uint64_t x1 __asm__("x1") = in[1];
    register uint64_t x2 __asm__("x2") = in[2];
    register uint64_t x3 __asm__("x3") = in[3];
    register uint64_t x4 __asm__("x4") = in[4];
    register uint64_t x5 __asm__("x5") = in[5];
    register uint64_t x6 __asm__("x6") = in[6];
    register uint64_t x7 __asm__("x7") = in[7];
    /* SMCCC 1.0 firmware may change x4..x17 (DEN 0028, 2.5). */
    __asm__ volatile("smc #0"
                     : "+r"(x0), "+r"(x1), "+r"(x2), "+r"(x3), "+r"(x4), "+r"(x5), "+r"(x6), "+r"(x7)
                     :
                     : "x8", "x9", "x10", "x11", "x12", "x13", "x14", "x15", "x16", "x17", "memory");
    out[0] = x0;
    out[1] = x1;
    out[2] = x2;
    out[3] = x3;
}

void arch_halt(void)
{
    const uint64_t in[8] = {PSCI_SYSTEM_OFF};
    uint64_t out[4];
    if (SEL_POISON) {
        arch_smc(in, out);
    }
    for (;;) {
        __asm__ volatile("wfi");
    }
}
