/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * The scheduler: who runs, for how long, what happens when the budget is over, and when the hardware timer is set.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "test/unit/kernel/harness/world.h"

#define MS 1000000ul

/** A thread on its own sporadic context, running at once if its priority says so. */
static struct world_thread sporadic_new(uint8_t priority, uint64_t budget_ns, uint64_t period_ns)
{
    struct world_thread thread = world_passive_new(priority);
    thread.context_slot = world_context_new(budget_ns, period_ns);
    thread.context = world_object(thread.context_slot);
    world_do(thread.context_slot, METHOD_SCHED_CONTEXT_BIND, thread.tcb_slot);
    return thread;
}

static uint64_t consumed_ns(const struct world_thread *thread)
{
    world_do(thread->context_slot, METHOD_SCHED_CONTEXT_CONSUMED);
    return world_word(world.init.tcb, 0);
}

/* --- priorities --- */

static void the_highest_priority_runs(void **state)
{
    (void)state;
    struct world_thread low = world_thread_new(50);
    assert_ptr_equal(percpu()->current, world.init.tcb);
    struct world_thread high = world_thread_new(200);
    assert_ptr_equal(percpu()->current, high.tcb);
    world_do(high.tcb_slot, METHOD_TCB_SUSPEND);
    assert_ptr_equal(percpu()->current, world.init.tcb);
    assert_int_equal(world_syscall(world.init.tcb, SYSCALL_YIELD, (struct world_call){0}), SEL_ERROR_OK);
    assert_ptr_equal(percpu()->current, world.init.tcb);
    assert_true(world_is_runnable(low.tcb));
}

static void equals_run_in_the_order_they_became_ready(void **state)
{
    (void)state;
    struct world_thread first = world_thread_new(150);
    struct world_thread second = world_thread_new(150);
    struct world_thread third = world_thread_new(150);
    assert_ptr_equal(percpu()->current, first.tcb);
    world_syscall(first.tcb, SYSCALL_YIELD, (struct world_call){0});
    assert_ptr_equal(percpu()->current, second.tcb);
    world_syscall(second.tcb, SYSCALL_YIELD, (struct world_call){0});
    assert_ptr_equal(percpu()->current, third.tcb);
    world_syscall(third.tcb, SYSCALL_YIELD, (struct world_call){0});
    assert_ptr_equal(percpu()->current, first.tcb);
}

static void a_system_call_does_not_hand_over_to_an_equal(void **state)
{
    (void)state;
    struct world_thread first = world_thread_new(150);
    struct world_thread second = world_thread_new(150);
    assert_int_equal(world_poll(first.tcb, world_new(OBJECT_TYPE_NOTIFICATION, 0)), SEL_ERROR_WOULD_BLOCK);
    assert_ptr_equal(percpu()->current, first.tcb);
    assert_true(second.tcb->is_queued);
}

static void a_thread_preempted_by_a_deadline_goes_on_before_its_equals(void **state)
{
    (void)state;
    uint64_t notification = world_new(OBJECT_TYPE_NOTIFICATION, 0);
    uint64_t timer = world_new(OBJECT_TYPE_TIMER, 0);
    struct world_thread high = world_thread_new(200);
    world_do(timer, METHOD_TIMER_BIND, world_mint(notification, 1));
    assert_int_equal(world_wait(high.tcb, notification), WORLD_BLOCKED);
    struct world_thread first = world_thread_new(150);
    struct world_thread second = world_thread_new(150);
    world_do(timer, METHOD_TIMER_SET, fake.clock + 1000);
    assert_ptr_equal(percpu()->current, first.tcb);
    world_advance(1000);
    assert_ptr_equal(percpu()->current, high.tcb);
    assert_int_equal(world_wait(high.tcb, notification), WORLD_BLOCKED);
    assert_ptr_equal(percpu()->current, first.tcb);
    assert_true(second.tcb->is_queued);
}

static void a_preempted_thread_goes_on_before_its_equals(void **state)
{
    (void)state;
    struct world_thread first = world_thread_new(150);
    struct world_thread second = world_thread_new(150);
    struct world_thread high = world_thread_new(200);
    assert_ptr_equal(percpu()->current, high.tcb);
    world_do(high.tcb_slot, METHOD_TCB_SUSPEND);
    assert_ptr_equal(percpu()->current, first.tcb);
    assert_true(second.tcb->is_queued);
}

