/* SPDX-License-Identifier: BSD-2-Clause */
/* EOImode 1: priority drop and deactivation apart; edge against level; active and pending; end of nothing. */
#include "guest.h"

enum {
    INTID = 50,
    BIT = 1u << (INTID - 32),
};

static void states(const char *name)
{
    put(name);
    trace(" pending", read32(GICD + 0x204) & BIT);
    trace("  active", read32(GICD + 0x304) & BIT);
    trace("  hppir", READ_SYSREG(icc_hppir1_el1));
    trace("  rpr", READ_SYSREG(icc_rpr_el1));
}

int main(void)
{
    gic_start();
    write32(GICD + 0xc00 + 4 * (INTID / 16), 0xaaaaaaaa);
    gic_enable(INTID);
    WRITE_SYSREG(icc_ctlr_el1, 2);
    trace("ctlr", READ_SYSREG(icc_ctlr_el1));
    write32(GICD + 0x204, BIT);
    states("set");
    trace("iar", READ_SYSREG(icc_iar1_el1));
    states("acknowledged");
    write32(GICD + 0x204, BIT);
    states("set again");
    trace("iar while active", READ_SYSREG(icc_iar1_el1));
    WRITE_SYSREG(icc_eoir1_el1, INTID);
    states("dropped");
    WRITE_SYSREG(icc_dir_el1, INTID);
    states("deactivated");
    trace("iar", READ_SYSREG(icc_iar1_el1));
    WRITE_SYSREG(icc_eoir1_el1, INTID);
    WRITE_SYSREG(icc_dir_el1, INTID);
    states("done");
    WRITE_SYSREG(icc_ctlr_el1, 0);
    write32(GICD + 0x204, BIT);
    trace("iar", READ_SYSREG(icc_iar1_el1));
    write32(GICD + 0x384, BIT);
    states("active cleared by the distributor");
    WRITE_SYSREG(icc_eoir1_el1, INTID);
    states("ended");
    write32(GICD + 0x304, BIT);
    states("active set by the distributor");
    write32(GICD + 0x204, BIT);
    states("and pending");
    write32(GICD + 0x384, BIT);
    states("active cleared");
    trace("iar", READ_SYSREG(icc_iar1_el1));
    WRITE_SYSREG(icc_eoir1_el1, INTID);
    trace("iar of nothing", READ_SYSREG(icc_iar1_el1));
    WRITE_SYSREG(icc_eoir1_el1, 1023);
    states("end");
    return 0;
}
