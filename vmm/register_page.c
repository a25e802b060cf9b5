/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * See register_page.h. Both sides map the page as Device memory, so that neither caches nor mismatched attributes come in between
 * (Arm ARM DDI 0487, B2.8).
 */
#include "vmm/register_page.h"

#include "vmm/services.h"

enum {
    PAGE_BYTES = 0x1000,
    POLLS_BEFORE_SHOWN =
        32, /* a guest that polls does so thousands of times; one that looks once keeps QEMU's narrow accesses */
};

static void put(uint64_t offset, uint32_t value)
{
    services_register_page()[offset / sizeof(value)] = value;
}

void register_page_hide(struct register_page *page)
{
    if (page->is_shown) {
        services_show_register_page(false);
    }
    *page = (struct register_page){.is_shown = false};
}

__attribute__((cold)) static void show(struct register_page *page, const struct pl011 *uart)
{
    for (uint64_t offset = 0; offset < PAGE_BYTES; offset += sizeof(uint32_t)) {
        put(offset, pl011_peek(uart, offset));
    }
    services_show_register_page(true);
    page->is_shown = true;
}

/* What changes by itself: flags and interrupts. */
static void update(struct register_page *page, const struct pl011 *uart)
{
    if (!pl011_is_quiet(uart)) {
        register_page_hide(page);
        return;
    }
    put(PL011_REGISTER_FR, pl011_peek(uart, PL011_REGISTER_FR));
    put(PL011_REGISTER_RIS, pl011_peek(uart, PL011_REGISTER_RIS));
    put(PL011_REGISTER_MIS, pl011_peek(uart, PL011_REGISTER_MIS));
}

void register_page_after_read(struct register_page *page, const struct pl011 *uart, uint64_t offset)
{
    if (page->is_shown) {
        update(page, uart); /* an exit all the same: the guest ran another instruction than its memory holds */
        return;
    }
    if (offset != PL011_REGISTER_FR) {
        return;
    }
    page->poll_count++;
    if (page->poll_count >= POLLS_BEFORE_SHOWN && pl011_is_quiet(uart)) {
        show(page, uart);
    }
}

/* What a store changed of the register it reached, wherever in it the store began. */
static void refresh(const struct pl011 *uart, uint64_t offset)
{
    uint64_t first = offset & ~3ull;
    if (first != PL011_REGISTER_DR) {
        put(first, pl011_peek(uart, first));
    }
    if (first == PL011_REGISTER_LCR_H) { /* without FIFOs another of the bytes read before is the last */
        put(PL011_REGISTER_DR, pl011_peek(uart, PL011_REGISTER_DR));
    }
}

void register_page_after_write(struct register_page *page, const struct pl011 *uart, uint64_t offset, unsigned size)
{
    if (!page->is_shown) {
        return;
    }
    refresh(uart, offset);
    if (size == sizeof(uint64_t)) {
        refresh(uart, offset + sizeof(uint32_t));
    }
    update(page, uart);
}

void register_page_after_poll(struct register_page *page, const struct pl011 *uart)
{
    if (page->is_shown) {
        update(page, uart);
    }
}
