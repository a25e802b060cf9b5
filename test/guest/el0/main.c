/* SPDX-License-Identifier: BSD-2-Clause */
/* EL0 of the guest: what it may not do, system calls, faults from below, device accesses, WFI trapped and not. */
#include "guest.h"

static uint64_t resume_at;

/* "svc #99" at EL0 comes back to run(). */
static bool on_trap(struct frame *frame, unsigned vector)
{
    if (frame->esr >> 26 == 0x15 && (frame->esr & 0xffff) == 99 && vector >= 8) {
        frame->elr = resume_at;
        frame->spsr = 0x3c5;
        return true;
    }
    return false;
}

#define RUN(text)                                                                                                      \
    do {                                                                                                               \
        put(text);                                                                                                     \
        trap_clear();                                                                                                  \
        __asm__ volatile(                                                                                              \
            "adr x9, 2f\n str x9, [%0]\n adr x9, 1f\n msr elr_el1, x9\n mov x9, #0x3c0\n msr spsr_el1, x9\n"           \
            "mov x10, %1\n mov x11, %2\n eret\n"                                                                       \
            "1: " text "\n svc #99\n"                                                                                  \
            "2: nop\n"                                                                                                 \
            :                                                                                                          \
            : "r"(&resume_at), "r"((uint64_t)UART), "r"((uint64_t)0x0c000000)                                          \
            : "x9", "x10", "x11", "x12", "memory");                                                                    \
        trap_report("");                                                                                               \
    } while (0)

int main(void)
{
    trap_hook = on_trap;
    WRITE_SYSREG(sctlr_el1, READ_SYSREG(sctlr_el1) & ~(uint64_t)(1 << 16 | 1 << 18)); /* WFI and WFE of EL0 trap */
    RUN("nop");
    RUN("svc #5");
    RUN("hvc #0");
    RUN("smc #0");
    RUN("mrs x9, sctlr_el1");
    RUN("mrs x9, midr_el1");
    RUN("mrs x9, s3_0_c0_c4_0");
    RUN("mrs x9, ctr_el0");
    RUN("mrs x9, cntfrq_el0");
    RUN("mrs x9, cntvct_el0");
    RUN("mrs x9, cntv_ctl_el0");
    RUN("msr daifset, #2");
    RUN("wfi");
    RUN("wfe");
    RUN("ic iallu");
    RUN("brk #1");
    RUN("mrs x9, tpidr_el0");
    RUN("msr tpidr_el0, x10");
    RUN("mrs x9, tpidrro_el0");
    RUN("msr tpidrro_el0, x10");
    RUN("ldr w9, [x10, #0xfe0]");
    RUN("ldp w9, w12, [x10]");
    RUN("ldr w9, [x11]");
    RUN("str w9, [x11], #4");
    WRITE_SYSREG(sctlr_el1, READ_SYSREG(sctlr_el1) | 1 << 16 | 1 << 18 | 1 << 14 | 1 << 15 | 1 << 26 | 1 << 9);
    WRITE_SYSREG(cntkctl_el1, 0x303);
    put("permitted now\n");
    RUN("wfe");
    RUN("mrs x9, ctr_el0");
    RUN("msr daifset, #2");
    RUN("mrs x9, cntvct_el0");
    RUN("mrs x9, cntpct_el0");
    RUN("mrs x9, cntv_ctl_el0");
    return 0;
}