/** Whoever leaves the queues, the next one is found, in each of the bitmap's words (check_ready_queues looks at the end as well). */
static void the_next_is_found_among_all_priorities(void **state)
{
    (void)state;
    static const uint8_t PRIORITIES[] = {254, 240, 200, 192, 191, 150, 128, 127, 101};
    struct world_thread thread[sizeof(PRIORITIES)];
    for (unsigned int i = sizeof(PRIORITIES); i-- > 0;) {
        thread[i] = world_thread_new(PRIORITIES[i]);
    }
    for (unsigned int i = 0; i + 2 < sizeof(PRIORITIES); i++) { /* who would be next but one goes first */
        assert_ptr_equal(percpu()->current, thread[i].tcb);
        world_do(thread[i + 1].tcb_slot, METHOD_TCB_SUSPEND);
        world_do(thread[i].tcb_slot, METHOD_TCB_SUSPEND);
        assert_ptr_equal(percpu()->current, thread[i + 2].tcb);
        world_do(thread[i + 1].tcb_slot, METHOD_TCB_RESUME);
    }
    assert_ptr_equal(percpu()->current, thread[sizeof(PRIORITIES) - 2].tcb);
}

static void a_changed_priority_takes_effect_at_once(void **state)
{
    (void)state;
    struct world_thread a = world_thread_new(150);
    struct world_thread b = world_thread_new(140);
    assert_ptr_equal(percpu()->current, a.tcb);
    world_do(b.tcb_slot, METHOD_TCB_SET_PRIORITY, WORLD_INIT_TCB, 160, 160);
    assert_ptr_equal(percpu()->current, b.tcb);
    world_do(b.tcb_slot, METHOD_TCB_SET_PRIORITY, WORLD_INIT_TCB, 0, 0);
    assert_ptr_equal(percpu()->current, a.tcb);
    world_do(a.tcb_slot, METHOD_TCB_SET_PRIORITY, WORLD_INIT_TCB, 1, 1);
    assert_ptr_equal(percpu()->current, world.init.tcb);
}

static void a_waiting_threads_priority_moves_it_in_the_queue(void **state)
{
    (void)state;
    uint64_t endpoint = world_new(OBJECT_TYPE_ENDPOINT, 0);
    uint64_t notification = world_new(OBJECT_TYPE_NOTIFICATION, 0);
    struct world_thread a = world_thread_new(150);
    struct world_thread b = world_thread_new(140);
    struct world_thread c = world_thread_new(150);
    struct world_thread d = world_thread_new(140);
    assert_int_equal(world_recv(a.tcb, endpoint, 0), WORLD_BLOCKED);
    assert_int_equal(world_recv(b.tcb, endpoint, 0), WORLD_BLOCKED);
    assert_int_equal(world_wait(c.tcb, notification), WORLD_BLOCKED);
    assert_int_equal(world_wait(d.tcb, notification), WORLD_BLOCKED);
    world_do(b.tcb_slot, METHOD_TCB_SET_PRIORITY, WORLD_INIT_TCB, 151, 200);
    world_do(d.tcb_slot, METHOD_TCB_SET_PRIORITY, WORLD_INIT_TCB, 151, 200);
    assert_int_equal(world_nb_send(world.init.tcb, endpoint, 1, 0, 0), SEL_ERROR_OK);
    assert_int_equal(world_signal(world.init.tcb, world_mint(notification, 1)), SEL_ERROR_OK);
    assert_int_equal(b.tcb->state, THREAD_READY);
    assert_int_equal(a.tcb->state, THREAD_RECV);
    assert_int_equal(c.tcb->state, THREAD_WAIT);
    assert_int_equal(d.tcb->state, THREAD_READY);
}

/* --- budgets --- */

static void a_used_up_budget_lets_lower_threads_run_until_its_release(void **state)
{
    (void)state;
    struct world_thread high = sporadic_new(150, 1 * MS, 10 * MS);
    assert_ptr_equal(percpu()->current, high.tcb);
    world_advance(world_ticks(1 * MS) - 1);
    assert_ptr_equal(percpu()->current, high.tcb);
    world_advance(1);
    assert_ptr_equal(percpu()->current, world.init.tcb);
    assert_true(high.context->is_released);
    world_advance(world_ticks(9 * MS) - 1);
    assert_ptr_equal(percpu()->current, world.init.tcb);
    world_advance(1);
    assert_ptr_equal(percpu()->current, high.tcb);
    assert_int_equal(consumed_ns(&high), 1 * MS);
}

