/* SPDX-License-Identifier: BSD-2-Clause */
/* Every register of the frame: reset values, what sticks of ones and zeroes, bytes, halfwords, doublewords, unaligned. */
#include "guest.h"

enum {
    SIZE = 0x10000,
};

/* Densely where registers are, sparsely where the frame is reserved. */
static uint64_t next(uint64_t offset, uint64_t size)
{
    bool is_dense = offset < 0xf00 || (offset >= 0x6000 && offset < 0x6920) || offset >= 0xffc0;
    return offset + (is_dense ? size : 0x240);
}

static void report(const char *what, uint64_t offset, uint64_t value)
{
    put(what);
    put_hex(offset);
    trace("", value);
}

/* QEMU's board has LPIs even without an ITS, ours has none: GICD_TYPER differs by that bit alone and is told with it set. */
static uint32_t read_word(uint64_t offset)
{
    return offset == 4 ? read32(GICD + 4) | 1u << 17 : read32(GICD + offset);
}

/* Runs of equal values are one line: priorities alone are 288 bytes. */
static void sweep(const char *what)
{
    uint64_t last = 0;
    uint32_t previous = 0;
    for (uint64_t offset = 0; offset < SIZE; offset = next(offset, 4)) {
        uint32_t value = read_word(offset);
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
        sum = sum * 31 + read8(GICD + offset);
        sum = sum * 31 + read8(GICD + offset + 1);
        sum = sum * 31 + read16(GICD + offset + 2);
    }
    for (uint64_t offset = 0; offset < SIZE; offset = next(offset, 8)) {
        sum = sum * 31 + read64(GICD + offset);
    }
    return sum;
}

static void write_all(uint32_t value)
{
    for (uint64_t offset = 0; offset < SIZE; offset = next(offset, 4)) {
        write32(GICD + offset, value);
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
        write64(GICD + offset, 0x5a5a5a5aa5a5a5a5 + offset);
    }
    sweep("doublewords ");
    for (uint64_t offset = 0; offset < SIZE; offset = next(offset, 1)) {
        write8(GICD + offset, (uint8_t)(offset * 7));
    }
    sweep("bytes ");
    for (uint64_t offset = 0; offset < SIZE; offset = next(offset, 2)) {
        write16(GICD + offset, (uint16_t)(offset * 9));
    }
    sweep("halfwords ");
    report("unaligned ", 0x402, read32(GICD + 0x402));
    report("unaligned ", 0x6106, read64(GICD + 0x6106));
    return 0;
}
