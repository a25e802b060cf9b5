/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * A sporadic server in any state that keeps B1 and B2 (object/sched_context.h), for the harnesses of sched/refill.c. They define PERIOD_MAX
 * and CLOCK_END, in ticks.
 */
#pragma once

#include "test/proof/lib/proof.h"

/* The ring has 4 places instead of 16. */
#undef SEL_LIMIT_REFILL_COUNT_MAX
#define SEL_LIMIT_REFILL_COUNT_MAX 4

#include "kernel/object/sched_context.h"

/** The hint of the harnesses: a use of less than the budget has no whole budget in it. A division is a hard formula. */
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
        is = is && implies(i + 1 < context.refill_count, at(i)->release + at(i)->amount <= at(i + 1)->release);
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
    context.refill_head = SEL_LIMIT_REFILL_COUNT_MAX - 1; /* the second one wraps */
    ASSUME(0 < context.budget && context.budget < context.period && context.period <= PERIOD_MAX);
    ASSUME(context.refill_min <= context.budget);
    ASSUME(2 <= context.refill_max && context.refill_max <= AFTER_MAX);
    for (uint64_t i = 0; i < BEFORE_MAX; i++) {
        ASSUME(implies(i < context.refill_count, at(i)->release < CLOCK_END));
        ASSUME(implies(i < context.refill_count, 0 < at(i)->amount && at(i)->amount <= context.budget));
    }
    ASSUME(sum() == context.budget && is_in_order());
}
