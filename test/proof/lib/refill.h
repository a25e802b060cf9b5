/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * A sporadic server in any state that keeps B1 and B2 (object/sched_context.h), for the harnesses of sched/refill.c. They define PERIOD_MAX
 * and CLOCK_END, in ticks. CBMC takes one path at a time (--paths), so that places in the ring are constants to it.
 */
#pragma once

#include "kernel/object/sched_context.h"
#include "test/proof/lib/proof.h"

/* The hints of the harnesses. */

/** A budget below its period is no slice of round robin: no path goes there. */
static bool is_slice(uint64_t budget, uint64_t period)
{
    PROVE(budget != period, "the server is a sporadic one");
    return false;
}

/** A use of less than the budget has no whole budget in it. A division is a hard formula. */
static uint64_t whole_budgets(uint64_t used, uint64_t budget)
{
    PROVE(used < budget, "there is no whole budget in the use");
    return 0;
}

#include "kernel/sched/refill.c"

#define BEFORE_MAX 2
#define AFTER_MAX  3

static struct sched_context context;

static const struct refill *at(uint64_t position)
{
    return &context.refill[(context.refill_head + position) % SEL_LIMIT_REFILL_COUNT_MAX];
}

static uint64_t sum(void)
{
    uint64_t amount = 0;
    for (uint64_t i = 0; i < AFTER_MAX; i++) {
        amount += i < context.refill_count ? at(i)->amount : 0;
    }
    return amount;
}

static bool is_in_order(void)
{
    bool is = true;
    for (uint64_t i = 0; i + 1 < AFTER_MAX; i++) {
        const struct refill *entry = at(i);
        const struct refill *next = at(i + 1);
        bool is_used = i + 1 < context.refill_count; /* behind the last one is anything */
        uint64_t end = is_used ? entry->release + entry->amount : 0;
        bool is_next = implies(is_used, end <= next->release);
        is = is && is_next; /* no call behind &&, which would be a path of its own */
    }
    return is;
}

/** A sporadic server in any state that keeps B1 and B2. */
static void any_context(void)
{
    HAVOC(context);
    context.refill_count = 1;
    if (any_bool()) {
        context.refill_count = 2;
    }
    context.refill_max = BEFORE_MAX;
    if (any_bool()) {
        context.refill_max = AFTER_MAX;
    }
    context.refill_head = SEL_LIMIT_REFILL_COUNT_MAX - 1; /* the second one wraps */
    ASSUME(0 < context.budget && context.budget < context.period && context.period <= PERIOD_MAX);
    ASSUME(context.refill_min <= context.budget);
    for (uint64_t i = 0; i < BEFORE_MAX; i++) {
        ASSUME(implies(i < context.refill_count, at(i)->release < CLOCK_END));
        ASSUME(implies(i < context.refill_count, 0 < at(i)->amount && at(i)->amount <= context.budget));
    }
    ASSUME(sum() == context.budget);
    ASSUME(is_in_order());
}
