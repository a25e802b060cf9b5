/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * The scheduler: ready queues, budgets' enforcement, the hardware timer. Fixed priorities, FIFO within one.
 *
 * Invariant Q1: a READY thread with a context is exactly one of: queued; current; waiting for its context's release (is_released).
 *               Nobody else is queued, and no other context is in the release heap.
 * Invariant Q2: the context being charged (percpu.context) is not in the release heap.
 * Invariant Q3: while percpu.must_choose is false, the current thread would be chosen again, on the context in use and with the same deadline, and finds loaded what it needs.
 *               Whatever changes queues, contexts, priorities or events sets it; a hand-over of the context in use to who is first does not, nor does sched_run_now,
 *               which sets the deadline too. It stays true while nobody runs.
 * Invariant Q4: percpu.ready_first, if not NULL, would be chosen before every thread in the array of queues. Who is woken to run next, and who was
 *               interrupted by it, waits there: they cost the array nothing.
 */
#pragma once

#include "kernel/lib/base.h"

struct percpu;

/** Set the thread READY and queue it if it has time (at the tail of its priority). */
void sched_make_ready(struct tcb *tcb) LOCKED;

/** Take the thread out of the ready queue or release heap; the caller sets its new state afterwards. */
void sched_block(struct tcb *tcb) LOCKED;

/** Wake a blocked thread, whose system call is done. */
void sched_wake(struct tcb *tcb) LOCKED;

/** Change the priority wherever the thread is queued. */
void sched_set_priority(struct tcb *tcb, uint8_t priority) LOCKED;

/** Yield of the current thread, as the last step of its system call: give up the head refill, go behind the others of the priority. */
void sched_yield_thread(struct tcb *tcb) LOCKED;

/** The hardware timer fired: charge, release, expire timers. */
void sched_timer_tick(void) LOCKED;

/** Choose who runs next, charge and switch contexts of time, program the timer. Returns NULL for idle. Who leaves the kernel calls it if percpu.must_choose. */
struct tcb *sched_pick(void) LOCKED;

/**
 * `tcb`, blocked, has a context. If that has time and it comes before everyone it is current at once, for the last step of a system call or interrupt,
 * or in a tick, where what follows is another such step, or chooses.
 * False, and nothing changed, if that is not so, or if less of the time in use is left than a head refill may have: whoever used it may have to stop.
 * `is_charged`: in a tick, which has charged the time in use.
 */
bool sched_run_now(struct tcb *tcb, bool is_charged) LOCKED;

/** sched_block of `tcb`, which runs, for the last step of a system call: who waits to go on behind it may be current afterwards. */
void sched_block_now(struct tcb *tcb) LOCKED;

/** Whether sched_pick would choose who is current, on the time in use: Q3, but for the deadline. */
bool sched_is_chosen(void) LOCKED;

/** Set the hardware timer to the nearest deadline: for who makes one after sched_pick. */
void sched_program_timer(struct percpu *cpu) LOCKED;

/** The thread dies: it is neither queued nor current any more. Its context has been taken already. */
void sched_forget(struct tcb *tcb) LOCKED;

/** The context dies or begins anew: it is not charged any more. Who ran on it was taken off, or the caller sets must_choose (Q3). */
void sched_forget_context(struct sched_context *context) LOCKED;

/** Budget or period changed: the whole budget is usable from now on, and what was in use before is forgotten. */
void sched_restart_context(struct sched_context *context) LOCKED;
