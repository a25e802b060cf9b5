/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Firmware calls (SMCCC, Arm DEN 0028) and the end of the machine (PSCI, Arm DEN 0022).
 */
#include "kernel/arch/arch.h"
#include "kernel/debug/config.h"

#define PSCI_SYSTEM_OFF 0x84000008ul

/* NOLINTNEXTLINE(readability-non-const-parameter): its assembly writes there. */
void arch_smc(const uint64_t in[8], uint64_t out[4])
{
    /* SMCCC 1.0 firmware may change x4..x17 (DEN 0028, 2.5): both addresses are in registers beyond. */
    __asm__ volatile("ldp x0, x1, [%0]\n\tldp x2, x3, [%0, #16]\n\tldp x4, x5, [%0, #32]\n\tldp x6, x7, [%0, #48]\n\t"
                     "smc #0\n\tstp x0, x1, [%1]\n\tstp x2, x3, [%1, #16]" ::"r"(in),
                     "r"(out)
                     : "x0", "x1", "x2", "x3", "x4", "x5", "x6", "x7", "x8", "x9", "x10", "x11", "x12", "x13", "x14",
                       "x15", "x16", "x17", "memory");
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
