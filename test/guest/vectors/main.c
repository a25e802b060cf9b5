/* SPDX-License-Identifier: BSD-2-Clause */
/* Synchronous exceptions at EL1 from both stack pointers, their syndromes and return addresses. */
#include "guest.h"

static void undefined(void)
{
    __asm__ volatile(".inst 0x00000000");
}

int main(void)
{
    trap_clear();
    __asm__ volatile("svc #0x1234");
    trap_report("svc");
    __asm__ volatile("brk #0x42");
    trap_report("brk");
    undefined();
    trap_report("undefined");
    __asm__ volatile(
        "msr spsel, #0\n mov x9, sp\n adr x8, 1f\n b 2f\n .balign 16\n 1: .quad 0\n 2: svc #7\n msr spsel, #1"
        :
        :
        : "x8", "x9");
    trap_report("svc on sp_el0");
    WRITE_SYSREG(sctlr_el1, READ_SYSREG(sctlr_el1) | 2);
    uint64_t value;
    __asm__ volatile("ldr %0, [%1]" : "=r"(value) : "r"((uint64_t)&trapped + 1) : "memory");
    trap_report("unaligned with SCTLR.A");
    WRITE_SYSREG(sctlr_el1, READ_SYSREG(sctlr_el1) & ~2ull);
    __asm__ volatile("mrs x9, daif\n msr daifset, #15\n mrs x8, daif\n msr daif, x9\n mov %0, x8"
                     : "=r"(value)
                     :
                     : "x8", "x9");
    trace("daif all set", value);
    __asm__ volatile("adr x9, 1f\n msr elr_el1, x9\n mrs x9, daif\n mov x8, #0x345\n movk x8, #0x0010, lsl #16\n"
                     " msr spsr_el1, x8\n eret\n 1: nop"
                     :
                     :
                     : "x8", "x9", "memory");
    trap_report("return with PSTATE.IL set");
    return 0;
}
