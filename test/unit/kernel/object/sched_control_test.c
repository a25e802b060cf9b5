/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * SchedControl: the bounds of configure, exact conversion, and configuring a context in use.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "kernel/sched/ticks.h"
#include "test/unit/kernel/harness/world.h"

#define configure(...) world_do(WORLD_SCHED_CONTROL, METHOD_SCHED_CONTROL_CONFIGURE, __VA_ARGS__)
#define configure_refused(error, ...)                                                                                  \
    world_refused(error, world.init.tcb, WORLD_SCHED_CONTROL, METHOD_SCHED_CONTROL_CONFIGURE, __VA_ARGS__)

static void configure_sets_everything(void **state)
{
    (void)state;
    uint64_t slot = world_new(OBJECT_TYPE_SCHED_CONTEXT, 0);
    struct sched_context *context = world_object(slot);
    configure(slot, 2000000, 10000000, 5, 0x1234567890abcdef);
    assert_int_equal(context->budget, 125000); /* 2 ms at 62.5 MHz */
    assert_int_equal(context->period, 625000);
    assert_int_equal(context->refill_max, 5);
    assert_int_equal(context->badge, 0x1234567890abcdef);
    configure(slot, 2000000, 10000000, 0, 0);
    assert_int_equal(context->refill_max, SEL_LIMIT_REFILL_COUNT_DEFAULT);
}

static void bounds_are_permitted(void **state)
{
    (void)state;
    uint64_t slot = world_new(OBJECT_TYPE_SCHED_CONTEXT, 0);
    configure(slot, SEL_LIMIT_BUDGET_NS_MIN, SEL_LIMIT_BUDGET_NS_MIN, 2, 0);
    configure(slot, SEL_LIMIT_PERIOD_NS_MAX, SEL_LIMIT_PERIOD_NS_MAX, SEL_LIMIT_REFILL_COUNT_MAX, 0);
    struct sched_context *context = world_object(slot);
    assert_int_equal(context->period, 3600ul * 62500000);
}

static void refused_out_of_range(uint64_t slot, uint64_t budget_ns, uint64_t period_ns, uint64_t refills,
                                 const uint64_t detail[3])
{
    configure_refused(SEL_ERROR_OUT_OF_RANGE, slot, budget_ns, period_ns, refills, 0);
    for (unsigned int i = 0; i < 3; i++) {
        assert_int_equal(world_word(world.init.tcb, i), detail[i]);
    }
}

static void out_of_range_names_argument_and_bound(void **state)
{
    (void)state;
    uint64_t slot = world_new(OBJECT_TYPE_SCHED_CONTEXT, 0);
    refused_out_of_range(slot, 9999, 100000, 0, (const uint64_t[]){2, 9999, 10000});
    refused_out_of_range(slot, 0, 0, 0, (const uint64_t[]){2, 0, 10000});
    refused_out_of_range(slot, 200001, 200000, 0, (const uint64_t[]){2, 200001, 200000});
    refused_out_of_range(slot, 10000, 3600000000001, 0, (const uint64_t[]){3, 3600000000001, 3600000000000});
    refused_out_of_range(slot, UINT64_MAX, UINT64_MAX, 0, (const uint64_t[]){3, UINT64_MAX, 3600000000000});
    refused_out_of_range(slot, 10000, 20000, 1, (const uint64_t[]){4, 1, 2});
    refused_out_of_range(slot, 10000, 20000, 17, (const uint64_t[]){4, 17, 16});
}

static void refusals(void **state)
{
    (void)state;
    uint64_t slot = world_new(OBJECT_TYPE_SCHED_CONTEXT, 0);
    configure_refused(SEL_ERROR_TOO_FEW_ARGUMENTS, slot, 10000, 20000, 0);
    configure_refused(SEL_ERROR_WRONG_TYPE, WORLD_CNODE, 10000, 20000, 0, 0);
    configure_refused(SEL_ERROR_INVALID_CAP, world_slots(1), 10000, 20000, 0, 0);
    world_refused(SEL_ERROR_INVALID_METHOD, world.init.tcb, WORLD_SCHED_CONTROL, METHOD_COUNT_SCHED_CONTROL + 1);
}

