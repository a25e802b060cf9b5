/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * A32 and T32 code at EL0: system call, undefined, device access with and without condition, coprocessor accesses, fault, waiting; within IT
 * blocks, whose state whoever steps over an instruction must advance. Code is below as words.
 */
#include "guest.h"

static uint64_t resume_at;
static uint64_t sleep_ticks; /* 0: the timer is left alone */

static bool on_trap(struct frame *frame, unsigned vector)
{
    if (frame->esr >> 26 == 0x11 && (frame->esr & 0xffff) == 99 && vector >= 12) {
        trace("  r0", (uint32_t)frame->x[0]);
        frame->elr = resume_at;
        frame->spsr = 0x3c5;
        return true;
    }
    return false;
}

static uint32_t code[8] __attribute__((aligned(64)));

enum {
    A32 = 0x1d0,
    T32 = 0x1f0,
};

static void run_in(uint64_t state, const char *name, uint32_t first, uint32_t second)
{
    code[0] = first;
    code[1] = second;
    code[2] = state == T32 ? 0xdf63df63 : 0xef000063; /* svc #99 */
    __asm__ volatile("dc cvau, %0\n dsb sy\n ic ivau, %0\n dsb sy\n isb" : : "r"(code) : "memory");
    put(name);
    put("\n");
    trap_clear();
    if (sleep_ticks != 0) {
        WRITE_SYSREG(cntv_tval_el0, sleep_ticks);
        WRITE_SYSREG(cntv_ctl_el0, 1);
    }
    __asm__ volatile("adr x9, 1f\n str x9, [%0]\n msr elr_el1, %1\n msr spsr_el1, %4\n"
                     "mov x0, #7\n mov x1, %2\n mov x2, %3\n eret\n 1: nop"
                     :
                     : "r"(&resume_at), "r"(code), "r"((uint64_t)UART), "r"((uint64_t)0x0c000000), "r"(state)
                     : "x0", "x1", "x2", "x9", "memory");
    trap_report("  trapped");
}

static void run(const char *name, uint32_t first, uint32_t second)
{
    run_in(A32, name, first, second);
}

/** r0 = 7 is stored to the UART's baud rate divisor: an access that a VMM answers. */
static void device_stores(void)
{
    run("str r0, [r1, #0x24]", 0xe5810024, 0xe320f000);
    run("strne after cmp r0, r0", 0xe1500000, 0x15810024);
    run("streq after cmp r0, r0", 0xe1500000, 0x05810024);
    run_in(T32, "str; mov r0, #42", 0xbf006248, 0x202abf00);
    run_in(T32, "cmp r0, r0; itt eq; streq; moveq r0, #42", 0xbf044280, 0x202a6248);
    run_in(T32, "cmp r0, r0; ite eq; streq; movne r0, #9", 0xbf0c4280, 0x20096248);
}

/** The timer comes 16 ms later, long after the first instruction: the wait goes to the hypervisor, if there is one. */
static void wait_in(uint64_t state, const char *name, uint32_t first, uint32_t second)
{
    sleep_ticks = 1000000;
    run_in(state, name, first, second);
    sleep_ticks = 0;
}

static void waits(void)
{
    gic_start();
    gic_enable(27);
    WRITE_SYSREG(sctlr_el1, READ_SYSREG(sctlr_el1) | (1 << 16 | 1 << 18));
    wait_in(A32, "wfi that waits", 0xe320f003, 0xe320f000);
    wait_in(A32, "wfieq after cmp r0, r0", 0xe1500000, 0x0320f003);
    wait_in(A32, "wfine after cmp r0, r0", 0xe1500000, 0x1320f003);
    wait_in(T32, "wfi; mov r0, #42", 0xbf00bf30, 0x202abf00);
    wait_in(T32, "cmp r0, r0; itt eq; wfieq; moveq r0, #42", 0xbf044280, 0x202abf30);
    /* Not here: `ite eq; wfieq; movne`. QEMU 7.2 saves the IT state of a WFI that traps as already advanced, so stepping over it loses the last condition. */
    wait_in(T32, "cmp r0, r0; itt ne; wfine; movne r0, #9", 0xbf1c4280, 0x2009bf30);
}

int main(void)
{
    trap_hook = on_trap;
    WRITE_SYSREG(sctlr_el1, READ_SYSREG(sctlr_el1) & ~(uint64_t)(1 << 16 | 1 << 18)); /* WFI and WFE of EL0 trap */
    run("nop", 0xe320f000, 0xe320f000);
    run("mov r0, #42", 0xe3a0002a, 0xe320f000);
    run("svc #5", 0xef000005, 0xe320f000);
    run("udf", 0xe7f000f0, 0xe320f000);
    run("ldr r0, [r1, #0xfe0]", 0xe5910fe0, 0xe320f000);
    run("ldr r0, [r2]", 0xe5920000, 0xe320f000);
    run("str r0, [r2]", 0xe5820000, 0xe320f000);
    run("ldrne after cmp r0, r0", 0xe1500000, 0x15920000);
    run("ldreq after cmp r0, r0", 0xe1500000, 0x05920000);
    run("mrc midr", 0xee100f10, 0xe320f000);
    run("mrc tpidrurw", 0xee1d0f50, 0xe320f000);
    run("mrc ctr", 0xee100f30, 0xe320f000);
    run("mrc pmccntr", 0xee190f1d, 0xe320f000);
    run("mrc cntfrq", 0xee1e0f10, 0xe320f000);
    run("mrc sctlr", 0xee110f10, 0xe320f000);
    run("mrc cp14", 0xee100e11, 0xe320f000);
    run("hvc #0", 0xe1400070, 0xe320f000);
    run("wfi", 0xe320f003, 0xe320f000);
    device_stores();
    waits();
    return 0;
}
