/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Target vmm_rings: the byte rings between a VMM and the console server, with a peer that publishes any position at any time: what it stores in
 * shared memory changes before every single read. A ring may break; nothing outside of it is read or written, and no more bytes move
 * than were asked for.
 */
#include <stdlib.h>

#include "sel/ring.h"
#include "test/fuzz/lib/fuzz.h"
#include "test/fuzz/vmm/watch.h"

#undef memcpy

#define RING_BYTES_MAX 1024
#define STEPS_MAX      200

static struct fuzz_input *peer;
static struct sel_ring_shared *shared;

/** The peer owns one of the two positions, but may store to all of the memory. */
void watch_read(uintptr_t address, size_t size)
{
    uintptr_t offset = address - (uintptr_t)shared;
    if (shared == NULL || offset >= sizeof(*shared) || size != sizeof(uint32_t) || fuzz_u8(peer) % 4 != 0) {
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

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct fuzz_input input = {.at = data, .left = size};
    struct sel_ring ring;
    peer = &input;
    bool is_writer = fuzz_u8(&input) & 1;
    size_t bytes = fuzz_number(&input, 2) % RING_BYTES_MAX;
    shared = NULL;
    void *memory = aligned_alloc(64, (bytes + 63) & ~63ul);
    if (memory == NULL) {
        return 0;
    }
    memset(memory, fuzz_u8(&input) % 2 == 0 ? 0 : 0xff, bytes);
    shared = memory;
    bool is_open = is_writer ? sel_ring_open_writer(&ring, memory, bytes) : sel_ring_open_reader(&ring, memory, bytes);
    for (unsigned i = 0; is_open && i < STEPS_MAX && input.left != 0; i++) {
        step(&ring, is_writer, &input);
    }
    shared = NULL;
    free(memory);
    return 0;
}
