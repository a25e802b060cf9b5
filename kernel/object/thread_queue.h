/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Queue of threads that wait on an object: by priority, FIFO within one, every operation bounded by the number of priorities (H9).
 * Two levels: the oldest threads of each priority ("leaders") form a list by tcb.queue_next/queue_prev, highest first;
 * the threads of one priority form a ring by tcb.peer_next/peer_prev that starts at the leader.
 *
 * Invariant W1: a thread is in at most one queue; out of all queues it is a leader alone in its ring, with no neighbours: ready to be the
 *               only one of a queue. Ready queues (sched/sched.c) are such rings, without leaders.
 */
#pragma once

#include "kernel/lib/base.h"

struct thread_queue {
    struct tcb *head; /* oldest thread of the highest priority, or NULL */
};

/** Out of all queues. */
void thread_queue_init(struct tcb *tcb);

/** Into the ring of `next`, before it; `tcb` is in none. */
void thread_ring_insert(struct tcb *tcb, struct tcb *next);

/** Out of its ring: alone in one of its own. */
void thread_ring_remove(struct tcb *tcb);

void thread_queue_insert(struct thread_queue *queue, struct tcb *tcb);

/** Take out `tcb`, which is in `queue`. */
void thread_queue_remove(struct thread_queue *queue, struct tcb *tcb);

/** The one behind `tcb`, or NULL: with `head` a walk in the order of service. */
struct tcb *thread_queue_next(const struct tcb *tcb);
