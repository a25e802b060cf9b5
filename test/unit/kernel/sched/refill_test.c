/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Refills: worked examples, and random runs in which no window of a period may hold more than the budget and no time may appear
 * or vanish.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>

#include <cmocka.h>

#include "kernel/object/sched_context.h"
#include "kernel/sched/refill.h"

#define RUN_MAX 4000

static struct sched_context context_make(uint64_t budget, uint64_t period, uint8_t refill_max, uint64_t now)
{
    struct sched_context context = {.budget = budget, .period = period, .refill_max = refill_max, .refill_min = 2};
    refill_init(&context, now);
    return context;
}

static struct refill refill_of(const struct sched_context *context, uint64_t position)
{
    return context->refill[(context->refill_head + position) % SEL_LIMIT_REFILL_COUNT_MAX];
}

/** B1 and B2. */
static void check_refills(const struct sched_context *context)
{
    uint64_t sum = 0;
    assert_in_range(context->refill_count, 1, context->refill_max);
    for (uint64_t i = 0; i < context->refill_count; i++) {
        struct refill refill = refill_of(context, i);
        assert_true(refill.amount > 0);
        sum += refill.amount;
        if (i > 0) {
            struct refill before = refill_of(context, i - 1);
            assert_true(before.release + before.amount <= refill.release);
        }
    }
    if (context->budget != context->period) {
        assert_int_equal(sum, context->budget);
    } else {
        assert_true(context->refill_count == 1 && sum <= context->budget);
    }
}

/* --- worked examples: budget 10 in 100 --- */

static void whole_budget_comes_back_a_period_after_its_use_began(void **state)
{
    (void)state;
    struct sched_context context = context_make(10, 100, 8, 0);
    refill_activate(&context, 30);
    assert_true(refill_charge(&context, 10, 40));
    assert_int_equal(refill_release(&context), 130);
    assert_int_equal(refill_amount(&context), 10);
}

/** Its budget used in two parts: 4 from 0 on, 6 from 50 on. */
static struct sched_context context_used_in_parts(void)
{
    struct sched_context context = context_make(10, 100, 8, 0);
    refill_activate(&context, 0);
    assert_false(refill_charge(&context, 4, 4));
    refill_activate(&context, 50);
    assert_true(refill_charge(&context, 6, 56));
    return context;
}

static void parts_come_back_each_at_its_own_time(void **state)
{
    (void)state;
    struct sched_context context = context_used_in_parts();
    assert_int_equal(context.refill_count, 2);
    assert_int_equal(refill_of(&context, 0).release, 100);
    assert_int_equal(refill_of(&context, 0).amount, 4);
    assert_int_equal(refill_of(&context, 1).release, 150);
    assert_int_equal(refill_of(&context, 1).amount, 6);
}

/** What comes back at the very end of the first part goes on from it: one use, with no release between. */
static void parts_that_touch_are_one(void **state)
{
    (void)state;
    struct sched_context context = context_used_in_parts();
    refill_activate(&context, 145); /* 4 until 149 */
    assert_int_equal(context.refill_count, 2);
    refill_activate(&context, 146); /* 4 until 150, when the 6 are there */
    assert_int_equal(context.refill_count, 1);
    assert_int_equal(refill_release(&context), 146);
    assert_int_equal(refill_amount(&context), 10);
}

static void without_a_free_entry_the_last_waits(void **state)
{
    (void)state;
    struct sched_context context = context_make(10, 100, 2, 0);
    refill_activate(&context, 0);
    assert_false(refill_charge(&context, 3, 3));
    refill_activate(&context, 50);
    assert_false(refill_charge(&context, 3, 53));
    /* 3 were due at 100, 3 at 150: with two entries the six come together, as late as the later ones need. */
    assert_int_equal(context.refill_count, 2);
    assert_int_equal(refill_of(&context, 1).release, 147);
    assert_int_equal(refill_of(&context, 1).amount, 6);
}

static void overrun_is_taken_from_the_next(void **state)
{
    (void)state;
    struct sched_context context = context_make(10, 100, 8, 0);
    refill_activate(&context, 0);
    assert_true(refill_charge(&context, 13, 13));
    /* Ten come at 100 instead of 13 used: three of them count as used from 100 on. */
    assert_int_equal(refill_release(&context), 103);
    assert_int_equal(refill_amount(&context), 7);
    assert_int_equal(refill_of(&context, 1).release, 200);
    assert_int_equal(refill_of(&context, 1).amount, 3);
}

static void overrun_of_many_budgets_is_paid_in_periods(void **state)
{
    (void)state;
    struct sched_context context = context_make(10, 100, 8, 0);
    refill_activate(&context, 0);
    assert_true(refill_charge(&context, 1000 * 10ul + 4, 10004));
    check_refills(&context);
    assert_int_equal(refill_release(&context), 100 * 1000 + 4);
    assert_int_equal(refill_amount(&context), 6);
}

static void small_rest_waits_for_the_next(void **state)
{
    (void)state;
    struct sched_context context = context_make(10, 100, 8, 0);
    refill_activate(&context, 0);
    assert_true(refill_charge(&context, 9, 9));
    assert_int_equal(context.refill_count, 1);
    assert_int_equal(refill_release(&context), 99);
    assert_int_equal(refill_amount(&context), 10);
}