static void budget_is_charged_to_who_runs(void **state)
{
    (void)state;
    struct world_thread high = sporadic_new(150, 5 * MS, 50 * MS);
    world_advance(world_ticks(2 * MS));
    uint64_t notification = world_new(OBJECT_TYPE_NOTIFICATION, 0);
    uint64_t badged = world_mint(notification, 1);
    assert_int_equal(world_wait(high.tcb, notification), WORLD_BLOCKED);
    world_advance(world_ticks(7 * MS));
    assert_int_equal(consumed_ns(&high), 2 * MS);
    assert_int_equal(world_signal(world.init.tcb, badged), SEL_ERROR_OK);
    assert_ptr_equal(percpu()->current, high.tcb);
    world_advance(world_ticks(3 * MS));
    assert_ptr_equal(percpu()->current, world.init.tcb);
    assert_int_equal(consumed_ns(&high), 5 * MS);
    /* 2 ms come back 50 ms after they were begun with, 9 + 3 ms ago. */
    world_advance(world_ticks(38 * MS) - 1);
    assert_ptr_equal(percpu()->current, world.init.tcb);
    world_advance(1);
    assert_ptr_equal(percpu()->current, high.tcb);
    world_advance(world_ticks(2 * MS));
    assert_ptr_equal(percpu()->current, world.init.tcb);
}

static void no_window_of_a_period_exceeds_the_budget(void **state)
{
    (void)state;
    enum {
        PERIODS = 50,
        STEP_COUNT = PERIODS * 40
    };
    static uint64_t used[STEP_COUNT];
    struct world_thread high = sporadic_new(150, 6 * MS, 10 * MS);
    struct world_thread higher = sporadic_new(160, 1 * MS, 7 * MS);
    uint64_t step = world_ticks(10 * MS) / 40;
    for (unsigned int i = 0; i < STEP_COUNT; i++) {
        uint64_t before = consumed_ns(&high);
        world_advance(step);
        used[i] = consumed_ns(&high) - before;
    }
    assert_true(higher.context->consumed > 0);
    uint64_t sum = 0;
    for (unsigned int i = 0; i < STEP_COUNT; i++) {
        sum += used[i];
        sum -= i >= 40 ? used[i - 40] : 0;
        assert_true(sum <= 6 * MS + 40); /* rounding of ns, once a step */
    }
    assert_true(consumed_ns(&high) >= (PERIODS - 2) * 5 * MS);
}

static void equals_share_by_slices(void **state)
{
    (void)state;
    struct world_thread a = world_thread_new(150);
    struct world_thread b = world_thread_new(150);
    for (unsigned int i = 0; i < 3; i++) {
        assert_ptr_equal(percpu()->current, a.tcb);
        world_advance(world_ticks(10 * MS));
        assert_ptr_equal(percpu()->current, b.tcb);
        world_advance(world_ticks(10 * MS));
    }
    assert_int_equal(consumed_ns(&a), 30 * MS);
    assert_int_equal(consumed_ns(&b), 30 * MS);
}

static void a_preempted_slice_goes_on_with_its_rest(void **state)
{
    (void)state;
    uint64_t notification = world_new(OBJECT_TYPE_NOTIFICATION, 0);
    uint64_t timer = world_new(OBJECT_TYPE_TIMER, 0);
    struct world_thread high = world_thread_new(200);
    world_do(timer, METHOD_TIMER_BIND, world_mint(notification, 1));
    assert_int_equal(world_wait(high.tcb, notification), WORLD_BLOCKED);
    struct world_thread a = world_thread_new(150);
    struct world_thread b = world_thread_new(150);
    world_do(timer, METHOD_TIMER_SET, fake.clock + world_ticks(4 * MS));
    world_advance(world_ticks(4 * MS));
    assert_ptr_equal(percpu()->current, high.tcb);
    world_advance(world_ticks(1 * MS));
    assert_int_equal(world_wait(high.tcb, notification), WORLD_BLOCKED);
    assert_ptr_equal(percpu()->current, a.tcb);
    world_advance(world_ticks(6 * MS) - 1);
    assert_ptr_equal(percpu()->current, a.tcb);
    world_advance(1);
    assert_ptr_equal(percpu()->current, b.tcb);
}

