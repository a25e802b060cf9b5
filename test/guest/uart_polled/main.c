/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * A guest that polls the flags for long enough to be shown the registers without exits, and then does what a driver does: everything it
 * writes and everything that arrives must show at once. Words only: that narrow accesses read as on a bus there is ADR 0012's.
 */
#include "guest.h"

static void poll(void)
{
    for (unsigned i = 0; i < 200; i++) {
        if ((read32(UART + 0x18) & 0x20) != 0) {
            put("full\n");
        }
    }
}

static void show_registers(const char *name)
{
    static const uint16_t offsets[] = {0x04, 0x18, 0x24, 0x28, 0x2c, 0x30, 0x34, 0x38, 0x3c, 0x40, 0x48, 0xfe0, 0xffc};
    put(name);
    put("\n");
    for (unsigned i = 0; i < sizeof(offsets) / sizeof(offsets[0]); i++) {
        trace("  register", read32(UART + offsets[i]));
    }
}

int main(void)
{
    poll();
    show_registers("polled");
    write32(UART + 0x24, 13);
    write32(UART + 0x28, 1);
    write32(UART + 0x2c, 0x70);
    write32(UART + 0x34, 0x2d);
    write32(UART + 0x38, 0x30);
    show_registers("written");
    write32(UART + 0x44, 0x7ff);
    show_registers("cleared");
    put("sent\n");
    show_registers("after sending");
    trace("pair", read64(UART + 0x38));
    write32(UART + 0x38, 0);
    write32(UART + 0x44, 0x7ff);
    put("ready\n");
    while ((read32(UART + 0x18) & 0x10) != 0) {
    }
    trace("received", read32(UART + 0x3c) & 0x10);
    trace("byte", read32(UART));
    for (char c = 0; c != '\n' && c != '\r';) {
        if ((read32(UART + 0x18) & 0x10) == 0) {
            c = (char)read32(UART);
        }
    }
    poll();
    show_registers("drained");
    return 0;
}
