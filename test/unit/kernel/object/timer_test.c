/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Timer: deadlines, bindings, what is refused.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "test/unit/kernel/harness/world.h"

struct bound_timer {
    uint64_t timer;
    uint64_t notification;
};

static struct bound_timer bound_new(uint64_t badge)
{
    struct bound_timer bound = {
        .timer = world_new(OBJECT_TYPE_TIMER, 0),
        .notification = world_new(OBJECT_TYPE_NOTIFICATION, 0),
    };
    world_do(bound.timer, METHOD_TIMER_BIND, world_mint(bound.notification, badge));
    return bound;
}

static uint64_t pending(uint64_t notification)
{
    return ((struct notification *)world_object(notification))->pending;
}

static void a_deadline_signals_the_badge(void **state)
{
    (void)state;
    struct bound_timer bound = bound_new(0x30);
    world_do(bound.timer, METHOD_TIMER_SET, fake.clock + 1000);
    world_advance(999);
    assert_int_equal(pending(bound.notification), 0);
    world_advance(1);
    assert_int_equal(pending(bound.notification), 0x30);
    assert_int_equal(world_poll(world.init.tcb, bound.notification), SEL_ERROR_OK);
    assert_int_equal(world_badge(world.init.tcb), 0x30);
    world_advance(100000);
    assert_int_equal(pending(bound.notification), 0);
}

static void a_deadline_wakes_a_waiting_thread(void **state)
{
    (void)state;
    struct bound_timer bound = bound_new(1);
    struct world_thread thread = world_thread_new(150);
    world_do(bound.timer, METHOD_TIMER_SET, fake.clock + 1000);
    assert_int_equal(world_wait(thread.tcb, bound.notification), WORLD_BLOCKED);
    world_advance(1000);
    assert_ptr_equal(percpu()->current, thread.tcb);
    assert_int_equal(world_status(thread.tcb), SEL_ERROR_OK);
    assert_int_equal(world_badge(thread.tcb), 1);
}

static void a_passed_deadline_fires_at_once(void **state)
{
    (void)state;
    struct bound_timer bound = bound_new(2);
    world_do(bound.timer, METHOD_TIMER_SET, fake.clock);
    assert_int_equal(pending(bound.notification), 2);
    assert_null(heap_first(&percpu()->timers));
    world_do(bound.timer, METHOD_TIMER_SET, 0);
    assert_int_equal(pending(bound.notification), 2);
}

static void a_new_deadline_replaces_the_old(void **state)
{
    (void)state;
    struct bound_timer bound = bound_new(4);
    world_do(bound.timer, METHOD_TIMER_SET, fake.clock + 100);
    world_do(bound.timer, METHOD_TIMER_SET, fake.clock + 5000);
    world_advance(4999);
    assert_int_equal(pending(bound.notification), 0);
    world_advance(1);
    assert_int_equal(pending(bound.notification), 4);
}

static void cancel_tells_whether_it_was_set(void **state)
{
    (void)state;
    struct bound_timer bound = bound_new(4);
    world_do(bound.timer, METHOD_TIMER_SET, fake.clock + 100);
    world_do(bound.timer, METHOD_TIMER_CANCEL);
    assert_int_equal(world_word(world.init.tcb, 0), 1);
    world_do(bound.timer, METHOD_TIMER_CANCEL);
    assert_int_equal(world_word(world.init.tcb, 0), 0);
    world_advance(200);
    assert_int_equal(pending(bound.notification), 0);
}

static void the_last_deadline_of_all_is_never(void **state)
{
    (void)state;
    struct bound_timer bound = bound_new(4);
    world_do(bound.timer, METHOD_TIMER_SET, UINT64_MAX);
    world_advance(1000000);
    assert_int_equal(pending(bound.notification), 0);
    world_do(bound.timer, METHOD_TIMER_CANCEL);
    assert_int_equal(world_word(world.init.tcb, 0), 1);
}

static void many_at_one_time_all_fire(void **state)
{
    (void)state;
    enum {
        COUNT = 60
    };
    uint64_t notification = world_new(OBJECT_TYPE_NOTIFICATION, 0);
    for (unsigned int i = 0; i < COUNT; i++) {
        uint64_t timer = world_new(OBJECT_TYPE_TIMER, 0);
        world_do(timer, METHOD_TIMER_BIND, world_mint(notification, 1ul << i));
        world_do(timer, METHOD_TIMER_SET, fake.clock + 1000);
    }
    world_advance(1000);
    assert_int_equal(pending(notification), (1ul << COUNT) - 1);
}

