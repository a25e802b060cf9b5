/* SPDX-License-Identifier: BSD-2-Clause */
/* The PL031 real-time clock: registers at every size, its counting after a load, and alarms ahead, due and past. */
#include "guest.h"

enum {
    CLOCK = 0x09010000,
    INTID = 32 + 2,
    DR = CLOCK + 0x00,
    MR = CLOCK + 0x04,
    LR = CLOCK + 0x08,
    CR = CLOCK + 0x0c,
    IMSC = CLOCK + 0x10,
    RIS = CLOCK + 0x14,
    MIS = CLOCK + 0x18,
    ICR = CLOCK + 0x1c,
};

static volatile uint64_t seen_intid;

static void on_interrupt(struct frame *frame, unsigned vector)
{
    (void)frame;
    (void)vector;
    uint64_t intid = READ_SYSREG(icc_iar1_el1);
    seen_intid = intid;
    write32(IMSC, 0);
    WRITE_SYSREG(icc_eoir1_el1, intid);
}

static void registers(void)
{
    static const uint16_t named[] = {0x04, 0x08, 0x0c, 0x10, 0x14, 0x18, 0x1c, 0x20, 0x80, 0xfdc};
    for (unsigned i = 0; i < sizeof(named) / sizeof(named[0]); i++) {
        trace("reset", read32(CLOCK + named[i]));
    }
    for (uint64_t offset = 0xfe0; offset < 0x1000; offset += 4) {
        trace("identification", read32(CLOCK + offset));
    }
    trace("byte 0xfe1", read8(CLOCK + 0xfe1));
    trace("double 0xff0", read64(CLOCK + 0xff0));
    trace("unaligned word 0xfe2", read32(CLOCK + 0xfe2));
    write32(MR, 0x11223344);
    trace("match", read32(MR));
    trace("match, byte", read8(MR));
    trace("match, second byte", read8(MR + 1));
    trace("match, upper half", read16(MR + 2));
    write8(MR + 1, 0xff);
    trace("match after a byte at 1", read32(MR));
    write16(MR, 0x5566);
    trace("match after a half", read32(MR));
    write32(IMSC, 0xff);
    trace("mask", read32(IMSC));
    write32(IMSC, 0);
    write32(CR, 0);
    trace("control", read32(CR));
    write32(RIS, 1);
    trace("raw", read32(RIS));
}

static void counting(void)
{
    write32(LR, 0xfffffff0);
    trace("load", read32(LR));
    trace("counts from it", read32(DR) - 0xfffffff0 <= 1);
    while (read32(DR) != 0xfffffff2) {
    }
    trace("load stays", read32(LR));
}

static void alarm_ahead(void)
{
    write32(LR, 100);
    write32(MR, 102);
    trace("ahead, raw", read32(RIS));
    write32(IMSC, 1);
    while (seen_intid == 0) {
        __asm__ volatile("wfi");
        interrupts_unmask();
        __asm__ volatile("isb");
        interrupts_mask();
    }
    trace("interrupt", seen_intid);
    trace("in time", read32(DR) - 102 <= 1);
    trace("raw", read32(RIS));
    trace("masked", read32(MIS));
    write32(ICR, 1);
    trace("raw, cleared", read32(RIS));
}

int main(void)
{
    interrupt_hook = on_interrupt;
    gic_start();
    gic_enable(INTID);
    registers();
    counting();
    alarm_ahead();
    write32(LR, 200);
    write32(MR, 200);
    trace("due", read32(RIS));
    write32(IMSC, 1);
    trace("due, masked", read32(MIS));
    write32(IMSC, 0);
    write32(ICR, 1);
    write32(MR, 150);
    trace("past", read32(RIS));
    finish();
}
