/* SPDX-License-Identifier: BSD-2-Clause */
/* Every register of the frame: reset values, what sticks of ones and zeroes, bytes, halfwords, doublewords, unaligned. */
#include "guest.h"

enum {
    SIZE = 0x20000,
};

/* Densely where registers are, sparsely where the frame is reserved. */
static uint64_t next(uint64_t offset, uint64_t size)
{
    bool is_dense = (offset & 0xffff) < 0x500 || (offset & 0xffff) >= 0xffc0 || (offset >= 0x10b80 && offset < 0x10d00);
    return offset + (is_dense ? size : 0x240);
}

static void report(const char *what, uint64_t offset, uint64_t value)
{
    put(what);
    put_hex(offset);
    trace("", value);
}

/* QEMU's board has LPIs even without an ITS, ours has none: GICR_CTLR, GICR_TYPER, GICR_PROPBASER and GICR_PENDBASER are left out. */
static bool is_lpi_register(uint64_t offset)
{
    return offset < 4 || (offset >= 8 && offset < 16) || (offset >= 0x70 && offset < 0x80);
}

/* Runs of equal values are one line: priorities alone are 288 bytes. */
static void sweep(const char *what)
{
    uint64_t last = 0;
    uint32_t previous = 0;
    for (uint64_t offset = 0; offset < SIZE; offset = next(offset, 4)) {
        uint32_t value = is_lpi_register(offset) ? 0 : read32(GICR + offset);
        if (value != previous) {
            report(what, offset, value);
            previous = value;
            last = offset;
        }
    }
    report("last change ", last, previous);
}

static uint64_t sum_of_sizes(void)
{
    uint64_t sum = 0;
    for (uint64_t offset = 0; offset < SIZE; offset = next(offset, 4)) {
        sum = sum * 31 + read8(GICR + offset);
        sum = sum * 31 + read8(GICR + offset + 1);
        sum = sum * 31 + read16(GICR + offset + 2);
    }
    for (uint64_t offset = 0; offset < SIZE; offset = next(offset, 8)) {
        sum = sum * 31 + (is_lpi_register(offset) ? 0 : read64(GICR + offset));
    }
    return sum;
}

static void write_all(uint32_t value)
{
    for (uint64_t offset = 0; offset < SIZE; offset = next(offset, 4)) {
        write32(GICR + offset, value);
    }
}

int main(void)
{
    sweep("reset ");
    trace("other sizes", sum_of_sizes());
    write_all(0xffffffff);
    sweep("ones ");
    trace("other sizes", sum_of_sizes());
    write_all(0);
    sweep("zeroes ");
    for (uint64_t offset = 0; offset < SIZE; offset = next(offset, 8)) {
        write64(GICR + offset, 0x5a5a5a5aa5a5a5a5 + offset);
    }
    sweep("doublewords ");
    for (uint64_t offset = 0; offset < SIZE; offset = next(offset, 1)) {
        write8(GICR + offset, (uint8_t)(offset * 7));
    }
    sweep("bytes ");
    for (uint64_t offset = 0; offset < SIZE; offset = next(offset, 2)) {
        write16(GICR + offset, (uint16_t)(offset * 9));
    }
    sweep("halfwords ");
    report("unaligned ", 0x402, read32(GICR + 0x402));
    report("unaligned ", 0x6ffe, read64(GICR + 0x6ffe));
    return 0;
}
