/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Target vmm_rings: the byte rings between a VMM and the console server, with a peer that publishes any position at any time: what it stores in
 * shared memory changes before every single read. A ring may break; nothing outside of it is read or written, and no more bytes move
 * than were asked for. Some inputs are about the wire of a guest's UART, which is two rings (link.c).
 */
#include <stdlib.h>

#include "test/fuzz/vmm/peer.h"
#include "test/fuzz/vmm/watch.h"

#undef memcpy

#define RING_BYTES_MAX 1024
#define STEPS_MAX      200

/* An input's first byte from here on: the wire. */
#define LINK_HOSTILE 192
#define LINK_HONEST  208

static struct fuzz_input *peer;
static struct sel_ring_shared *watched[2];

void peer_watch(struct fuzz_input *input, struct sel_ring_shared *first, struct sel_ring_shared *second)
{
    peer = input;
    watched[0] = first;
    watched[1] = second;
}

static bool is_inside(const struct sel_ring_shared *shared, uintptr_t address)
{
    return shared != NULL && address - (uintptr_t)shared < sizeof(*shared);
}

/** The peer owns one of the two positions, but may store to all of the memory. */
void watch_read(uintptr_t address, size_t size)
{
    bool is_watched = is_inside(watched[0], address) || is_inside(watched[1], address);
    if (!is_watched || size != sizeof(uint32_t) || fuzz_u8(peer) % 4 != 0) {
        return;
    }
    uint8_t change = fuzz_u8(peer);
    uint32_t position = 0;
    memcpy(&position, (void *)address, sizeof(position));
    position = change < 200 ? position + change % 96 : (uint32_t)fuzz_word(peer);
    memcpy((void *)address, &position, sizeof(position));
}

static void step(struct sel_ring *ring, bool is_writer, struct fuzz_input *input)
{
    bool wake = false;
    size_t wanted = fuzz_u8(input);
    uint8_t *bytes = calloc(1, wanted + 1);
    size_t count = is_writer ? sel_ring_write(ring, bytes, wanted, &wake) : sel_ring_read(ring, bytes, wanted, &wake);
    fuzz_check(count <= wanted && count <= ring->capacity, "%zu bytes moved, %zu were asked for", count, wanted);
    if (wanted % 4 == 0) {
        bool is_whole = is_writer ? sel_ring_put(ring, bytes, wanted, &wake) : sel_ring_get(ring, bytes, wanted, &wake);
        fuzz_check(!is_whole || wanted <= ring->capacity, "a record of %zu bytes", wanted);
    }
    size_t room = is_writer ? sel_ring_room(ring) : sel_ring_used(ring);
    fuzz_check(room <= ring->capacity, "%zu of %u bytes", room, ring->capacity);
    fuzz_check(!ring->is_broken || room == 0, "a broken ring has %zu bytes", room);
    free(bytes);
}

static void run_ring(struct fuzz_input *input, bool is_writer)
{
    struct sel_ring ring;
    size_t bytes = fuzz_number(input, 2) % RING_BYTES_MAX;
    void *memory = aligned_alloc(64, (bytes + 63) & ~63ul);
    if (memory == NULL) {
        return;
    }
    memset(memory, fuzz_u8(input) % 2 == 0 ? 0 : 0xff, bytes);
    peer_watch(input, memory, NULL);
    bool is_open = is_writer ? sel_ring_open_writer(&ring, memory, bytes) : sel_ring_open_reader(&ring, memory, bytes);
    for (unsigned i = 0; is_open && i < STEPS_MAX && input->left != 0; i++) {
        step(&ring, is_writer, input);
    }
    peer_watch(NULL, NULL, NULL);
    free(memory);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct fuzz_input input = {.at = data, .left = size};
    uint8_t kind = fuzz_u8(&input);
    if (kind < LINK_HOSTILE) {
        run_ring(&input, kind & 1);
    } else {
        link_run(&input, kind >= LINK_HONEST);
    }
    return 0;
}
