/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Endpoint: its queue. Who may meet whom and what travels is ipc/ipc.c.
 */
#include "kernel/object/objects.h"

void endpoint_renew(struct endpoint *endpoint)
{
    const struct tcb *tcb = endpoint->queue.head;
    bool is_passive = tcb != NULL && thread_queue_next(tcb) == NULL && tcb->context == NULL &&
                      tcb->home_context == NULL && tcb->reply != NULL && tcb->serving == NULL;
    endpoint->state = tcb == NULL                 ? ENDPOINT_IDLE
                      : tcb->state == THREAD_SEND ? ENDPOINT_SENDERS
                      : is_passive                ? ENDPOINT_PASSIVE_RECEIVER
                                                  : ENDPOINT_RECEIVERS;
}

void endpoint_enqueue(struct endpoint *endpoint, struct tcb *tcb)
{
    tcb->blocked_on = endpoint;
    thread_queue_insert(&endpoint->queue, tcb);
    endpoint_renew(endpoint);
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
    endpoint_renew(endpoint);
}

enum progress endpoint_destroy(struct endpoint *endpoint)
{
    return tcb_cancel_all(&endpoint->queue);
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