static void a_budget_that_ends_as_it_is_donated_stops_the_server(void **state)
{
    (void)state;
    uint64_t endpoint = world_new(OBJECT_TYPE_ENDPOINT, 0);
    struct world_thread server = world_server_new(50, endpoint, world_new(OBJECT_TYPE_REPLY, 0));
    struct world_thread client = sporadic_new(150, 1 * MS, 10 * MS);
    fake.clock += world_ticks(1 * MS);
    assert_int_equal(world_ipc_call(client.tcb, endpoint, 0, 0, 0), WORLD_BLOCKED);
    assert_ptr_equal(percpu()->current, world.init.tcb);
    assert_ptr_equal(client.context->thread, server.tcb);
    assert_true(client.context->is_released);
    assert_false(server.tcb->is_queued);
}

/* --- a signal that wakes who comes before everyone (sched_run_now) --- */

static void who_is_signalled_runs_at_once_on_its_own_time(void **state)
{
    (void)state;
    uint64_t notification = world_new(OBJECT_TYPE_NOTIFICATION, 0);
    struct world_thread high = sporadic_new(200, 5 * MS, 10 * MS);
    assert_int_equal(world_wait(high.tcb, notification), WORLD_BLOCKED);
    struct world_thread low = sporadic_new(150, 4 * MS, 10 * MS);
    world_advance(world_ticks(1 * MS));
    assert_int_equal(world_signal(low.tcb, world_mint(notification, 0x50)), SEL_ERROR_OK);
    assert_ptr_equal(percpu()->current, high.tcb);
    assert_int_equal(arch_register_get(&high.tcb->registers, 2), 0x50);
    assert_true(low.tcb->is_queued);
    assert_int_equal(consumed_ns(&low), 1 * MS);
    world_advance(world_ticks(2 * MS));
    assert_int_equal(world_wait(high.tcb, notification), WORLD_BLOCKED);
    assert_int_equal(consumed_ns(&high), 2 * MS);
    assert_ptr_equal(percpu()->current, low.tcb);
    world_advance(world_ticks(3 * MS) - 1); /* the rest of its own */
    assert_ptr_equal(percpu()->current, low.tcb);
    world_advance(1);
    assert_ptr_equal(percpu()->current, world.init.tcb);
}

static void who_is_signalled_waits_for_its_equals_and_betters(void **state)
{
    (void)state;
    uint64_t notification = world_new(OBJECT_TYPE_NOTIFICATION, 0);
    struct world_thread equal = world_thread_new(150);
    assert_int_equal(world_wait(equal.tcb, notification), WORLD_BLOCKED);
    struct world_thread runs = world_thread_new(150);
    assert_int_equal(world_signal(runs.tcb, notification), SEL_ERROR_OK);
    assert_ptr_equal(percpu()->current, runs.tcb);
    assert_true(equal.tcb->is_queued);
}

static void who_is_signalled_without_time_left_waits_for_it(void **state)
{
    (void)state;
    uint64_t notification = world_new(OBJECT_TYPE_NOTIFICATION, 0);
    struct world_thread high = sporadic_new(200, 1 * MS, 10 * MS);
    fake.clock += world_ticks(1 * MS); /* its budget ends as it waits */
    assert_int_equal(world_wait(high.tcb, notification), WORLD_BLOCKED);
    assert_int_equal(world_signal(world.init.tcb, notification), SEL_ERROR_OK);
    assert_ptr_equal(percpu()->current, world.init.tcb);
    assert_true(high.context->is_released);
    world_advance(world_ticks(9 * MS));
    assert_ptr_equal(percpu()->current, high.tcb);
}

static void a_signal_at_the_end_of_a_budget_stops_who_signals(void **state)
{
    (void)state;
    uint64_t notification = world_new(OBJECT_TYPE_NOTIFICATION, 0);
    struct world_thread high = world_thread_new(200);
    assert_int_equal(world_wait(high.tcb, notification), WORLD_BLOCKED);
    struct world_thread low = sporadic_new(150, 1 * MS, 10 * MS);
    fake.clock += world_ticks(1 * MS);
    assert_int_equal(world_signal(low.tcb, notification), SEL_ERROR_OK);
    assert_ptr_equal(percpu()->current, high.tcb);
    assert_true(low.context->is_released);
    assert_int_equal(world_wait(high.tcb, notification), WORLD_BLOCKED);
    assert_ptr_equal(percpu()->current, world.init.tcb);
}

