/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Queue of waiting threads in two levels: priorities, then arrival.
 */
#include "kernel/object/tcb.h"

void thread_queue_init(struct tcb *tcb)
{
    tcb->peer_next = tcb;
    tcb->peer_prev = tcb;
    tcb->queue_next = NULL;
    tcb->queue_prev = NULL;
    tcb->is_leader = true;
}

void thread_ring_insert(struct tcb *tcb, struct tcb *next)
{
    tcb->peer_next = next;
    tcb->peer_prev = next->peer_prev;
    next->peer_prev->peer_next = tcb;
    next->peer_prev = tcb;
}

void thread_ring_remove(struct tcb *tcb)
{
    tcb->peer_prev->peer_next = tcb->peer_next;
    tcb->peer_next->peer_prev = tcb->peer_prev;
    thread_queue_init(tcb);
}

/** Make two leaders neighbours; NULL: an end of the list. */
static void leaders_join(struct thread_queue *queue, struct tcb *front, struct tcb *behind)
{
    *(front != NULL ? &front->queue_next : &queue->head) = behind;
    if (behind != NULL) {
        behind->queue_prev = front;
    }
}

void thread_queue_insert(struct thread_queue *queue, struct tcb *tcb)
{
    struct tcb *prev = NULL;
    struct tcb *next = queue->head;
    while (next != NULL && next->priority > tcb->priority) { /* bound: SEL_LIMIT_PRIORITY_MAX + 1 */
        prev = next;
        next = next->queue_next;
    }
    tcb->is_leader = next == NULL || next->priority != tcb->priority;
    if (tcb->is_leader) {
        leaders_join(queue, prev, tcb);
        leaders_join(queue, tcb, next);
        return;
    }
    thread_ring_insert(tcb, next);
}

/** The next of its priority takes a leader's place; the last one's place closes. */
void thread_queue_remove(struct thread_queue *queue, struct tcb *tcb)
{
    struct tcb *heir = tcb->peer_next;
    if (heir == tcb) {
        leaders_join(queue, tcb->queue_prev, tcb->queue_next);
    } else if (tcb->is_leader) {
        heir->is_leader = true;
        leaders_join(queue, heir, tcb->queue_next);
        leaders_join(queue, tcb->queue_prev, heir);
    }
    thread_ring_remove(tcb);
}

struct tcb *thread_queue_next(const struct tcb *tcb)
{
    struct tcb *peer = tcb->peer_next;
    return peer->is_leader ? peer->queue_next : peer;
}
