/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * The wire of a guest's UART, vmm/console_link.c, as a part of target vmm_rings. With an honest console server every byte arrives once and in
 * order, the UART is refused only what has no room, and a server that sleeps is signalled by the flush after what it waits for. One that
 * breaks its ring is as good as absent. With a hostile one (peer.h) the sanitizers judge.
 */
#include <string.h>

#include "sel/queue.h"
#include "sel/spec.h"
#include "test/fuzz/vmm/peer.h"
#include "vmm/console_link.h"
#include "vmm/services.h"

#define CAPACITY  64
#define RING_SIZE (sizeof(struct sel_ring_shared) + CAPACITY)
#define PEER_CAP  77
#define STEPS_MAX 200

static _Alignas(64) uint8_t output_memory[RING_SIZE];
static _Alignas(64) uint8_t input_memory[RING_SIZE];

const struct sel_guest sel_guest = {
    .console = {.output_base = (uintptr_t)output_memory,
                .output_size = RING_SIZE,
                .input_base = (uintptr_t)input_memory,
                .input_size = RING_SIZE,
                .peer_cap = PEER_CAP},
};

/** Bytes on their way in one direction; each says which it is. */
struct stream {
    uint32_t sent;
    uint32_t taken;
};

static struct stream output, input;

static struct server {
    struct sel_ring reader;
    struct sel_ring writer;
    bool waits_for_bytes; /* it looked, there was nothing, it may sleep */
    bool waits_for_room;
    bool is_broken;
} server;

static uint32_t on_the_way(const struct stream *stream)
{
    return stream->sent - stream->taken;
}

static uint8_t byte_of(uint32_t index)
{
    return (uint8_t)(index * 7 + index / 256);
}

sel_err_t sel_signal(sel_cap_t cap)
{
    fuzz_check(cap == PEER_CAP, "capability %lu is signalled", cap);
    server.waits_for_bytes = false;
    server.waits_for_room = false;
    return SEL_ERROR_OK;
}

/* --- the guest's side --- */

static void guest_puts(unsigned count)
{
    for (; count > 0; count--) {
        bool has_room = server.is_broken || on_the_way(&output) < CAPACITY;
        bool is_taken = services_console_put(byte_of(output.sent));
        fuzz_check(is_taken == has_room, "with %u bytes on the way the UART's next is %s", on_the_way(&output),
                   is_taken ? "taken" : "refused");
        output.sent += is_taken;
    }
}

static void guest_gets(unsigned count)
{
    uint8_t byte;
    for (; count > 0; count--) {
        bool is_there = services_console_get(&byte);
        fuzz_check(is_there == (on_the_way(&input) != 0), "%u bytes on the way, and the UART is given %s",
                   on_the_way(&input), is_there ? "one" : "none");
        fuzz_check(!is_there || byte == byte_of(input.taken), "byte %u for the UART is %x", input.taken, byte);
        input.taken += is_there;
    }
}

static void guest_flushes(void)
{
    services_console_flush();
    fuzz_check(!server.waits_for_bytes || server.is_broken || on_the_way(&output) == 0,
               "%u bytes are out, and the server sleeps", on_the_way(&output));
    fuzz_check(!server.waits_for_room || on_the_way(&input) == CAPACITY, "there is room, and the server sleeps");
}

static void guest_drains(void)
{
    bool is_drained = services_console_is_drained();
    fuzz_check(is_drained == (server.is_broken || on_the_way(&output) == 0), "%u bytes on the way, drained: %d",
               on_the_way(&output), is_drained);
    fuzz_check(is_drained || !server.waits_for_bytes, "what is left is not asked for");
}

/* --- an honest server --- */

static void server_takes(unsigned count)
{
    uint8_t byte;
    bool wake = false;
    for (; count > 0 && sel_ring_read(&server.reader, &byte, 1, &wake) == 1; count--) {
        fuzz_check(byte == byte_of(output.taken), "byte %u of the UART is %x", output.taken, byte);
        output.taken++;
    }
    server.waits_for_bytes = count > 0;
}

static void server_gives(unsigned count)
{
    bool wake = false;
    for (; count > 0 && sel_ring_write_byte(&server.writer, byte_of(input.sent), &wake); count--) {
        input.sent++;
    }
    server.waits_for_room = count > 0;
}

/** The first call that meets the nonsense may answer as if there were no room; from the next on nobody listens. */
static void server_breaks(uint8_t excess)
{
    struct sel_ring_shared *shared = (struct sel_ring_shared *)output_memory;
    atomic_store_explicit(&shared->consumed, output.sent - CAPACITY - 1 - excess, memory_order_relaxed);
    (void)services_console_put(0);
    server.is_broken = true;
}

static void step(uint8_t kind, uint8_t count)
{
    switch (kind % 7) {
    case 0:
        guest_puts(count % 80);
        break;
    case 1:
        guest_gets(count % 80);
        break;
    case 2:
        guest_flushes();
        break;
    case 3:
        guest_drains();
        break;
    case 4:
        server_takes(server.is_broken ? 0 : count % 80);
        break;
    case 5:
        server_gives(count % 80);
        break;
    default:
        if (kind > 240 && !server.is_broken) {
            server_breaks(count);
        }
    }
}

static void step_hostile(uint8_t kind, uint8_t count)
{
    uint8_t byte;
    for (unsigned i = 0; i < count % 16; i++) {
        (void)services_console_put(kind);
        (void)services_console_get(&byte);
    }
    services_console_flush();
    (void)services_console_is_drained();
}

/** Without rings: before the first opening. */
static void check_nobody_there(void)
{
    static bool is_done;
    uint8_t byte;
    fuzz_check(is_done || (services_console_put(0) && !services_console_get(&byte) && services_console_is_drained()),
               "a wire without rings refuses bytes, or has some");
    is_done = true;
}

static void start(void)
{
    check_nobody_there();
    services_console_flush(); /* a wake-up left over by the input before */
    memset(output_memory, 0, sizeof(output_memory));
    memset(input_memory, 0, sizeof(input_memory));
    output = (struct stream){0};
    input = (struct stream){0};
    server = (struct server){0};
}

void link_run(struct fuzz_input *bytes, bool is_honest)
{
    start();
    if (!is_honest) {
        peer_watch(bytes, (struct sel_ring_shared *)output_memory, (struct sel_ring_shared *)input_memory);
    } else {
        fuzz_check(sel_ring_open_reader(&server.reader, output_memory, RING_SIZE) &&
                       sel_ring_open_writer(&server.writer, input_memory, RING_SIZE),
                   "zeroed memory is no ring");
    }
    console_link_open();
    for (unsigned i = 0; i < STEPS_MAX && bytes->left != 0; i++) {
        uint8_t kind = fuzz_u8(bytes);
        (is_honest ? step : step_hostile)(kind, fuzz_u8(bytes));
    }
    peer_watch(NULL, NULL, NULL);
}