/** The outcome is that of a choice: only between the last step and the choice shows that there is none to make. */
static void nobody_is_chosen_after_a_signal_to_who_comes_first(void **state)
{
    (void)state;
    uint64_t notification = world_new(OBJECT_TYPE_NOTIFICATION, 0);
    struct world_thread high = sporadic_new(200, 5 * MS, 10 * MS);
    assert_int_equal(world_wait(high.tcb, notification), WORLD_BLOCKED);
    struct world_thread low = sporadic_new(150, 4 * MS, 10 * MS);
    world_advance(world_ticks(1 * MS));
    assert_ptr_equal(percpu()->current, low.tcb);
    notification_signal(world_object(notification), 0x50);
    assert_ptr_equal(percpu()->current, high.tcb);
    assert_false(percpu()->must_choose);
    world_exit();
    assert_ptr_equal(percpu()->current, high.tcb);
    assert_int_equal(world_badge(high.tcb), 0x50);
}

/** The same of its wait: who was interrupted goes on, each on its own time. */
static void nobody_is_chosen_after_a_wait_of_who_interrupted(void **state)
{
    (void)state;
    uint64_t notification = world_new(OBJECT_TYPE_NOTIFICATION, 0);
    struct world_thread high = sporadic_new(200, 5 * MS, 10 * MS);
    assert_int_equal(world_wait(high.tcb, notification), WORLD_BLOCKED);
    struct world_thread low = sporadic_new(150, 4 * MS, 10 * MS);
    world_advance(world_ticks(1 * MS));
    assert_int_equal(world_signal(low.tcb, notification), SEL_ERROR_OK);
    world_advance(world_ticks(2 * MS));
    assert_ptr_equal(percpu()->current, high.tcb);
    assert_int_equal(notification_receive(world_object(notification), high.tcb, true), ERR_OK);
    assert_ptr_equal(percpu()->current, low.tcb);
    assert_false(percpu()->must_choose);
    assert_int_equal(percpu()->timer_deadline, fake.clock + world_ticks(3 * MS));
    world_exit();
    assert_ptr_equal(percpu()->current, low.tcb);
    assert_false(low.tcb->is_queued);
    assert_int_equal(high.tcb->state, THREAD_WAIT);
    assert_int_equal(consumed_ns(&high), 2 * MS);
    assert_int_equal(consumed_ns(&low), 1 * MS);
}

/** Nobody was interrupted by it: the first of the array is chosen. */
static void a_wait_of_who_interrupted_nobody_chooses(void **state)
{
    (void)state;
    uint64_t notification = world_new(OBJECT_TYPE_NOTIFICATION, 0);
    struct world_thread high = world_thread_new(200);
    struct world_thread low = world_thread_new(150);
    struct world_thread lowest = world_thread_new(140);
    assert_ptr_equal(percpu()->current, high.tcb);
    assert_int_equal(world_wait(high.tcb, notification), WORLD_BLOCKED);
    assert_ptr_equal(percpu()->current, low.tcb);
    assert_null(percpu()->ready_first);
    assert_int_equal(notification_receive(world_object(notification), low.tcb, true), ERR_OK);
    assert_true(percpu()->must_choose);
    world_exit();
    assert_ptr_equal(percpu()->current, lowest.tcb);
}

/** Signal with so many ticks of the budget left; whether somebody has to be chosen then. */
static bool must_choose_with_left(uint64_t notification, const struct world_thread *high, uint64_t ticks)
{
    struct world_thread low = sporadic_new(150, 4 * MS, 10 * MS);
    assert_ptr_equal(percpu()->current, low.tcb);
    fake.clock += low.context->budget - ticks;
    notification_signal(world_object(notification), 1);
    bool must_choose = percpu()->must_choose;
    world_exit();
    assert_ptr_equal(percpu()->current, high->tcb);
    world_do(low.tcb_slot, METHOD_TCB_SUSPEND);
    assert_int_equal(world_wait(high->tcb, notification), WORLD_BLOCKED);
    return must_choose;
}

/** Less than a head refill may have joins the next one, whose release may be still to come: who signals may have to stop. */
static void time_that_is_nearly_over_is_looked_at(void **state)
{
    (void)state;
    uint64_t notification = world_new(OBJECT_TYPE_NOTIFICATION, 0);
    struct world_thread high = world_thread_new(200);
    uint64_t least = high.context->refill_min;
    assert_int_equal(world_wait(high.tcb, notification), WORLD_BLOCKED);
    assert_false(must_choose_with_left(notification, &high, least + 1));
    assert_false(must_choose_with_left(notification, &high, least));
    assert_true(must_choose_with_left(notification, &high, least - 1));
    assert_true(must_choose_with_left(notification, &high, 0));
}

