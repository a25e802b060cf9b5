/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Budgets: over any number of periods a thread gets its budget and no more. Times are exact: the run counts instructions.
 */
#include "test/system/lib/check.h"
#include "test/system/lib/world.h"
#include "tests.h"

#define PERIOD_NS  (10 * SEL_NS_PER_MS)
#define PERIODS    20
#define OVERRUN_NS 1000 /* what the kernel may need to notice the end of a budget */

static volatile uint64_t loops;

static void spin(void *argument)
{
    (void)argument;
    for (;;) {
        loops++;
    }
}

/** Start a thread on a budget of its own; 0 budget: none at all. */
static sel_cap_t start_on(struct world_thread *thread, uint64_t budget_ns, uint64_t period_ns)
{
    sel_cap_t context = world_context(budget_ns, period_ns);

    if (sel_sched_context_bind(context, thread->tcb) != SEL_ERROR_OK || sel_tcb_resume(thread->tcb) != SEL_ERROR_OK) {
        check_fail(__FILE__, __LINE__, "start on a budget");
    }
    return context;
}

static uint64_t consumed_ns(sel_cap_t context)
{
    uint64_t ns = 0;

    return sel_sched_context_consumed(context, &ns) == SEL_ERROR_OK ? ns : ~0ull;
}

/** Between n and n+1 budgets of `budget_ns` were consumed in n periods; each may overrun a little. */
static bool is_within(uint64_t consumed, uint64_t budget_ns, uint64_t periods)
{
    return consumed >= (periods - 1) * budget_ns && consumed <= (periods + 1) * (budget_ns + OVERRUN_NS);
}

void a_budget_is_used_and_not_exceeded(void)
{
    uint64_t budget_ns = 2 * SEL_NS_PER_MS;
    sel_cap_t context = start_on(world_thread(spin, NULL, WORLD_PRIORITY - 10), budget_ns, PERIOD_NS);

    world_sleep_ms(PERIODS * 10);
    CHECK(is_within(consumed_ns(context), budget_ns, PERIODS));
}

void budgets_do_not_steal_from_each_other(void)
{
    /* The higher one would run for ever if it could. */
    sel_cap_t high = start_on(world_thread(spin, NULL, WORLD_PRIORITY - 10), 6 * SEL_NS_PER_MS, PERIOD_NS);
    sel_cap_t low = start_on(world_thread(spin, NULL, WORLD_PRIORITY - 20), 3 * SEL_NS_PER_MS, PERIOD_NS);

    world_sleep_ms(PERIODS * 10);
    CHECK(is_within(consumed_ns(high), 6 * SEL_NS_PER_MS, PERIODS));
    CHECK(is_within(consumed_ns(low), 3 * SEL_NS_PER_MS, PERIODS));
}

void without_limit_a_thread_runs_all_the_time(void)
{
    sel_cap_t context = start_on(world_thread(spin, NULL, WORLD_PRIORITY - 10), PERIOD_NS, PERIOD_NS);

    world_sleep_ms(50);
    uint64_t consumed = consumed_ns(context);
    CHECK(consumed > 49 * SEL_NS_PER_MS && consumed < 51 * SEL_NS_PER_MS);
}

static void yield_for_ever(void *argument)
{
    (void)argument;
    for (;;) {
        loops++;
        (void)sel_yield();
    }
}

void yield_gives_up_the_rest_of_a_budget(void)
{
    loops = 0;
    sel_cap_t context = start_on(world_thread(yield_for_ever, NULL, WORLD_PRIORITY - 10), 2 * SEL_NS_PER_MS, PERIOD_NS);

    world_sleep_ms(PERIODS * 10);
    CHECK(loops >= PERIODS - 1 && loops <= PERIODS + 1); /* once a period */
    CHECK(consumed_ns(context) < PERIODS * SEL_NS_PER_MS / 10);
}

void a_used_up_budget_is_told_to_its_handler(void)
{
    sel_cap_t endpoint = world_make(OBJECT_TYPE_ENDPOINT, 0);
    sel_cap_t reply = world_make(OBJECT_TYPE_REPLY, 0);
    struct world_thread *thread = world_thread(spin, NULL, WORLD_PRIORITY - 10);
    struct sel_message fault = {0};

    CHECK_EQUAL(sel_tcb_set_timeout_handler(thread->tcb, world_mint(endpoint, SEL_RIGHT_WRITE | SEL_RIGHT_GRANT, 9)),
                SEL_ERROR_OK);
    sel_cap_t context = start_on(thread, SEL_NS_PER_MS, 100 * SEL_NS_PER_MS);
    for (uint64_t round = 0; round < 2; round++) {
        CHECK_EQUAL(sel_recv_message(endpoint, reply, &fault), SEL_ERROR_OK);
        CHECK_EQUAL(fault.badge, 9);
        CHECK(tag_kernel(fault.tag) != 0);
        CHECK_EQUAL(tag_label(fault.tag), FAULT_TIMEOUT);
        CHECK_EQUAL(fault.words[FAULT_TIMEOUT_WORD_BADGE], context); /* world_context gives the slot as badge */
        CHECK(fault.words[FAULT_TIMEOUT_WORD_CONSUMED_NS] >= SEL_NS_PER_MS - 100);
        uint64_t words[MESSAGE_REGISTER_WORDS] = {FAULT_REPLY_RESUME};
        CHECK_EQUAL(sel_send(reply, tag_make(0, 1, 0), words), SEL_ERROR_OK);
    }
}