static void unbind_cancels(void **state)
{
    (void)state;
    struct bound_timer bound = bound_new(4);
    world_do(bound.timer, METHOD_TIMER_SET, fake.clock + 100);
    world_do(bound.timer, METHOD_TIMER_UNBIND);
    assert_null(heap_first(&percpu()->timers));
    uint64_t other = world_new(OBJECT_TYPE_NOTIFICATION, 0);
    world_do(bound.timer, METHOD_TIMER_BIND, other);
}

static void a_dead_notification_leaves_its_timers_unbound(void **state)
{
    (void)state;
    uint64_t notification = world_new(OBJECT_TYPE_NOTIFICATION, 0);
    uint64_t timer[40];
    for (unsigned int i = 0; i < 40; i++) {
        timer[i] = world_new(OBJECT_TYPE_TIMER, 0);
        world_do(timer[i], METHOD_TIMER_BIND, notification);
        world_do(timer[i], METHOD_TIMER_SET, fake.clock + 1000 + i);
    }
    fake.preempt_after = 1;
    world_do(WORLD_CNODE, METHOD_CNODE_DELETE, notification);
    assert_true(world.restart_count > 0);
    assert_null(heap_first(&percpu()->timers));
    for (unsigned int i = 0; i < 40; i++) {
        world_refused(SEL_ERROR_NOT_BOUND, world.init.tcb, timer[i], METHOD_TIMER_SET, 0);
    }
}

static void a_dead_timer_does_not_fire(void **state)
{
    (void)state;
    struct bound_timer bound = bound_new(4);
    struct bound_timer other = bound_new(8);
    world_do(bound.timer, METHOD_TIMER_SET, fake.clock + 100);
    world_do(other.timer, METHOD_TIMER_SET, fake.clock + 200);
    world_do(WORLD_CNODE, METHOD_CNODE_DELETE, bound.timer);
    world_advance(1000);
    assert_int_equal(pending(bound.notification), 0);
    assert_int_equal(pending(other.notification), 8);
}

static void refusals(void **state)
{
    (void)state;
    struct tcb *init = world.init.tcb;
    struct bound_timer bound = bound_new(4);
    uint64_t unbound = world_new(OBJECT_TYPE_TIMER, 0);
    uint64_t read_only = world_copy(bound.notification, SEL_RIGHT_READ);
    world_refused(SEL_ERROR_ALREADY_BOUND, init, bound.timer, METHOD_TIMER_BIND, bound.notification);
    world_refused(SEL_ERROR_RIGHTS, init, unbound, METHOD_TIMER_BIND, read_only);
    world_refused(SEL_ERROR_WRONG_TYPE, init, unbound, METHOD_TIMER_BIND, unbound);
    world_refused(SEL_ERROR_INVALID_CAP, init, unbound, METHOD_TIMER_BIND, world_slots(1));
    world_refused(SEL_ERROR_TOO_FEW_ARGUMENTS, init, unbound, METHOD_TIMER_BIND);
    world_refused(SEL_ERROR_NOT_BOUND, init, unbound, METHOD_TIMER_SET, fake.clock + 100);
    world_refused(SEL_ERROR_TOO_FEW_ARGUMENTS, init, bound.timer, METHOD_TIMER_SET);
    world_refused(SEL_ERROR_NOT_BOUND, init, unbound, METHOD_TIMER_UNBIND);
    world_refused(SEL_ERROR_INVALID_METHOD, init, unbound, METHOD_COUNT_TIMER + 1);
    world_refused(SEL_ERROR_INVALID_METHOD, init, unbound, 0);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        world_test(a_deadline_signals_the_badge),
        world_test(a_deadline_wakes_a_waiting_thread),
        world_test(a_passed_deadline_fires_at_once),
        world_test(a_new_deadline_replaces_the_old),
        world_test(cancel_tells_whether_it_was_set),
        world_test(the_last_deadline_of_all_is_never),
        world_test(many_at_one_time_all_fire),
        world_test(unbind_cancels),
        world_test(a_dead_notification_leaves_its_timers_unbound),
        world_test(a_dead_timer_does_not_fire),
        world_test(refusals),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