static void yield_gives_up_the_rest(void **state)
{
    (void)state;
    struct world_thread high = sporadic_new(150, 4 * MS, 10 * MS);
    world_advance(world_ticks(1 * MS));
    assert_int_equal(world_syscall(high.tcb, SYSCALL_YIELD, (struct world_call){0}), SEL_ERROR_OK);
    assert_ptr_equal(percpu()->current, world.init.tcb);
    assert_int_equal(consumed_ns(&high), 1 * MS);
    world_advance(world_ticks(9 * MS) - 1);
    assert_ptr_equal(percpu()->current, world.init.tcb);
    world_advance(1);
    assert_ptr_equal(percpu()->current, high.tcb);
}

static void yield_of_the_only_one_goes_on(void **state)
{
    (void)state;
    assert_int_equal(world_syscall(world.init.tcb, SYSCALL_YIELD, (struct world_call){0}), SEL_ERROR_OK);
    assert_ptr_equal(percpu()->current, world.init.tcb);
}

static void many_releases_at_one_time_all_happen(void **state)
{
    (void)state;
    enum {
        COUNT = 40
    };
    struct world_thread thread[COUNT];
    for (unsigned int i = 0; i < COUNT; i++) {
        thread[i] = sporadic_new(150, 1 * MS, 1000 * MS);
    }
    world_advance(world_ticks(COUNT * MS));
    assert_ptr_equal(percpu()->current, world.init.tcb);
    for (unsigned int i = 0; i < COUNT; i++) {
        assert_true(thread[i].context->is_released);
        world_do(WORLD_SCHED_CONTROL, METHOD_SCHED_CONTROL_CONFIGURE, thread[i].context_slot, 1 * MS, 1000 * MS, 0, 0);
    }
    assert_int_equal(consumed_ns(&thread[COUNT - 1]), 0);
    world_advance(world_ticks(COUNT * MS));
    fake.clock += world_ticks(2000 * MS);
    world_exit();
    for (unsigned int i = 0; i < COUNT; i++) {
        assert_true(world_is_runnable(thread[i].tcb));
    }
}

/* --- the end of a budget is told --- */

struct timeout {
    struct world_thread thread;
    struct world_thread handler;
    uint64_t endpoint;
    uint64_t reply;
};

static struct timeout timeout_new(void)
{
    struct timeout timeout = {.endpoint = world_new(OBJECT_TYPE_ENDPOINT, 0), .reply = world_new(OBJECT_TYPE_REPLY, 0)};
    timeout.handler = world_thread_new(160);
    assert_int_equal(world_recv(timeout.handler.tcb, timeout.endpoint, timeout.reply), WORLD_BLOCKED);
    timeout.thread = sporadic_new(150, 1 * MS, 10 * MS);
    world_do(timeout.thread.tcb_slot, METHOD_TCB_SET_TIMEOUT_HANDLER, world_mint(timeout.endpoint, 77));
    return timeout;
}

static void a_timeout_handler_is_called(void **state)
{
    (void)state;
    struct timeout timeout = timeout_new();
    timeout.thread.tcb->registers.reg[FAKE_REG_PC] = 0x1234;
    world_advance(world_ticks(1 * MS));
    assert_ptr_equal(percpu()->current, timeout.handler.tcb);
    const struct tcb *handler = timeout.handler.tcb;
    assert_int_equal(world_status(handler), SEL_ERROR_OK);
    assert_int_equal(world_badge(handler), 77);
    assert_int_equal(tag_label(world_tag(handler)), FAULT_TIMEOUT);
    assert_int_equal(tag_length(world_tag(handler)), FAULT_TIMEOUT_LENGTH);
    assert_int_equal(world_tag(handler) & TAG_KERNEL, TAG_KERNEL);
    assert_int_equal(world_word(handler, FAULT_TIMEOUT_WORD_BADGE), timeout.thread.context_slot);
    assert_int_equal(world_word(handler, FAULT_TIMEOUT_WORD_CONSUMED_NS), 1 * MS);
    assert_int_equal(world_word(handler, FAULT_TIMEOUT_WORD_PC), 0x1234);
    assert_int_equal(timeout.thread.tcb->state, THREAD_REPLY);
    assert_int_equal(world_reply_recv(timeout.handler.tcb, timeout.endpoint, timeout.reply, 0, 1, FAULT_REPLY_RESUME),
                     WORLD_BLOCKED);
    assert_true(timeout.thread.context->is_released);
    world_advance(world_ticks(9 * MS));
    assert_ptr_equal(percpu()->current, timeout.thread.tcb);
}

