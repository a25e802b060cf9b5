/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Queue of waiting threads in two levels: priorities, then arrival.
 */
#include "kernel/object/thread_queue.h"

#include "kernel/object/tcb.h"

void thread_queue_init(struct tcb *tcb)
{
    tcb->peer_next = tcb;
    tcb->peer_prev = tcb;
    tcb->queue_next = NULL;
    tcb->queue_prev = NULL;
    tcb->is_leader = true;
}

/** Put `leader` between two leaders of other priorities. */
static void leader_link(struct thread_queue *queue, struct tcb *leader, struct tcb *prev, struct tcb *next)
{
    leader->queue_prev = prev;
    leader->queue_next = next;
    *(prev != NULL ? &prev->queue_next : &queue->head) = leader;
    if (next != NULL) {
        next->queue_prev = leader;
    }
}

static void ring_append(struct tcb *leader, struct tcb *tcb)
{
    tcb->peer_next = leader;
    tcb->peer_prev = leader->peer_prev;
    leader->peer_prev->peer_next = tcb;
    leader->peer_prev = tcb;
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
        leader_link(queue, tcb, prev, next);
    } else {
        ring_append(next, tcb);
    }
}

/** The next of its priority takes the leader's place; the last one's place closes. */
static void leader_unlink(struct thread_queue *queue, struct tcb *leader)
{
    struct tcb *heir = leader->peer_next;
    if (heir != leader) {
        heir->is_leader = true;
        leader_link(queue, heir, leader->queue_prev, leader->queue_next);
        return;
    }
    *(leader->queue_prev != NULL ? &leader->queue_prev->queue_next : &queue->head) = leader->queue_next;
    if (leader->queue_next != NULL) {
        leader->queue_next->queue_prev = leader->queue_prev;
    }
}

void thread_queue_remove(struct thread_queue *queue, struct tcb *tcb)
{
    if (tcb->is_leader) {
        leader_unlink(queue, tcb);
    }
    tcb->peer_prev->peer_next = tcb->peer_next;
    tcb->peer_next->peer_prev = tcb->peer_prev;
    thread_queue_init(tcb);
}

struct tcb *thread_queue_next(const struct tcb *tcb)
{
    struct tcb *peer = tcb->peer_next;
    return peer->is_leader ? peer->queue_next : peer;
}
