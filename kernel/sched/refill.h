/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Refills of a scheduling context: the sporadic server of Stanovich et al. ("Defects of the POSIX sporadic server", RTAS 2010), with
 * the used part of a refill coming back one period after its use began. Arithmetic only; queues and the timer are sched.c's.
 *
 * Keeps B1 and B2 (sched_context.h): amounts always sum to `budget`; nothing becomes usable earlier than a period after its last use.
 * A context whose budget is its period is round robin: its head refill is the time slice, always released.
 */
#pragma once

#include "kernel/object/sched_context.h"

/** The whole budget, usable from `now`. All times in ticks. */
void refill_init(struct sched_context *context, uint64_t now);

/** From when the head refill may be used. */
static inline uint64_t refill_release(const struct sched_context *context)
{
    return context->refill[context->refill_head].release;
}

/** How long the context may run without a stop once its head refill is released. */
static inline uint64_t refill_amount(const struct sched_context *context)
{
    return context->refill[context->refill_head].amount;
}

/** The context, whose head refill is released, begins to run: its use counts from `now`; refills that touch it join it. */
void refill_activate(struct sched_context *context, uint64_t now);

/** `used` ticks ran, up to `now`; what is more than the head is taken from later refills. Whether the context must stop (slice or budget over). */
bool refill_charge(struct sched_context *context, uint64_t used, uint64_t now);

/** Give the head refill up unused. Whether the context must stop. */
bool refill_give_up(struct sched_context *context, uint64_t now);
