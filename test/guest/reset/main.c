/* SPDX-License-Identifier: BSD-2-Clause */
/* SYSTEM_RESET: the second start finds RAM, devices and registers as the first did. The clock alone tells the two apart. */
#include "guest.h"

static uint64_t start_count = 1;

extern char __image_end[];

/* The timer's compare value is not reset by a warm reset of the real machine, but every counter keeps running: no place to hide a count.
 * So the guest stops after the second start by what the person (or test) types: 'r' resets, anything else ends. */
static char typed(void)
{
    while (read32(UART + 0x18) & 0x10) {
    }
    return (char)read32(UART);
}

int main(void)
{
    trace("data", start_count);
    trace("ram behind the image", *(volatile uint64_t *)(__image_end + 0x100000));
    trace("uart imsc", read32(UART + 0x38));
    trace("uart lcr", read32(UART + 0x2c));
    trace("gicd ctlr", read32(GICD));
    trace("gicd enable", read32(GICD + 0x104));
    trace("gicd priority", read32(GICD + 0x420));
    trace("gicr waker", read32(GICR + 0x14));
    trace("vbar set by us", READ_SYSREG(vbar_el1) != 0);
    trace("tpidr", READ_SYSREG(tpidr_el1));
    trace("sctlr", entry_registers[8]);
    trace("x0", entry_registers[0] != 0);
    trace("x1", entry_registers[1]);
    trace("cntv ctl", READ_SYSREG(cntv_ctl_el0));
    trace("icc_pmr", READ_SYSREG(icc_pmr_el1));
    trace("icc_igrpen1", READ_SYSREG(icc_igrpen1_el1));
    trace("mdscr", READ_SYSREG(mdscr_el1));
    trace("fpcr", READ_SYSREG(s3_3_c4_c4_0));
    trace("pending", read32(GICR_SGI + 0x200));
    start_count++;
    *(volatile uint64_t *)(__image_end + 0x100000) = 0xdead;
    gic_start();
    write32(GICD + 0x104, 0xff);
    WRITE_SYSREG(tpidr_el1, 0x1234);
    WRITE_SYSREG(mdscr_el1, 0x1000);
    WRITE_SYSREG(s3_3_c4_c4_0, 0x03000000);
    WRITE_SYSREG(cntv_ctl_el0, 3);
    write32(GICR_SGI + 0x200, 1 << 5);
    put("ready\n");
    if (typed() == 'r') {
        write32(UART + 0x38, 0x7f0);
        hvc(0x84000009, 0, 0, 0);
    }
    return 0;
}