static void a_handler_told_at_a_switch_goes_before_lower_threads(void **state)
{
    (void)state;
    uint64_t notification = world_new(OBJECT_TYPE_NOTIFICATION, 0);
    struct world_thread waiter = world_thread_new(155);
    assert_int_equal(world_wait(waiter.tcb, notification), WORLD_BLOCKED);
    struct timeout timeout = timeout_new();
    fake.clock += world_ticks(1 * MS);
    assert_int_equal(world_signal(timeout.thread.tcb, notification), WORLD_BLOCKED);
    assert_int_equal(timeout.thread.tcb->state, THREAD_REPLY);
    assert_true(waiter.tcb->is_queued);
    assert_ptr_equal(percpu()->current, timeout.handler.tcb);
    assert_int_equal(tag_label(world_tag(timeout.handler.tcb)), FAULT_TIMEOUT);
}

static void a_timeout_handler_may_give_more_time(void **state)
{
    (void)state;
    struct timeout timeout = timeout_new();
    world_advance(world_ticks(1 * MS));
    world_do(WORLD_SCHED_CONTROL, METHOD_SCHED_CONTROL_CONFIGURE, timeout.thread.context_slot, 2 * MS, 10 * MS, 0, 0);
    assert_int_equal(world_reply_recv(timeout.handler.tcb, timeout.endpoint, timeout.reply, 0, 1, FAULT_REPLY_RESUME),
                     WORLD_BLOCKED);
    assert_ptr_equal(percpu()->current, timeout.thread.tcb);
}

static void a_timeout_handler_without_time_is_passed_over(void **state)
{
    (void)state;
    struct timeout timeout = timeout_new();
    world_do(timeout.handler.context_slot, METHOD_SCHED_CONTEXT_UNBIND);
    world_advance(world_ticks(1 * MS));
    assert_ptr_equal(percpu()->current, world.init.tcb);
    assert_int_equal(timeout.handler.tcb->state, THREAD_RECV);
    assert_int_equal(timeout.thread.tcb->state, THREAD_READY);
    assert_true(timeout.thread.context->is_released);
    world_advance(world_ticks(9 * MS));
    assert_ptr_equal(percpu()->current, timeout.thread.tcb);
}

static void yield_is_no_timeout(void **state)
{
    (void)state;
    struct timeout timeout = timeout_new();
    world_syscall(timeout.thread.tcb, SYSCALL_YIELD, (struct world_call){0});
    assert_int_equal(timeout.handler.tcb->state, THREAD_RECV);
    assert_true(timeout.thread.context->is_released);
}

static void a_slice_is_no_timeout(void **state)
{
    (void)state;
    struct timeout timeout = timeout_new();
    world_do(WORLD_SCHED_CONTROL, METHOD_SCHED_CONTROL_CONFIGURE, timeout.thread.context_slot, 1 * MS, 1 * MS, 0, 0);
    world_advance(world_ticks(5 * MS));
    assert_int_equal(timeout.handler.tcb->state, THREAD_RECV);
    assert_ptr_equal(percpu()->current, timeout.thread.tcb);
}

/* --- the hardware timer --- */

static void the_timer_is_set_to_the_nearest_event(void **state)
{
    (void)state;
    uint64_t start = fake.clock;
    assert_int_equal(fake.timer_deadline, start + world_ticks(10 * MS));
    uint64_t notification = world_new(OBJECT_TYPE_NOTIFICATION, 0);
    uint64_t timer = world_new(OBJECT_TYPE_TIMER, 0);
    world_do(timer, METHOD_TIMER_BIND, notification);
    world_do(timer, METHOD_TIMER_SET, start + 5000);
    assert_int_equal(fake.timer_deadline, start + 5000);
    world_do(timer, METHOD_TIMER_CANCEL);
    assert_int_equal(fake.timer_deadline, start + world_ticks(10 * MS));
    sporadic_new(150, 1 * MS, 3 * MS);
    assert_int_equal(fake.timer_deadline, start + world_ticks(1 * MS));
    world_advance(world_ticks(1 * MS));
    assert_int_equal(fake.timer_deadline, start + world_ticks(3 * MS));
}

