/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * One end of a ring together with the Notification that wakes its peer.
 * Invariant: whoever finds the ring empty (reader) or full (writer), looks once more and then sleeps, is signalled when that changes.
 */
#pragma once

#include <gen/sel/syscalls.h>
#include <sel/ring.h>

struct sel_queue {
    struct sel_ring ring;
    sel_cap_t peer; /* Notification to signal; 0 = the peer polls */
};

/** Add bytes, signal the reader if it may be asleep. Returns how many were added. */
size_t sel_queue_write(struct sel_queue *queue, const void *bytes, size_t size);

/** Take bytes, signal the writer if it may be waiting for room. Returns how many were taken. */
size_t sel_queue_read(struct sel_queue *queue, void *bytes, size_t size);

/** One record of `size` bytes, whole or not at all. */
bool sel_queue_put(struct sel_queue *queue, const void *record, size_t size);
bool sel_queue_get(struct sel_queue *queue, void *record, size_t size);
