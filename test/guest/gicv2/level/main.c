/* SPDX-License-Identifier: BSD-2-Clause */
/* The UART's transmit interrupt through the GIC: a level line, cleared at the device, masked at either; and as an edge. */
#include "gicv2.h"

enum {
    INTID = 33,
};

static volatile unsigned count;
static volatile uint64_t seen_mis, seen_intid;

static void on_interrupt(struct frame *frame, unsigned vector)
{
    (void)frame;
    (void)vector;
    seen_intid = read32(GICC_IAR);
    seen_mis = read32(UART + 0x40);
    count = count + 1;
    if (count % 3 == 0) {
        write32(UART + 0x44, 0x20);
    }
    write32(GICC_EOIR, (uint32_t)seen_intid);
}

static uint32_t pending(void)
{
    return read32(GICD + 0x204) & 2;
}

int main(void)
{
    interrupt_hook = on_interrupt;
    gicv2_start();
    gicv2_enable(INTID);
    write32(UART + 0x44, 0x7ff);
    trace("pending", pending());
    write32(UART + 0x44, 0x7ff);
    write32(UART + 0x38, 0x20);
    window();
    unsigned count_at_first = count;
    put("x\n");
    window();
    unsigned count_after = count;
    write32(UART + 0x38, 0);
    trace("before", count_at_first);
    trace("after", count_after);
    trace("mis", seen_mis);
    trace("intid", seen_intid);
    write32(UART + 0x44, 0x20);
    count = 0;
    write32(UART, '.');
    write32(UART + 0x38, 0x20);
    uint32_t line_high = pending();
    uint32_t hppir = read32(GICC_HPPIR);
    write32(GICD + 0x284, 2);
    uint32_t after_icpendr = pending();
    write32(UART + 0x44, 0x20);
    uint32_t line_low = pending();
    uint32_t hppir_low = read32(GICC_HPPIR);
    write32(UART + 0x38, 0);
    put("\n");
    trace("line high", line_high);
    trace("hppir", hppir);
    trace("after icpendr", after_icpendr);
    trace("line low", line_low);
    trace("hppir", hppir_low);
    write32(UART + 0x44, 0x20);
    write32(GICD + 0xc08, 8); /* edge */
    write32(UART, '.');
    write32(UART + 0x38, 0x20);
    write32(UART + 0x38, 0);
    uint32_t latched = pending();
    write32(GICD + 0x284, 2);
    put("\n");
    trace("edge latched", latched);
    trace("edge cleared", pending());
    return 0;
}
