/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Console output and input over the kernel's console or rings. One thread of a process uses it.
 * Invariant: output is never reordered; a loss is always told.
 */
#include "sel/console.h"

#include <string.h>

#include "gen/sel/invocations.h"
#include "sel/event.h"
#include "sel/format.h"
#include "sel/queue.h"
#include "sel/spec.h"

#define LOSS_NOTE_BYTES 48

static struct sel_queue output_queue;
static struct sel_queue input_queue;
static bool is_open;
static size_t lost_bytes;

static void open_rings(void)
{
    const struct sel_console_link *link = &sel_spec.console;
    is_open = true;
    (void)sel_ring_open_writer(&output_queue.ring, (void *)link->output_base, link->output_size);
    (void)sel_ring_open_reader(&input_queue.ring, (void *)link->input_base, link->input_size);
    output_queue.peer = link->peer_cap;
    input_queue.peer = link->peer_cap;
}

/* The kernel's console takes SEL_LIMIT_CONSOLE_WRITE_MAX bytes a call. A refusal cannot be told anywhere else. */
static void output_to_kernel(const char *bytes, size_t size)
{
    while (size > 0) {
        const size_t part = size < SEL_LIMIT_CONSOLE_WRITE_MAX ? size : SEL_LIMIT_CONSOLE_WRITE_MAX;
        if (sel_console_write(sel_spec.console_cap, part, bytes) != SEL_ERROR_OK) {
            return;
        }
        bytes += part;
        size -= part;
    }
}

/* Tell of lost bytes before anything newer; false while there is no room even for that. */
static bool loss_is_told(void)
{
    if (lost_bytes == 0) {
        return true;
    }
    char note[LOSS_NOTE_BYTES];
    struct sel_text text = sel_text_start(note, sizeof(note));
    sel_text_string(&text, "\n[");
    sel_text_decimal(&text, lost_bytes);
    sel_text_string(&text, " bytes of output lost]\n");
    if (!sel_queue_put(&output_queue, note, text.length)) {
        return false;
    }
    lost_bytes = 0;
    return true;
}

void sel_console_flush(void)
{
    if (is_open && !output_queue.ring.is_broken) {
        (void)sel_signal(sel_spec.console.peer_cap);
    }
}

/* Sleep until the console server has made room; false if it cannot tell. */
static bool room_came(void)
{
    sel_console_flush();
    return !output_queue.ring.is_broken && sel_spec.console.own_bit != 0 &&
           sel_event_wait_for(sel_spec.console.own_bit);
}

static void output_to_ring(const char *bytes, size_t size)
{
    bool has_slept = false;
    for (;;) {
        const size_t written = loss_is_told() ? sel_queue_write(&output_queue, bytes, size) : 0;
        bytes += written;
        size -= written;
        if (size == 0 || !room_came()) {
            break;
        }
        has_slept = true;
    }
    lost_bytes += size;
    if (has_slept) {
        sel_event_keep(sel_spec.console.own_bit); /* the same bit may have told of input */
    }
}

void sel_console_output(const void *bytes, size_t size)
{
    if (sel_spec.console_kind == SEL_CONSOLE_KERNEL) {
        output_to_kernel(bytes, size);
    } else if (sel_spec.console_kind == SEL_CONSOLE_RING) {
        if (!is_open) {
            open_rings();
        }
        output_to_ring(bytes, size);
    }
}

void sel_console_print(const char *string)
{
    sel_console_output(string, strlen(string));
}

size_t sel_console_input(void *bytes, size_t size)
{
    if (sel_spec.console_kind != SEL_CONSOLE_RING) {
        return 0;
    }
    if (!is_open) {
        open_rings();
    }
    return sel_queue_read(&input_queue, bytes, size);
}

uint64_t sel_console_bit(void)
{
    return sel_spec.console_kind == SEL_CONSOLE_RING ? sel_spec.console.own_bit : 0;
}
