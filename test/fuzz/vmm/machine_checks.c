/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Invariants of the guest's interrupts: vmm/arch/gic.h names the first, the others are what a guest relies on. The choice of list registers
 * is judged by comparing every pair of interrupts, without the VMM's own candidate lists.
 */
#include "test/fuzz/vmm/machine.h"

static bool bit(const gic_bitmap map, unsigned intid)
{
    return map[intid / 32] >> (intid % 32) & 1;
}

static bool is_of_kernel(unsigned intid)
{
    return intid == GIC_INTID_TIMER_VIRTUAL || intid == GIC_INTID_TIMER_PHYSICAL;
}

/** Whether the guest must be shown this interrupt (IHI 0069, 4.1: pending, enabled, its group enabled; or active). */
static bool is_wanted(const struct gic *gic, unsigned intid)
{
    bool is_pending = bit(gic->latch, intid) || (bit(gic->line, intid) && !bit(gic->is_edge, intid));
    bool is_group_on = gic->group_enables >> (bit(gic->is_group1, intid) ? 1 : 0) & 1;
    return !is_of_kernel(intid) && (bit(gic->active, intid) || (is_pending && is_group_on && bit(gic->enabled, intid)));
}

static void check_entry(const struct gic *gic, unsigned index)
{
    uint32_t entry = gic->entry[index];
    uint64_t intid = list_register_intid(entry);
    fuzz_check(entry >> 29 == 0, "list register %u is %x: reserved bits", index, entry);
    if (list_register_state(entry) == INTERRUPT_STATE_EMPTY) {
        return;
    }
    fuzz_check(intid < GIC_INTERRUPT_COUNT && !is_of_kernel((unsigned)intid), "interrupt %lu in a list register",
               intid);
    for (unsigned i = 0; i < index; i++) {
        bool is_same =
            list_register_state(gic->entry[i]) != INTERRUPT_STATE_EMPTY && list_register_intid(gic->entry[i]) == intid;
        fuzz_check(!is_same, "interrupt %lu is in two list registers", intid);
    }
}

/** As of an exit the VMM knows what the guest did; without one only what it gave. */
static void check_known(const struct gic *gic, unsigned index)
{
    uint32_t entry = gic->entry[index];
    bool is_used = list_register_state(entry) != INTERRUPT_STATE_EMPTY;
    fuzz_check(!is_used || entry == machine.entry[index], "list register %u holds %x, the VMM believes %x", index,
               machine.entry[index], entry);
}

static int entry_of(const struct gic *gic, unsigned intid)
{
    for (unsigned i = 0; i < gic->entry_count; i++) {
        if (list_register_state(gic->entry[i]) != INTERRUPT_STATE_EMPTY &&
            list_register_intid(gic->entry[i]) == intid) {
            return (int)i;
        }
    }
    return -1;
}

/** An interrupt outside: all list registers are in use, by interrupts of no lower priority. */
static void check_outside(const struct gic *gic, unsigned intid)
{
    for (unsigned i = 0; i < gic->entry_count; i++) {
        uint32_t entry = gic->entry[i];
        fuzz_check(list_register_state(entry) != INTERRUPT_STATE_EMPTY,
                   "interrupt %u waits, and list register %u is empty", intid, i);
        fuzz_check(list_register_priority(entry) <= gic->priority[intid],
                   "interrupt %u of priority %u waits behind one of priority %lu", intid, gic->priority[intid],
                   list_register_priority(entry));
        fuzz_check(list_register_notify_eoi(entry), "interrupt %u waits, and list register %u asks for no exit at EOI",
                   intid, i);
    }
}

/** What a guest reads in the page of the UART's registers is what an exit would tell it. */
static void check_page(void)
{
    const struct board *board = &machine.vmm.board;
    fuzz_check(board->uart_page.is_shown == fake.is_page_shown,
               "the UART's page is shown, and the VMM knows nothing of it");
    for (uint64_t offset = sizeof(uint32_t); fake.is_page_shown && offset < sizeof(fake.page);
         offset += sizeof(uint32_t)) {
        uint32_t expected = pl011_peek(&board->uart, offset);
        fuzz_check(fake.page[offset / sizeof(uint32_t)] == expected, "the UART's page holds %x at %lx, the register %x",
                   fake.page[offset / sizeof(uint32_t)], offset, expected);
    }
}

void machine_check(bool is_exit)
{
    const struct gic *gic = &machine.vmm.gic;
    const struct pl011 *uart = &machine.vmm.board.uart;
    fuzz_check(uart->receive.count <= PL011_FIFO_DEPTH && uart->transmit.count <= PL011_FIFO_DEPTH &&
                   uart->receive.first < PL011_FIFO_DEPTH && uart->transmit.first < PL011_FIFO_DEPTH,
               "the UART's FIFOs hold %u and %u", uart->receive.count, uart->transmit.count);
    check_page();
    for (unsigned i = gic->entry_count; i < GIC_ENTRY_MAX; i++) {
        fuzz_check(gic->entry[i] == 0, "list register %u is not the VMM's", i);
    }
    if (machine.is_wild) {
        return;
    }
    for (unsigned i = 0; i < gic->entry_count; i++) {
        check_entry(gic, i);
        if (is_exit) {
            check_known(gic, i);
        }
    }
    fuzz_check(!gic->is_dirty || gic->entry_count == 0, "the VMM waits with list registers that are not up to date");
    for (unsigned intid = 0; intid < GIC_INTERRUPT_COUNT; intid++) {
        if (is_wanted(gic, intid) && entry_of(gic, intid) < 0) {
            check_outside(gic, intid);
        }
    }
}