static void given_up_budget_comes_back_after_a_period(void **state)
{
    (void)state;
    struct sched_context context = context_make(10, 100, 8, 0);
    refill_activate(&context, 0);
    assert_false(refill_charge(&context, 4, 4));
    assert_true(refill_give_up(&context, 4));
    check_refills(&context);
    assert_int_equal(refill_release(&context), 100);
    assert_int_equal(refill_amount(&context), 10);
}

static void round_robin_is_a_slice(void **state)
{
    (void)state;
    struct sched_context context = context_make(100, 100, 8, 0);
    refill_activate(&context, 0);
    assert_false(refill_charge(&context, 60, 60));
    assert_int_equal(refill_amount(&context), 40);
    check_refills(&context);
    assert_true(refill_charge(&context, 40, 500));
    assert_int_equal(refill_amount(&context), 100);
    assert_true(refill_release(&context) <= 500);
    assert_false(refill_charge(&context, 1, 501));
    assert_true(refill_give_up(&context, 501));
    assert_int_equal(refill_amount(&context), 100);
}

/* --- properties --- */

struct run {
    uint64_t start;
    uint64_t length;
};

static struct run runs[RUN_MAX];

/** The most that was used in any window that begins with a run, of `period` ticks. */
static uint64_t busiest_window(uint64_t run_count, uint64_t period)
{
    uint64_t most = 0;
    for (uint64_t first = 0; first < run_count; first++) {
        uint64_t end = runs[first].start + period;
        uint64_t used = 0;
        for (uint64_t i = first; i < run_count && runs[i].start < end; i++) {
            uint64_t stop = runs[i].start + runs[i].length;
            used += (stop < end ? stop : end) - runs[i].start;
        }
        most = used > most ? used : most;
    }
    return most;
}

/** Run for a random time up to the head's end plus at most `overrun_max`, sometimes with a pause; returns the runs' count. */
static uint64_t run_randomly(struct sched_context *context, uint64_t overrun_max, uint64_t *used_sum)
{
    uint64_t now = 1000;
    uint64_t count = 0;
    *used_sum = 0;
    while (count < RUN_MAX) {
        if (refill_release(context) > now) {
            now = refill_release(context) + (uint64_t)random() % 3;
        }
        refill_activate(context, now);
        check_refills(context);
        uint64_t amount = refill_amount(context);
        uint64_t used = random() % 2 == 0 ? amount : 1 + (uint64_t)random() % amount;
        used += used == amount && overrun_max > 0 ? (uint64_t)random() % (overrun_max + 1) : 0;
        runs[count++] = (struct run){.start = now, .length = used};
        *used_sum += used;
        now += used;
        bool must_stop = refill_charge(context, used, now);
        check_refills(context);
        assert_int_equal(must_stop, refill_release(context) > now);
        if (!must_stop && random() % 8 == 0) {
            assert_true(refill_give_up(context, now));
            check_refills(context);
        }
        now += random() % 3 == 0 ? (uint64_t)random() % (context->period / 2) : 0;
    }
    return count;
}

static void no_window_of_a_period_holds_more_than_the_budget(void **state)
{
    (void)state;
    for (unsigned int seed = 1; seed <= 60; seed++) {
        srandom(seed);
        uint64_t period = 20 + (uint64_t)random() % 1000;
        uint64_t budget = 3 + (uint64_t)random() % (period - 4);
        struct sched_context context = context_make(budget, period, (uint8_t)(2 + random() % 15), 1000);
        uint64_t used_sum = 0;
        uint64_t count = run_randomly(&context, 0, &used_sum);
        assert_true(used_sum > 0);
        assert_true(busiest_window(count, period) <= budget);
    }
}

static void overruns_do_not_add_up(void **state)
{
    (void)state;
    for (unsigned int seed = 100; seed <= 140; seed++) {
        srandom(seed);
        uint64_t overrun_max = 5;
        struct sched_context context = context_make(50, 200, (uint8_t)(2 + random() % 15), 1000);
        uint64_t used_sum = 0;
        uint64_t count = run_randomly(&context, overrun_max, &used_sum);
        uint64_t time = runs[count - 1].start + runs[count - 1].length - 1000;
        /* In the long run at most the share it was given, whatever the overruns. */
        assert_true(used_sum <= (time / 200 + 2) * 50 + overrun_max);
    }
}

static void a_greedy_thread_gets_its_whole_budget(void **state)
{
    (void)state;
    struct sched_context context = context_make(30, 100, 4, 0);
    uint64_t now = 0;
    uint64_t used = 0;
    while (now < 100000) {
        now = refill_release(&context) > now ? refill_release(&context) : now;
        refill_activate(&context, now);
        uint64_t amount = refill_amount(&context);
        now += amount;
        used += amount;
        refill_charge(&context, amount, now);
    }
    assert_in_range(used, 30000, 30030);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(whole_budget_comes_back_a_period_after_its_use_began),
        cmocka_unit_test(parts_come_back_each_at_its_own_time),
        cmocka_unit_test(parts_that_touch_are_one),
        cmocka_unit_test(without_a_free_entry_the_last_waits),
        cmocka_unit_test(overrun_is_taken_from_the_next),
        cmocka_unit_test(overrun_of_many_budgets_is_paid_in_periods),
        cmocka_unit_test(small_rest_waits_for_the_next),
        cmocka_unit_test(given_up_budget_comes_back_after_a_period),
        cmocka_unit_test(round_robin_is_a_slice),
        cmocka_unit_test(no_window_of_a_period_holds_more_than_the_budget),
        cmocka_unit_test(overruns_do_not_add_up),
        cmocka_unit_test(a_greedy_thread_gets_its_whole_budget),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
