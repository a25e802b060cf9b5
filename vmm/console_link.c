/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * The guest's UART wire: two byte rings shared with the console server. The peer is woken once a flush, not once a byte, and only
 * where it may be asleep (sel/ring.h says when). A ring that is broken or absent behaves as a wire nobody listens to.
 */
#include "vmm/console_link.h"

#include <stddef.h>

#include "sel/queue.h"
#include "sel/spec.h"
#include "vmm/services.h"

static struct sel_ring output;
static struct sel_ring input;
static bool must_wake;

void console_link_open(void)
{
    const struct sel_console_link *link = &sel_guest.console;
    if (link->output_base != 0) {
        (void)sel_ring_open_writer(&output, (void *)link->output_base, link->output_size);
        (void)sel_ring_open_reader(&input, (void *)link->input_base, link->input_size);
    }
}

bool services_console_put(uint8_t byte)
{
    if (output.shared == NULL || output.is_broken) {
        return true;
    }
    return sel_ring_write_byte(&output, byte, &must_wake);
}

bool services_console_get(uint8_t *byte)
{
    return input.shared != NULL && sel_ring_read(&input, byte, 1, &must_wake) == 1;
}

void services_console_flush(void)
{
    if (must_wake) {
        must_wake = false;
        (void)sel_signal(sel_guest.console.peer_cap);
    }
}

bool services_console_is_drained(void)
{
    bool is_nobody_there = output.shared == NULL || output.is_broken;
    if (is_nobody_there || sel_ring_room(&output) == output.capacity) {
        return true;
    }
    /* The server may be letting more come together: what is there now is all. */
    (void)sel_signal(sel_guest.console.peer_cap);
    return false;
}
