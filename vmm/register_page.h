/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * A page through which the guest reads its UART's registers without an exit (docs/adr/0012). It is in the guest's address space only while
 * reading any register would change nothing, and only after the guest has polled for a while; writes exit always (the page is
 * read-only to the guest). Not here: what the registers are (devices/pl011.h).
 *
 * Invariant: while the page is shown each word of it is what pl011_peek() says.
 */
#pragma once

#include <stdbool.h>
#include <stdint.h>

#include "vmm/devices/pl011.h"

struct register_page {
    bool is_shown;
    unsigned poll_count; /* flag register reads that exited since the page was hidden last */
};

/** Take the page from the guest, if it has it. A zeroed page is hidden. */
void register_page_hide(struct register_page *page);

/** The guest read `offset` by an exit: show the page if it polls the flags and reading is without consequence. */
void register_page_after_read(struct register_page *page, const struct pl011 *uart, uint64_t offset);

/** The guest wrote `size` bytes at `offset`: bring the page up to date, or hide it. */
void register_page_after_write(struct register_page *page, const struct pl011 *uart, uint64_t offset, unsigned size);

/** The outside changed the UART: the same. */
void register_page_after_poll(struct register_page *page, const struct pl011 *uart);
