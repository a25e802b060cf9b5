/* SPDX-License-Identifier: BSD-2-Clause */
/* The distributor's registers: identification, set and clear registers of SPIs and PPIs, bytes of priorities, no targets with one CPU. */
#include "gicv2.h"

static void set_and_clear(const char *name, unsigned set, unsigned clear, unsigned bank, uint32_t bits)
{
    put(name);
    put("\n");
    write32(GICD + set + 4 * bank, bits);
    trace("  set", read32(GICD + set + 4 * bank));
    trace("  set by clear", read32(GICD + clear + 4 * bank));
    write32(GICD + clear + 4 * bank, bits & 0x55555555);
    trace("  cleared", read32(GICD + set + 4 * bank));
    write32(GICD + clear + 4 * bank, ~0u);
    trace("  all cleared", read32(GICD + set + 4 * bank));
}

int main(void)
{
    trace("ctlr", read32(GICD));
    trace("typer", read32(GICD + 4));
    trace("iidr", read32(GICD + 8));
    for (unsigned offset = 0xfd0; offset < 0x1000; offset += 4) {
        trace("id", read32(GICD + offset));
    }
    write32(GICD, 0xffffffff);
    trace("ctlr", read32(GICD));
    write32(GICD, 0);
    set_and_clear("enable of spis", 0x100, 0x180, 2, 0xf0f0f0f0);
    set_and_clear("enable of the last spis", 0x100, 0x180, 8, 0xf0f0f0f0);
    set_and_clear("enable of ppis", 0x100, 0x180, 0, 0xff000000);
    set_and_clear("pending of spis", 0x200, 0x280, 3, 0x12345678);
    set_and_clear("active of spis", 0x300, 0x380, 4, 0x12345678);
    write32(GICD + 0x84, 0xa5a5a5a5);
    trace("group", read32(GICD + 0x84));
    write32(GICD + 0x440, 0x80604020);
    write8(GICD + 0x441, 0xc8);
    trace("priority", read32(GICD + 0x440));
    trace("priority byte", read8(GICD + 0x443));
    write32(GICD + 0x840, 0x01010101);
    trace("targets", read32(GICD + 0x840));
    trace("targets of ppis", read32(GICD + 0x818));
    write32(GICD + 0xc08, 0xaaaaaaaa);
    trace("config", read32(GICD + 0xc08));
    trace("config of sgis", read32(GICD + 0xc00));
    return 0;
}
