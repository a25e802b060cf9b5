/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * A Call in the world of lib/fastpath.h: to whoever waits at the Endpoint, on the time of a chain or not.
 */
#pragma once

#include "test/proof/lib/fastpath.h"

/* --- the state --- */

/** Who comes behind `waiting` in its queue: of the same priority or below. */
static void queue_behind(uint8_t state)
{
    behind.state = state;
    behind.blocked_on = &endpoint;
    ASSUME(behind.priority <= waiting.priority);
    if (behind.priority == waiting.priority) {
        behind.is_leader = false;
        behind.peer_next = &waiting;
        behind.peer_prev = &waiting;
        waiting.peer_next = &behind;
        waiting.peer_prev = &behind;
    } else {
        behind.queue_prev = &waiting;
        waiting.queue_next = &behind;
    }
}

static void any_endpoint(void)
{
    HAVOC(endpoint);
    endpoint.queue.head = NULL;
    endpoint.cancel_next = NULL;
    ASSUME(endpoint.state <= ENDPOINT_PASSIVE_RECEIVER);
    if (endpoint.state == ENDPOINT_IDLE) {
        return; /* E2 */
    }
    uint8_t state = endpoint.state == ENDPOINT_SENDERS ? THREAD_SEND : THREAD_RECV;
    endpoint.queue.head = &waiting;
    endpoint.cancel_next = state == THREAD_SEND ? MAYBE(waiting) : NULL;
    waiting.state = state;
    waiting.blocked_on = &endpoint;
    waiting.reply = state == THREAD_RECV ? MAYBE(reply) : NULL;
    if (endpoint.state != ENDPOINT_PASSIVE_RECEIVER && any_bool()) {
        queue_behind(state);
    }
}

/** `in_use` came along a chain, or not; what `waiting` has besides. */
static void any_call(void)
{
    any_world();
    any_endpoint();
    reply.server = waiting.reply != NULL ? &waiting : any_bool() ? NULL : &first;
    if (any_bool()) {
        hold(&below, &outer, any_bool() ? &running : &waiting);
        below.below = MAYBE(lowest);
        bool is_top = any_bool();
        below.context = is_top ? &in_use : NULL;
        in_use.reply_top = is_top ? &below : NULL;
        *(below.server == &running ? &running.serving : &waiting.serving) = &below;
    }
    waiting.context = MAYBE(spare);
    spare.thread = waiting.context != NULL ? &waiting : NULL;
    spare.reply_top = any_bool() ? NULL : &lowest;
    assume_kept();
    any_message();
}
