/* SPDX-License-Identifier: BSD-2-Clause */
/* The machine's state at the first instruction: registers as QEMU's loader leaves them, the CPU as after reset, RAM zero. */
#include "guest.h"

extern char __image_end[];

static uint32_t big_endian(uint32_t value)
{
    return __builtin_bswap32(value);
}

int main(void)
{
    static const char *const names[] = {"x0", "x1", "x2", "x3", "pc", "el", "daif", "spsel", "sctlr", "cpacr"};
    for (unsigned i = 1; i < 10; i++) {
        trace(names[i], entry_registers[i]);
    }
    trace("tree at x0", big_endian(read32(entry_registers[0])));
    trace("tree alignment", entry_registers[0] % 8);
    trace("midr", READ_SYSREG(midr_el1));
    trace("mpidr", READ_SYSREG(mpidr_el1));
    trace("cntfrq", READ_SYSREG(cntfrq_el0));
    trace("cntv_ctl", READ_SYSREG(cntv_ctl_el0));
    trace("cntp_ctl", READ_SYSREG(cntp_ctl_el0));
    trace("cntkctl", READ_SYSREG(cntkctl_el1));
    trace("tcr", READ_SYSREG(tcr_el1));
    trace("mair", READ_SYSREG(mair_el1));
    trace("ttbr0", READ_SYSREG(ttbr0_el1));
    trace("mdscr", READ_SYSREG(mdscr_el1));
    trace("icc_sre", READ_SYSREG(icc_sre_el1));
    trace("icc_ctlr", READ_SYSREG(icc_ctlr_el1));
    trace("icc_pmr", READ_SYSREG(icc_pmr_el1));
    trace("icc_bpr0", READ_SYSREG(icc_bpr0_el1));
    trace("icc_bpr1", READ_SYSREG(icc_bpr1_el1));
    trace("icc_igrpen0", READ_SYSREG(icc_igrpen0_el1));
    trace("icc_igrpen1", READ_SYSREG(icc_igrpen1_el1));
    trace("icc_rpr", READ_SYSREG(icc_rpr_el1));
    trace("icc_hppir1", READ_SYSREG(icc_hppir1_el1));
    uint64_t sum = 0;
    for (uint64_t *at = (uint64_t *)__image_end; at < (uint64_t *)0x42000000; at++) {
        sum |= *at;
    }
    trace("ram behind the image", sum);
    return 0;
}
