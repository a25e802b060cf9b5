/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Refills: a ring of at most refill_max entries, ordered by release time. No clock is read and nothing is queued here.
 */
#include "kernel/sched/refill.h"

static bool is_round_robin(const struct sched_context *context)
{
    return context->budget == context->period;
}

static struct refill *refill_at(struct sched_context *context, uint64_t position)
{
    return &context->refill[(context->refill_head + position) % SEL_LIMIT_REFILL_COUNT_MAX];
}

static struct refill refill_pop(struct sched_context *context)
{
    struct refill head = *refill_at(context, 0);
    context->refill_head = (context->refill_head + 1) % SEL_LIMIT_REFILL_COUNT_MAX;
    context->refill_count--;
    return head;
}

/**
 * Append a used amount. It joins a last refill that it touches: behind that one's amount it is used no earlier than alone.
 * If no entry is free the last refill waits until it touches.
 */
static void refill_append(struct sched_context *context, struct refill used)
{
    if (context->refill_count > 0) {
        struct refill *last = refill_at(context, context->refill_count - 1);
        bool is_touching = used.release <= last->release + last->amount;
        bool is_full = context->refill_count == context->refill_max;
        if (is_full && !is_touching) {
            last->release = used.release - last->amount;
        }
        if (is_full || is_touching) {
            last->amount += used.amount;
            return;
        }
    }
    *refill_at(context, context->refill_count++) = used;
}

/** A head too short to be worth a timer interrupt waits for the next refill and directly precedes it. */
static void refill_join_small(struct sched_context *context)
{
    /* bound: SEL_LIMIT_REFILL_COUNT_MAX */
    while (context->refill_count > 1 && refill_at(context, 0)->amount < context->refill_min) {
        struct refill small = refill_pop(context);
        struct refill *head = refill_at(context, 0);
        head->release -= small.amount;
        head->amount += small.amount;
    }
}

void refill_init(struct sched_context *context, uint64_t now)
{
    context->refill_head = 0;
    context->refill_count = 1;
    context->refill[0] = (struct refill){.release = now, .amount = context->budget};
}

/* Not inlined: who has a slice needs no registers for it. */
static NOINLINE void activate_budget(struct sched_context *context, uint64_t now)
{
    struct refill *head = refill_at(context, 0);
    head->release = now;
    /* bound: SEL_LIMIT_REFILL_COUNT_MAX */
    while (context->refill_count > 1 && refill_at(context, 1)->release <= now + head->amount) {
        uint64_t amount = refill_pop(context).amount;
        head = refill_at(context, 0);
        head->release = now;
        head->amount += amount;
    }
}

void refill_activate(struct sched_context *context, uint64_t now)
{
    if (!is_round_robin(context)) {
        activate_budget(context, now);
    }
}

/** An overrun of whole budgets has used every refill that often: each comes as many periods later. */
static uint64_t charge_whole_budgets(struct sched_context *context, uint64_t used)
{
    uint64_t count = used / context->budget;
    if (count > 0) {
        for (uint64_t i = 0; i < context->refill_count; i++) { /* bound: SEL_LIMIT_REFILL_COUNT_MAX */
            refill_at(context, i)->release += count * context->period;
        }
    }
    return used - count * context->budget;
}

/** Whether the head is still to come; else it is in use from now on. */
static bool refill_must_stop(struct sched_context *context, uint64_t now)
{
    refill_join_small(context);
    if (refill_release(context) > now) {
        return true;
    }
    refill_activate(context, now);
    return false;
}

/* Not inlined, as above. */
static NOINLINE bool charge_budget(struct sched_context *context, uint64_t used, uint64_t now)
{
    used = charge_whole_budgets(context, used);
    while (used >= refill_amount(context)) { /* bound: SEL_LIMIT_REFILL_COUNT_MAX */
        struct refill head = refill_pop(context);
        used -= head.amount;
        head.release += context->period;
        refill_append(context, head);
    }
    if (used > 0) {
        struct refill *head = refill_at(context, 0);
        struct refill part = {.release = head->release + context->period, .amount = used};
        head->release += used;
        head->amount -= used;
        refill_append(context, part);
    }
    return refill_must_stop(context, now);
}

/* A slice: one entry, never popped, begins anew when it is used up. */
ALWAYS_INLINE bool refill_charge(struct sched_context *context, uint64_t used, uint64_t now)
{
    if (!is_round_robin(context)) {
        return charge_budget(context, used, now);
    }
    struct refill *head = context->refill;
    if (used >= head->amount) {
        refill_init(context, head->release);
        return true;
    }
    head->amount -= used;
    return false;
}

bool refill_give_up(struct sched_context *context, uint64_t now)
{
    if (is_round_robin(context)) {
        refill_init(context, context->refill->release);
        return true;
    }
    struct refill head = refill_pop(context);
    head.release = now + context->period;
    refill_append(context, head);
    return refill_must_stop(context, now);
}
