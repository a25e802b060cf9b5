/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Single-producer single-consumer ring. The sequentially consistent fence between publishing one's own position and reading the peer's
 * again makes a missed wake-up impossible: either the writer sees that the reader had caught up, or the reader,
 * which looks once more before it sleeps, sees the new bytes.
 */
#include "sel/ring.h"

#include <string.h>

#define CAPACITY_MIN 64u
#define CAPACITY_MAX (1u << 30)

static bool ring_open(struct sel_ring *ring, void *base, size_t size, bool is_writer)
{
    *ring = (struct sel_ring){.shared = base};
    if (size < sizeof(struct sel_ring_shared) + CAPACITY_MIN) {
        return false;
    }
    const size_t space = size - sizeof(struct sel_ring_shared);
    ring->capacity = CAPACITY_MIN;
    while (ring->capacity < CAPACITY_MAX && (size_t)ring->capacity * 2 <= space) {
        ring->capacity *= 2;
    }
    ring->position =
        atomic_load_explicit(is_writer ? &ring->shared->written : &ring->shared->consumed, memory_order_relaxed);
    return true;
}

/* Bytes in the ring by the peer's position; a position that cannot be breaks the ring. */
static uint32_t checked(struct sel_ring *ring, uint32_t used)
{
    if (used > ring->capacity) {
        ring->is_broken = true;
    }
    return ring->is_broken ? 0 : used;
}

static uint32_t used_of_writer(struct sel_ring *ring)
{
    return checked(ring, ring->position - atomic_load_explicit(&ring->shared->consumed, memory_order_acquire));
}

static uint32_t used_of_reader(struct sel_ring *ring)
{
    return checked(ring, atomic_load_explicit(&ring->shared->written, memory_order_acquire) - ring->position);
}

bool sel_ring_open_writer(struct sel_ring *ring, void *base, size_t size)
{
    if (!ring_open(ring, base, size, true)) {
        return false;
    }
    (void)used_of_writer(ring);
    return !ring->is_broken;
}

bool sel_ring_open_reader(struct sel_ring *ring, void *base, size_t size)
{
    if (!ring_open(ring, base, size, false)) {
        return false;
    }
    (void)used_of_reader(ring);
    return !ring->is_broken;
}

size_t sel_ring_room(struct sel_ring *ring)
{
    const uint32_t used = used_of_writer(ring);
    return ring->is_broken ? 0 : ring->capacity - used;
}

size_t sel_ring_used(struct sel_ring *ring)
{
    return used_of_reader(ring);
}

static size_t smaller(size_t a, size_t b)
{
    return a < b ? a : b;
}

/* The `count` bytes behind the own position are the reader's from now on. */
static inline void publish(struct sel_ring *ring, uint32_t count, bool *wake)
{
    const uint32_t before = ring->position;
    ring->position += count;
    atomic_store_explicit(&ring->shared->written, ring->position, memory_order_release);
    atomic_thread_fence(memory_order_seq_cst);
    if (atomic_load_explicit(&ring->shared->consumed, memory_order_relaxed) == before) {
        *wake = true;
    }
}

size_t sel_ring_write(struct sel_ring *ring, const void *bytes, size_t size, bool *wake)
{
    const size_t count = smaller(size, sel_ring_room(ring));
    if (count == 0) {
        return 0;
    }
    const size_t at = ring->position & (ring->capacity - 1);
    const size_t first = smaller(count, ring->capacity - at);
    memcpy(&ring->shared->data[at], bytes, first);
    memcpy(&ring->shared->data[0], (const uint8_t *)bytes + first, count - first);
    publish(ring, (uint32_t)count, wake);
    return count;
}

bool sel_ring_write_byte(struct sel_ring *ring, uint8_t byte, bool *wake)
{
    if (sel_ring_room(ring) == 0) {
        return false;
    }
    ring->shared->data[ring->position & (ring->capacity - 1)] = byte;
    publish(ring, 1, wake);
    return true;
}

size_t sel_ring_read(struct sel_ring *ring, void *bytes, size_t size, bool *wake)
{
    const size_t count = smaller(size, used_of_reader(ring));
    if (count == 0) {
        return 0;
    }
    const size_t at = ring->position & (ring->capacity - 1);
    const size_t first = smaller(count, ring->capacity - at);
    memcpy(bytes, &ring->shared->data[at], first);
    memcpy((uint8_t *)bytes + first, &ring->shared->data[0], count - first);

    const uint32_t before = ring->position;
    ring->position += (uint32_t)count;
    atomic_store_explicit(&ring->shared->consumed, ring->position, memory_order_release);
    atomic_thread_fence(memory_order_seq_cst);
    if (atomic_load_explicit(&ring->shared->written, memory_order_relaxed) - before == ring->capacity) {
        *wake = true;
    }
    return count;
}

bool sel_ring_put(struct sel_ring *ring, const void *record, size_t size, bool *wake)
{
    return sel_ring_room(ring) >= size && sel_ring_write(ring, record, size, wake) == size;
}

bool sel_ring_get(struct sel_ring *ring, void *record, size_t size, bool *wake)
{
    return sel_ring_used(ring) >= size && sel_ring_read(ring, record, size, wake) == size;
}
