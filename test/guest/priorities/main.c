/* SPDX-License-Identifier: BSD-2-Clause */
/* Order by priority, masking by PMR, preemption six levels deep (more than there are list registers), running priority. */
#include "guest.h"

enum {
    FIRST = 40,
    COUNT = 6,
};

static bool is_nesting;
static bool is_piling; /* the lowest one pends all others before it ends: it has no list register then */
static unsigned depth;

static void on_interrupt(struct frame *frame, unsigned vector)
{
    (void)vector;
    uint64_t elr = frame->elr;
    uint64_t spsr = frame->spsr;
    uint64_t intid = READ_SYSREG(icc_iar1_el1);
    trace("taken", intid);
    trace("  rpr", READ_SYSREG(icc_rpr_el1));
    depth++;
    if (is_nesting && depth < COUNT) {
        write32(GICD + 0x204, 1u << (FIRST + depth - 32));
        trace("  active", read32(GICD + 0x304));
        trace("  pending", read32(GICD + 0x204));
        interrupts_unmask();
        __asm__ volatile("isb");
        interrupts_mask();
    }
    if (is_piling && intid == FIRST) {
        write32(GICD + 0x204, 0x3e << (FIRST - 32));
    }
    WRITE_SYSREG(icc_eoir1_el1, intid);
    trace("ended", intid);
    trace("  rpr", READ_SYSREG(icc_rpr_el1));
    trace("  active", read32(GICD + 0x304));
    frame->elr = elr;
    frame->spsr = spsr;
}

int main(void)
{
    interrupt_hook = on_interrupt;
    gic_start();
    for (unsigned i = 0; i < COUNT; i++) {
        gic_set_priority(FIRST + i, (uint8_t)(0xc0 - 0x20 * i));
        gic_enable(FIRST + i);
        write32(GICD + 0xc08, 0xaaaaaaaa);
    }
    put("all at once\n");
    write32(GICD + 0x204, 0x3f << (FIRST - 32));
    trace("hppir", READ_SYSREG(icc_hppir1_el1));
    interrupts_unmask();
    __asm__ volatile("isb");
    interrupts_mask();
    depth = 0;
    put("masked by pmr\n");
    WRITE_SYSREG(icc_pmr_el1, 0x80);
    trace("pmr", READ_SYSREG(icc_pmr_el1));
    write32(GICD + 0x204, 0x3f << (FIRST - 32));
    interrupts_unmask();
    __asm__ volatile("isb");
    interrupts_mask();
    put("pmr opened\n");
    WRITE_SYSREG(icc_pmr_el1, 0xff);
    interrupts_unmask();
    __asm__ volatile("isb");
    interrupts_mask();
    depth = 0;
    put("nested\n");
    is_nesting = true;
    write32(GICD + 0x204, 1u << (FIRST - 32));
    interrupts_unmask();
    __asm__ volatile("isb");
    interrupts_mask();
    trace("active at last", read32(GICD + 0x304));
    trace("pending at last", read32(GICD + 0x204));
    is_nesting = false;
    put("ended behind others\n");
    is_piling = true;
    write32(GICD + 0x204, 1u << (FIRST - 32));
    interrupts_unmask();
    __asm__ volatile("isb");
    interrupts_mask();
    is_piling = false;
    trace("active at last", read32(GICD + 0x304));
    put("disabled while pending\n");
    write32(GICD + 0x204, 3u << (FIRST - 32));
    write32(GICD + 0x184, 1u << (FIRST - 32));
    interrupts_unmask();
    __asm__ volatile("isb");
    interrupts_mask();
    trace("pending", read32(GICD + 0x204));
    put("distributor off\n");
    write32(GICD, 0);
    gic_enable(FIRST);
    trace("hppir", READ_SYSREG(icc_hppir1_el1));
    write32(GICD, 2);
    trace("hppir", READ_SYSREG(icc_hppir1_el1));
    return 0;
}
