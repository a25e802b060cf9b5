/* SPDX-License-Identifier: BSD-2-Clause */
/* Order by priority, masking by GICC_PMR, preemption six levels deep (more than there are list registers), running priority. */
#include "gicv2.h"

enum {
    FIRST = 40,
    COUNT = 6,
};

static bool is_nesting;
static unsigned depth;

static void on_interrupt(struct frame *frame, unsigned vector)
{
    (void)vector;
    uint64_t elr = frame->elr;
    uint64_t spsr = frame->spsr;
    uint32_t intid = read32(GICC_IAR);
    trace("taken", intid);
    trace("  rpr", read32(GICC_RPR));
    depth++;
    if (is_nesting && depth < COUNT) {
        write32(GICD + 0x204, 1u << (FIRST + depth - 32));
        trace("  active", read32(GICD + 0x304));
        trace("  pending", read32(GICD + 0x204));
        window();
    }
    write32(GICC_EOIR, intid);
    trace("ended", intid);
    trace("  active", read32(GICD + 0x304));
    frame->elr = elr;
    frame->spsr = spsr;
}

int main(void)
{
    interrupt_hook = on_interrupt;
    gicv2_start();
    for (unsigned i = 0; i < COUNT; i++) {
        write8(GICD + 0x400 + FIRST + i, (uint8_t)(0xc0 - 0x20 * i));
        gicv2_enable(FIRST + i);
    }
    write32(GICD + 0xc08, 0xaaaaaaaa);
    put("all at once\n");
    write32(GICD + 0x204, 0x3f << (FIRST - 32));
    trace("hppir", read32(GICC_HPPIR));
    window();
    depth = 0;
    put("masked by pmr\n");
    write32(GICC_PMR, 0x80);
    trace("pmr", read32(GICC_PMR));
    write32(GICD + 0x204, 0x3f << (FIRST - 32));
    window();
    trace("left", read32(GICD + 0x204));
    write32(GICC_PMR, 0xf8);
    window();
    trace("left", read32(GICD + 0x204));
    put("nested\n");
    depth = 0;
    is_nesting = true;
    write32(GICD + 0x204, 1u << (FIRST - 32));
    window();
    trace("depth", depth);
    trace("active", read32(GICD + 0x304));
    return 0;
}