static void a_running_context_may_be_configured(void **state)
{
    (void)state;
    world_advance(1000);
    configure(world.init.context_slot, 1000000, 2000000, 0, 0);
    assert_ptr_equal(percpu()->current, world.init.tcb);
    assert_int_equal(fake.timer_deadline, fake.clock + world_ticks(1000000));
    assert_int_equal(world.init.context->consumed, 0);
    world_advance(world_ticks(1000000));
    assert_null(percpu()->current);
    world_advance(world_ticks(1000000));
    assert_ptr_equal(percpu()->current, world.init.tcb);
}

static void a_context_that_waits_for_release_may_be_configured(void **state)
{
    (void)state;
    struct world_thread thread = world_thread_new(150);
    configure(thread.context_slot, 1000000, 900000000, 0, 0);
    world_advance(world_ticks(1000000));
    assert_true(thread.context->is_released);
    configure(thread.context_slot, 1000000, 900000000, 0, 0);
    assert_ptr_equal(percpu()->current, thread.tcb);
}

static void conversions_are_exact_over_the_whole_range(void **state)
{
    (void)state;
    const uint64_t frequencies[] = {1000000, 19200000, 24000000, 62500000, 1000000000};
    for (unsigned int i = 0; i < sizeof(frequencies) / sizeof(frequencies[0]); i++) {
        fake.clock_hz = frequencies[i];
        assert_int_equal(ticks_of_ns(1000000000), frequencies[i]);
        assert_int_equal(ticks_of_ns(3600000000000), frequencies[i] * 3600);
        assert_int_equal(ticks_of_ns(999999999), (unsigned __int128)999999999 * frequencies[i] / 1000000000);
        assert_int_equal(ns_of_ticks(frequencies[i] * 3600), 3600000000000);
        uint64_t year = frequencies[i] * 31557600;
        assert_int_equal(ns_of_ticks(year + 1),
                         (uint64_t)(((unsigned __int128)year + 1) * 1000000000 / frequencies[i]));
    }
}

/** The same through the invocations: a nanosecond before a whole second is where a wrong divisor shows. */
static void invocations_convert_exactly(void **state)
{
    (void)state;
    const uint64_t budget = 999999999;
    const uint64_t period = 3599999999999;
    const uint64_t used = 62500000ul * 31557600 + 1; /* a year and a tick */
    uint64_t slot = world_new(OBJECT_TYPE_SCHED_CONTEXT, 0);
    struct sched_context *context = world_object(slot);
    configure(slot, budget, period, 0, 0);
    assert_int_equal(context->budget, (uint64_t)((unsigned __int128)budget * fake.clock_hz / 1000000000));
    assert_int_equal(context->period, (uint64_t)((unsigned __int128)period * fake.clock_hz / 1000000000));
    context->consumed = used;
    world_do(slot, METHOD_SCHED_CONTEXT_CONSUMED);
    assert_int_equal(world_word(world.init.tcb, 0), (uint64_t)((unsigned __int128)used * 1000000000 / fake.clock_hz));
    fake.clock_hz = 19200000;         /* a tick is no whole number of nanoseconds */
    context->consumed = 19200000 - 1; /* 52.08 ns before a second */
    world_do(slot, METHOD_SCHED_CONTEXT_CONSUMED);
    assert_int_equal(world_word(world.init.tcb, 0), 999999947);
}

/** To the tick, on a counter where a nanosecond more would be one more. */
static void the_least_refill_is_a_fifth_of_the_least_budget(void **state)
{
    (void)state;
    uint64_t slot = world_new(OBJECT_TYPE_SCHED_CONTEXT, 0);
    fake.clock_hz = 1000000000;
    configure(slot, 1000000, 10000000, 0, 0);
    assert_int_equal(((struct sched_context *)world_object(slot))->refill_min, SEL_LIMIT_BUDGET_NS_MIN / 5);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        world_test(configure_sets_everything),
        world_test(bounds_are_permitted),
        world_test(out_of_range_names_argument_and_bound),
        world_test(refusals),
        world_test(a_running_context_may_be_configured),
        world_test(a_context_that_waits_for_release_may_be_configured),
        world_test(conversions_are_exact_over_the_whole_range),
        world_test(invocations_convert_exactly),
        world_test(the_least_refill_is_a_fifth_of_the_least_budget),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