static void the_timer_is_left_alone_when_nothing_changed(void **state)
{
    (void)state;
    uint64_t count = fake.timer_set_count;
    fake.clock += 100;
    world_poll(world.init.tcb, WORLD_CNODE);
    world_syscall(world.init.tcb, SYSCALL_SIGNAL, (struct world_call){.cap = 0});
    assert_int_equal(fake.timer_set_count, count);
}

static void one_deadline_is_one_interrupt(void **state)
{
    (void)state;
    uint64_t count = fake.acknowledge_count;
    world_advance(world_ticks(10 * MS));
    assert_int_equal(fake.acknowledge_count, count + 1);
}

/** A deadline comes, wakes nobody, and no other follows: the hardware is told once. */
static void a_tick_with_nothing_behind_it_sets_the_timer_once(void **state)
{
    (void)state;
    uint64_t timer = world_new(OBJECT_TYPE_TIMER, 0);
    world_do(timer, METHOD_TIMER_BIND, world_new(OBJECT_TYPE_NOTIFICATION, 0));
    world_do(timer, METHOD_TIMER_SET, fake.clock + 1000);
    assert_int_equal(world_wait(world.init.tcb, world_new(OBJECT_TYPE_NOTIFICATION, 0)), WORLD_BLOCKED);
    assert_null(percpu()->current);
    uint64_t count = fake.timer_set_count;
    world_advance(1000);
    assert_int_equal(fake.timer_deadline, UINT64_MAX);
    assert_int_equal(fake.timer_set_count, count + 1);
}

static void idle_has_no_deadline(void **state)
{
    (void)state;
    uint64_t notification = world_new(OBJECT_TYPE_NOTIFICATION, 0);
    struct world_thread waker = world_thread_new(50);
    assert_int_equal(world_wait(waker.tcb, notification), WORLD_BLOCKED);
    assert_int_equal(world_wait(world.init.tcb, notification), WORLD_BLOCKED);
    assert_null(percpu()->current);
    assert_null(percpu()->context);
    assert_int_equal(fake.timer_deadline, UINT64_MAX);
    fake.clock += 1000;
    notification_signal(world_object(notification), 1);
    world_exit();
    assert_ptr_equal(percpu()->current, world.init.tcb);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        world_test(the_highest_priority_runs),
        world_test(equals_run_in_the_order_they_became_ready),
        world_test(a_system_call_does_not_hand_over_to_an_equal),
        world_test(a_thread_preempted_by_a_deadline_goes_on_before_its_equals),
        world_test(a_preempted_thread_goes_on_before_its_equals),
        world_test(the_next_is_found_among_all_priorities),
        world_test(a_changed_priority_takes_effect_at_once),
        world_test(a_waiting_threads_priority_moves_it_in_the_queue),
        world_test(a_used_up_budget_lets_lower_threads_run_until_its_release),
        world_test(budget_is_charged_to_who_runs),
        world_test(no_window_of_a_period_exceeds_the_budget),
        world_test(equals_share_by_slices),
        world_test(a_preempted_slice_goes_on_with_its_rest),
        world_test(a_budget_that_ends_as_it_is_donated_stops_the_server),
        world_test(who_is_signalled_runs_at_once_on_its_own_time),
        world_test(who_is_signalled_waits_for_its_equals_and_betters),
        world_test(who_is_signalled_without_time_left_waits_for_it),
        world_test(a_signal_at_the_end_of_a_budget_stops_who_signals),
        world_test(nobody_is_chosen_after_a_signal_to_who_comes_first),
        world_test(nobody_is_chosen_after_a_wait_of_who_interrupted),
        world_test(a_wait_of_who_interrupted_nobody_chooses),
        world_test(time_that_is_nearly_over_is_looked_at),
        world_test(yield_gives_up_the_rest),
        world_test(yield_of_the_only_one_goes_on),
        world_test(many_releases_at_one_time_all_happen),
        world_test(a_timeout_handler_is_called),
        world_test(a_handler_told_at_a_switch_goes_before_lower_threads),
        world_test(a_timeout_handler_may_give_more_time),
        world_test(a_timeout_handler_without_time_is_passed_over),
        world_test(yield_is_no_timeout),
        world_test(a_slice_is_no_timeout),
        world_test(the_timer_is_set_to_the_nearest_event),
        world_test(the_timer_is_left_alone_when_nothing_changed),
        world_test(one_deadline_is_one_interrupt),
        world_test(a_tick_with_nothing_behind_it_sets_the_timer_once),
        world_test(idle_has_no_deadline),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
