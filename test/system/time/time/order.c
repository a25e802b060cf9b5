/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Priorities decide who runs and who is served first.
 */
#include "test/system/lib/check.h"
#include "test/system/lib/world.h"
#include "tests.h"

static volatile uint64_t order[8];
static volatile uint64_t order_count;
static sel_cap_t endpoint;
static sel_cap_t reply;

static void note(void *argument)
{
    order[order_count++] = (uintptr_t)argument;
}

static void start_in_order(const uint64_t *priorities, uint64_t count)
{
    struct world_thread *threads[4];

    order_count = 0;
    for (uint64_t i = 0; i < count; i++) {
        threads[i] = world_thread(note, (void *)(uintptr_t)i, priorities[i]);
        world_start(threads[i]);
    }
    for (uint64_t i = 0; i < count; i++) {
        world_join(threads[i]);
    }
}

void the_highest_priority_runs_first(void)
{
    static const uint64_t priorities[] = {WORLD_PRIORITY - 30, WORLD_PRIORITY - 10, WORLD_PRIORITY - 20};

    start_in_order(priorities, 3);
    CHECK_EQUAL(order[0], 1);
    CHECK_EQUAL(order[1], 2);
    CHECK_EQUAL(order[2], 0);
}

void equal_priorities_run_in_order(void)
{
    static const uint64_t priorities[] = {WORLD_PRIORITY - 10, WORLD_PRIORITY - 10, WORLD_PRIORITY - 10};

    start_in_order(priorities, 3);
    for (uint64_t i = 0; i < 3; i++) {
        CHECK_EQUAL(order[i], i);
    }
}

static void call_noted(void *argument)
{
    struct sel_message message = {.tag = tag_make(1, 0, 0)};

    (void)argument;
    (void)sel_call_message(endpoint, &message);
}

void an_endpoint_queues_by_priority(void)
{
    static const uint64_t priorities[] = {WORLD_PRIORITY - 30, WORLD_PRIORITY - 10, WORLD_PRIORITY - 20,
                                          WORLD_PRIORITY - 10};
    static const uint64_t badges[] = {2, 4, 3,
                                      1}; /* in the order expected: both of -10 first, in the order of their calls */
    struct sel_message message = {0};

    endpoint = world_make(OBJECT_TYPE_ENDPOINT, 0);
    reply = world_make(OBJECT_TYPE_REPLY, 0);
    sel_cap_t whole = endpoint;
    for (uint64_t i = 0; i < 4; i++) {
        struct world_thread *thread = world_thread(call_noted, NULL, priorities[i]);
        endpoint = world_mint(whole, SEL_RIGHT_WRITE, i + 1);
        world_start(thread);
        world_sleep_ms(2); /* it has called by then */
    }
    for (uint64_t i = 0; i < 4; i++) {
        CHECK_EQUAL(sel_recv_message(whole, reply, &message), SEL_ERROR_OK);
        CHECK_EQUAL(message.badge, badges[i]);
        CHECK_EQUAL(sel_send(reply, tag_make(0, 0, 0), message.words), SEL_ERROR_OK);
    }
}

void priorities_above_the_own_are_refused(void)
{
    struct world_thread *thread = world_thread(note, NULL, 1);

    CHECK_EQUAL(sel_tcb_set_priority(thread->tcb, sel_cap_tcb, 255, 255), SEL_ERROR_DENIED);
    CHECK_EQUAL(sel_tcb_set_priority(thread->tcb, sel_cap_tcb, WORLD_PRIORITY, 255), SEL_ERROR_DENIED);
    CHECK_EQUAL(sel_tcb_set_priority(thread->tcb, sel_cap_tcb, 256, 256), SEL_ERROR_OUT_OF_RANGE);
    CHECK_EQUAL(sel_tcb_set_priority(thread->tcb, thread->tcb, 2, 2), SEL_ERROR_DENIED); /* its own maximum is 1 */
    CHECK_EQUAL(sel_tcb_set_priority(thread->tcb, sel_cap_tcb, WORLD_PRIORITY, WORLD_PRIORITY), SEL_ERROR_OK);
}

static void spin_until(void *argument)
{
    const volatile bool *stop = argument;

    while (!*stop) {
    }
}

void a_raised_priority_preempts(void)
{
    static volatile bool stop;
    struct world_thread *spinner = world_thread(spin_until, (void *)&stop, WORLD_PRIORITY - 10);
    struct world_thread *waiting = world_thread(note, (void *)7, WORLD_PRIORITY - 20);

    stop = false;
    order_count = 0;
    world_start(spinner);
    world_start(waiting);
    world_sleep_ms(5);
    CHECK_EQUAL(order_count, 0);
    CHECK_EQUAL(sel_tcb_set_priority(waiting->tcb, sel_cap_tcb, WORLD_PRIORITY - 5, WORLD_PRIORITY - 5), SEL_ERROR_OK);
    world_join(waiting);
    CHECK_EQUAL(order[0], 7);
    stop = true;
    world_join(spinner);
}
