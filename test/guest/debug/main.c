/* SPDX-License-Identifier: BSD-2-Clause */
/* Self-hosted debug: the OS lock, breakpoint registers as storage, software step of EL0 and EL1, also over a load that the VMM carries out. */
#include "guest.h"

#define GICD_TYPER 0x08000004ul

static unsigned step_count;
static uint64_t first_step, resume_at;

static bool on_trap(struct frame *frame, unsigned vector)
{
    uint64_t class = frame->esr >> 26;
    if (class == 0x32 || class == 0x33) {
        if (step_count == 0) {
            first_step = frame->elr;
            trace("first step esr", frame->esr);
            trace("first step vector", vector);
        }
        step_count++;
        frame->spsr |= 1 << 21;
        return true;
    }
    if (class == 0x15 && (frame->esr & 0xffff) == 99) {
        frame->elr = resume_at;
        frame->spsr = 0x3c5;
        return true;
    }
    return false;
}

static void step_el0(void)
{
    __asm__ volatile("adr x9, 2f\n str x9, [%0]\n adr x9, 1f\n msr elr_el1, x9\n mov x9, #0x3c0\n movk x9, #0x20, lsl "
                     "#16\n msr spsr_el1, x9\n"
                     "mov x10, #0\n eret\n"
                     "1: add x10, x10, #1\n ldr w11, [%1]\n add x10, x10, #1\n add x10, x10, #1\n nop\n svc #99\n"
                     "2: nop\n"
                     :
                     : "r"(&resume_at), "r"(GICD_TYPER)
                     : "x9", "x10", "x11", "memory");
}

int main(void)
{
    trap_hook = on_trap;
    trap_clear();
    trace("mdscr", READ_SYSREG(mdscr_el1));
    trace("oslsr", READ_SYSREG(oslsr_el1));
    WRITE_SYSREG(oslar_el1, 0);
    trace("oslsr unlocked", READ_SYSREG(oslsr_el1));
    WRITE_SYSREG(oslar_el1, 1);
    trace("oslsr locked", READ_SYSREG(oslsr_el1));
    WRITE_SYSREG(oslar_el1, 0);
    WRITE_SYSREG(osdlr_el1, 0);
    trap_report("os lock");
    WRITE_SYSREG(dbgbvr0_el1, 0x40000000);
    WRITE_SYSREG(dbgbcr0_el1, 0);
    WRITE_SYSREG(dbgbvr5_el1, 0x50000000);
    WRITE_SYSREG(dbgwvr0_el1, 0x60000000);
    WRITE_SYSREG(dbgwcr3_el1, 0);
    trace("bvr0", READ_SYSREG(dbgbvr0_el1));
    trace("bcr0", READ_SYSREG(dbgbcr0_el1));
    trace("bvr5", READ_SYSREG(dbgbvr5_el1));
    trace("wvr0", READ_SYSREG(dbgwvr0_el1));
    trap_report("breakpoint registers");
    (void)READ_SYSREG(dbgbvr6_el1);
    trap_report("breakpoint 6");
    (void)READ_SYSREG(dbgwvr4_el1);
    trap_report("watchpoint 4");
    trace("mdccsr", READ_SYSREG(mdccsr_el0));
    trace("mdrar", READ_SYSREG(mdrar_el1));
    trap_report("rom");
    (void)READ_SYSREG(mdccint_el1);
    trap_report("mdccint");
    (void)READ_SYSREG(osdtrrx_el1);
    trap_report("osdtrrx");
    (void)READ_SYSREG(dbgdtr_el0);
    trap_report("dbgdtr");
    (void)READ_SYSREG(dbgclaimset_el1);
    trap_report("claim");
    (void)READ_SYSREG(dbgauthstatus_el1);
    trap_report("authstatus");
    (void)READ_SYSREG(dbgprcr_el1);
    trap_report("dbgprcr");
    (void)READ_SYSREG(oseccr_el1);
    trap_report("oseccr");
    WRITE_SYSREG(mdscr_el1, 1);
    trace("mdscr", READ_SYSREG(mdscr_el1));
    step_el0();
    WRITE_SYSREG(mdscr_el1, 0);
    trace("steps of EL0", step_count);
    step_count = 0;
    WRITE_SYSREG(mdscr_el1, 0xa001);
    trace("mdscr", READ_SYSREG(mdscr_el1));
    __asm__ volatile("msr daifclr, #8\n nop\n ldr w9, [%0]\n nop\n nop\n msr daifset, #8"
                     :
                     : "r"(GICD_TYPER)
                     : "x9", "memory");
    WRITE_SYSREG(mdscr_el1, 0);
    trace("steps of EL1", step_count);
    return 0;
}
