/* SPDX-License-Identifier: BSD-2-Clause */
/* Every PL011 register: reset value, what sticks of all-ones and a pattern, at every size and unaligned. */
#include "guest.h"

static void name(const char *text, uint64_t offset)
{
    put(text);
    put_hex(offset);
}

struct load {
    const char *name;
    uint64_t value;
};

int main(void)
{
    /* Before anything is printed, which polls: then loads of parts of a register may be answered as on a bus (ADR 0012). */
    const struct load loads[] = {
        {"byte 0xfe4", read8(UART + 0xfe4)},
        {"byte 0xfe5", read8(UART + 0xfe5)},
        {"half 0xfe6", read16(UART + 0xfe6)},
        {"half 0xff4", read16(UART + 0xff4)},
        {"double 0xff0", read64(UART + 0xff0)},
        {"unaligned word 0xfe2", read32(UART + 0xfe2)},
        {"unaligned half 0xfe3", read16(UART + 0xfe3)},
        {"unaligned double 0xfec", read64(UART + 0xfec)},
    };
    for (unsigned i = 0; i < sizeof(loads) / sizeof(loads[0]); i++) {
        trace(loads[i].name, loads[i].value);
    }
    for (uint64_t offset = 4; offset < 0x1000; offset += 4) {
        uint32_t value = read32(UART + offset);
        if (value != 0) {
            name("reset ", offset);
            trace("", value);
        }
    }
    static const uint16_t writable[] = {0x20, 0x24, 0x28, 0x34, 0x38, 0x48, 0x3c, 0x40, 0x18, 0x50, 0x80};
    for (unsigned i = 0; i < sizeof(writable) / sizeof(writable[0]); i++) {
        write32(UART + writable[i], 0x2d);
        name("pattern ", writable[i]);
        trace("", read32(UART + writable[i]));
        write32(UART + writable[i], 0);
    }
    write32(UART + 0x34, 0x12);
    write8(UART + 0x34, 0x15);
    trace("byte write", read32(UART + 0x34));
    write16(UART + 0x34, 0x109);
    trace("half write", read32(UART + 0x34));
    write64(UART + 0x34, 0x1200000021);
    trace("double write low", read32(UART + 0x34));
    trace("double write high", read32(UART + 0x38));
    write32(UART + 0x38, 0);
    write32(UART + 0x35, 0x33221104);
    trace("unaligned write 0x35", read32(UART + 0x34));
    trace("unaligned write 0x38", read32(UART + 0x38));
    write32(UART + 0x38, 0);
    return 0;
}
