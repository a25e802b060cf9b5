/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * A ring of bytes in memory shared by one writer and one reader that need not trust each other.
 * Zeroed memory is a valid empty ring. Each side keeps its own position in private memory and only publishes it; the peer's position
 * is read once a call, checked, and never used as an index before that. A peer that publishes nonsense breaks its own
 * ring (is_broken) and nothing else. Not here: waking the peer (sel/queue.h).
 *
 * Invariant: 0 <= written - consumed <= capacity, both free-running modulo 2^32; bytes [consumed, written) belong to the reader.
 */
#pragma once

#include <stdatomic.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/** Each side's position has a cache line of its own. */
struct sel_ring_shared {
    _Atomic uint32_t written; /* stored by the writer only */
    uint32_t unused0[15];
    _Atomic uint32_t consumed; /* stored by the reader only */
    uint32_t unused1[15];
    uint8_t data[];
};

/** One side's view; a process is either the writer or the reader of a ring. */
struct sel_ring {
    struct sel_ring_shared *shared;
    uint32_t capacity; /* power of two */
    uint32_t position; /* writer: written; reader: consumed */
    bool is_broken;    /* the peer published an impossible position; nothing moves any more */
};

/**
 * Begin to use the ring at `base` (64-byte aligned) as its writer or reader. Takes up the position this side published earlier, so that a
 * restarted side can go on. The capacity is the largest power of two that fits into `size` behind the header.
 * False if not even 64 bytes fit, or if the positions found are impossible.
 */
bool sel_ring_open_writer(struct sel_ring *ring, void *base, size_t size);
bool sel_ring_open_reader(struct sel_ring *ring, void *base, size_t size);

/** Bytes the writer can add now. */
size_t sel_ring_room(struct sel_ring *ring);

/** Bytes the reader can take now. */
size_t sel_ring_used(struct sel_ring *ring);

/**
 * Add up to `size` bytes; returns how many. `*wake` becomes true if the reader had taken all bytes before these and may be asleep
 * (it is never set to false).
 */
size_t sel_ring_write(struct sel_ring *ring, const void *bytes, size_t size, bool *wake);

/** Add one byte: false if there is no room. What a UART does. */
bool sel_ring_write_byte(struct sel_ring *ring, uint8_t byte, bool *wake);

/** Take up to `size` bytes; returns how many. `*wake` becomes true if the ring was full, so that the writer may be asleep. */
size_t sel_ring_read(struct sel_ring *ring, void *bytes, size_t size, bool *wake);

/** Add one record of `size` bytes whole, or not at all (false: no room, or the ring is broken). */
bool sel_ring_put(struct sel_ring *ring, const void *record, size_t size, bool *wake);

/** Take one record of `size` bytes whole, or not at all. Both sides must use the same size. */
bool sel_ring_get(struct sel_ring *ring, void *record, size_t size, bool *wake);