static sel_cap_t handler_endpoint;

static void wait_for_timeouts(void *argument)
{
    struct sel_message fault = {0};

    (void)argument;
    (void)sel_recv_message(handler_endpoint, 0, &fault);
    loops = ~0ull; /* a timeout arrived, which must not be */
}

void a_timeout_handler_without_time_delays_only(void)
{
    struct world_thread *handler = world_thread(wait_for_timeouts, NULL, WORLD_PRIORITY - 5);
    struct world_thread *thread = world_thread(spin, NULL, WORLD_PRIORITY - 10);

    handler_endpoint = world_make(OBJECT_TYPE_ENDPOINT, 0);
    world_start(handler);
    world_sleep_ms(2);
    CHECK_EQUAL(sel_sched_context_unbind(handler->context), SEL_ERROR_OK);
    CHECK_EQUAL(sel_tcb_set_timeout_handler(thread->tcb, handler_endpoint), SEL_ERROR_OK);
    sel_cap_t context = start_on(thread, SEL_NS_PER_MS, PERIOD_NS);
    world_sleep_ms(PERIODS * 10);
    CHECK(is_within(consumed_ns(context), SEL_NS_PER_MS,
                    PERIODS)); /* it waits for its next budget as without a handler */
    CHECK_EQUAL(handler->is_done, false);
}

void bounds_of_budgets_are_checked(void)
{
    sel_cap_t context = world_make(OBJECT_TYPE_SCHED_CONTEXT, 0);
    sel_cap_t control = sel_cap_sched_control;
    struct world_thread *thread = world_thread(spin, NULL, WORLD_PRIORITY - 10);

    CHECK_EQUAL(sel_sched_context_bind(context, thread->tcb), SEL_ERROR_NOT_BOUND); /* not configured yet */
    CHECK_EQUAL(sel_sched_control_configure(control, context, SEL_LIMIT_BUDGET_NS_MIN - 1, PERIOD_NS, 0, 0),
                SEL_ERROR_OUT_OF_RANGE);
    CHECK_EQUAL(sel_sched_control_configure(control, context, PERIOD_NS + 1, PERIOD_NS, 0, 0), SEL_ERROR_OUT_OF_RANGE);
    CHECK_EQUAL(sel_sched_control_configure(control, context, PERIOD_NS, SEL_LIMIT_PERIOD_NS_MAX + 1, 0, 0),
                SEL_ERROR_OUT_OF_RANGE);
    CHECK_EQUAL(sel_sched_control_configure(control, context, PERIOD_NS, PERIOD_NS, 17, 0), SEL_ERROR_OUT_OF_RANGE);
    CHECK_EQUAL(sel_sched_control_configure(control, context, PERIOD_NS, PERIOD_NS, 1, 0), SEL_ERROR_OUT_OF_RANGE);
    CHECK_EQUAL(sel_sched_control_configure(control, context, PERIOD_NS, PERIOD_NS, 2, 0), SEL_ERROR_OK);
    CHECK_EQUAL(sel_sched_context_bind(context, thread->tcb), SEL_ERROR_OK);
    CHECK_EQUAL(sel_sched_context_bind(context, thread->tcb), SEL_ERROR_ALREADY_BOUND);
}

void unbound_threads_stand_still(void)
{
    struct world_thread *thread = world_thread(spin, NULL, WORLD_PRIORITY - 10);
    sel_cap_t context = start_on(thread, PERIOD_NS, PERIOD_NS);

    world_sleep_ms(3);
    CHECK_EQUAL(sel_sched_context_unbind(context), SEL_ERROR_OK);
    uint64_t before = loops;
    world_sleep_ms(10);
    CHECK_EQUAL(loops, before);
    CHECK_EQUAL(sel_sched_context_bind(context, thread->tcb), SEL_ERROR_OK);
    world_sleep_ms(3);
    CHECK(loops > before);
}
