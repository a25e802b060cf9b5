/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Rings with wake-ups. A failing signal means that the peer's Notification is gone: then there is nobody to wake.
 */
#include "sel/queue.h"

static void wake_peer(const struct sel_queue *queue, bool wake)
{
    if (wake && queue->peer != 0) {
        (void)sel_signal(queue->peer);
    }
}

size_t sel_queue_write(struct sel_queue *queue, const void *bytes, size_t size)
{
    bool wake = false;
    const size_t count = sel_ring_write(&queue->ring, bytes, size, &wake);
    wake_peer(queue, wake);
    return count;
}

size_t sel_queue_read(struct sel_queue *queue, void *bytes, size_t size)
{
    bool wake = false;
    const size_t count = sel_ring_read(&queue->ring, bytes, size, &wake);
    wake_peer(queue, wake);
    return count;
}

bool sel_queue_put(struct sel_queue *queue, const void *record, size_t size)
{
    bool wake = false;
    const bool is_done = sel_ring_put(&queue->ring, record, size, &wake);
    wake_peer(queue, wake);
    return is_done;
}

bool sel_queue_get(struct sel_queue *queue, void *record, size_t size)
{
    bool wake = false;
    const bool is_done = sel_ring_get(&queue->ring, record, size, &wake);
    wake_peer(queue, wake);
    return is_done;
}
