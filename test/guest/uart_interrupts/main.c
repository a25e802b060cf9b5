/* SPDX-License-Identifier: BSD-2-Clause */
/* The UART's transmit interrupt through the GIC: a level line, cleared at the device, masked at either. */
#include "guest.h"

enum {
    INTID = 33,
};

static volatile unsigned count;
static volatile uint64_t seen_mis, seen_intid;

static void on_interrupt(struct frame *frame, unsigned vector)
{
    (void)frame;
    (void)vector;
    seen_intid = READ_SYSREG(icc_iar1_el1);
    seen_mis = read32(UART + 0x40);
    count = count + 1;
    if (count % 3 == 0) {
        write32(UART + 0x44, 0x20);
    }
    WRITE_SYSREG(icc_eoir1_el1, seen_intid);
}

static void window(void)
{
    interrupts_unmask();
    __asm__ volatile("isb");
    interrupts_mask();
}

static uint32_t pending(void)
{
    return read32(GICD + 0x204) & 2;
}

int main(void)
{
    interrupt_hook = on_interrupt;
    gic_start();
    gic_enable(INTID);
    write32(UART + 0x44, 0x7ff);
    trace("ris", read32(UART + 0x3c));
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
    uint32_t hppir = (uint32_t)READ_SYSREG(icc_hppir1_el1);
    write32(GICD + 0x284, 2);
    uint32_t after_icpendr = pending();
    write32(UART + 0x44, 0x20);
    uint32_t line_low = pending();
    uint32_t hppir_low = (uint32_t)READ_SYSREG(icc_hppir1_el1);
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
