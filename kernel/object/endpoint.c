/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Endpoint: its queue. Who may meet whom and what travels is ipc/ipc.c.
 */
#include "kernel/object/objects.h"

void endpoint_enqueue(struct endpoint *endpoint, struct tcb *tcb, enum endpoint_state state)
{
    bool is_lone = state == ENDPOINT_RECEIVERS && endpoint->state == ENDPOINT_IDLE;
    tcb->blocked_on = endpoint;
    thread_queue_insert(&endpoint->queue, tcb);
    endpoint->state = is_lone ? ENDPOINT_LONE_RECEIVER : state;
    /* A walk that cancels sends finds whoever came to stand, or was moved, in front of it. */
    struct tcb *next = endpoint->cancel_next;
    if (next != NULL && tcb->badge == endpoint->cancel_badge && tcb->priority > next->priority) {
        endpoint->cancel_next = tcb;
    }
}

void endpoint_dequeue(struct endpoint *endpoint, struct tcb *tcb)
{
    if (endpoint->cancel_next == tcb) {
        endpoint->cancel_next = thread_queue_next(tcb);
    }
    thread_queue_remove(&endpoint->queue, tcb);
    tcb->blocked_on = NULL;
    if (endpoint->queue.head == NULL) {
        endpoint->state = ENDPOINT_IDLE;
    }
}

enum progress endpoint_cancel_badged(struct endpoint *endpoint, uint64_t badge)
{
    /* A preempted walk for the same badge goes on where it stopped. Receivers have badge and walk of nobody. */
    if (endpoint->cancel_badge != badge || endpoint->cancel_next == NULL) {
        endpoint->cancel_next = endpoint->state == ENDPOINT_SENDERS ? endpoint->queue.head : NULL;
    }
    endpoint->cancel_badge = badge;
    while (endpoint->cancel_next != NULL) {
        struct tcb *tcb = endpoint->cancel_next;
        endpoint->cancel_next = thread_queue_next(tcb);
        if (tcb->badge == badge) {
            endpoint_dequeue(endpoint, tcb);
            fault_wake(tcb, ERR_CANCELLED);
        }
        if (endpoint->cancel_next != NULL && preemption_point()) {
            return PREEMPTED;
        }
    }
    endpoint->cancel_badge = 0;
    return DONE;
}
