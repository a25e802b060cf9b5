/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * The end of a budget at inconvenient moments: found late, while its thread waits, gives the time back, yields, or is told of it in vain.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "test/unit/kernel/harness/world.h"

#define MS 1000000ul

/** Above world.init, 1 ms in 10 ms. */
static struct world_thread sporadic_new(void)
{
    struct world_thread thread = world_passive_new(150);
    thread.context_slot = world_context_new(1 * MS, 10 * MS);
    thread.context = world_object(thread.context_slot);
    world_do(thread.context_slot, METHOD_SCHED_CONTEXT_BIND, thread.tcb_slot);
    return thread;
}

/** Its budget is over and the timer's interrupt is not served yet: the next system call comes first. */
static void overrun(struct tcb *thread)
{
    world_switch(thread);
    fake.clock += world_ticks(2 * MS);
    fake.irq[FAKE_IRQ_TIMER].is_unmasked = false;
}

static void assert_waits_for_release(const struct world_thread *thread)
{
    fake.irq[FAKE_IRQ_TIMER].is_unmasked = true;
    world_exit();
    assert_true(thread->context->is_released);
    assert_ptr_equal(percpu()->current, world.init.tcb);
    world_advance(thread->context->release_node.key - fake.clock);
    assert_ptr_equal(percpu()->current, thread->tcb);
}

static void a_thread_that_waits_has_used_its_budget(void **state)
{
    (void)state;
    struct world_thread thread = sporadic_new();
    uint64_t notification = world_new(OBJECT_TYPE_NOTIFICATION, 0);
    overrun(thread.tcb);
    assert_int_equal(world_wait(thread.tcb, notification), WORLD_BLOCKED);
    assert_int_equal(world_signal(world.init.tcb, notification), SEL_ERROR_OK);
    assert_waits_for_release(&thread);
}

static void a_loan_given_back_has_been_used(void **state)
{
    (void)state;
    uint64_t notification = world_new(OBJECT_TYPE_NOTIFICATION, 0);
    uint64_t context = world_context_new(1 * MS, 10 * MS);
    struct world_thread waiter = world_waiter_new(150, notification);
    waiter.context = world_object(context);
    world_do(context, METHOD_SCHED_CONTEXT_BIND, notification);
    assert_int_equal(world_signal(world.init.tcb, notification), SEL_ERROR_OK);
    overrun(waiter.tcb);
    assert_int_equal(world_wait(waiter.tcb, notification), WORLD_BLOCKED);
    assert_null(waiter.context->thread);
    assert_int_equal(world_signal(world.init.tcb, notification), SEL_ERROR_OK);
    assert_waits_for_release(&waiter);
}

static void a_late_yield_is_no_timeout(void **state)
{
    (void)state;
    struct world_thread thread = sporadic_new();
    uint64_t endpoint = world_new(OBJECT_TYPE_ENDPOINT, 0);
    world_do(thread.tcb_slot, METHOD_TCB_SET_TIMEOUT_HANDLER, endpoint);
    overrun(thread.tcb);
    assert_int_equal(world_syscall(thread.tcb, SYSCALL_YIELD, (struct world_call){0}), SEL_ERROR_OK);
    assert_int_equal(thread.tcb->state, THREAD_READY);
    assert_waits_for_release(&thread);
}

/** The end is found when somebody of higher priority is chosen. */
static void a_thread_preempted_too_late_is_told(void **state)
{
    (void)state;
    struct world_thread thread = sporadic_new();
    struct world_thread higher = world_thread_new(200);
    uint64_t endpoint = world_new(OBJECT_TYPE_ENDPOINT, 0);
    uint64_t notification = world_new(OBJECT_TYPE_NOTIFICATION, 0);
    assert_int_equal(world_wait(higher.tcb, notification), WORLD_BLOCKED);
    world_do(thread.tcb_slot, METHOD_TCB_SET_TIMEOUT_HANDLER, endpoint);
    overrun(thread.tcb);
    assert_int_equal(world_signal(thread.tcb, notification), WORLD_BLOCKED);
    assert_ptr_equal(percpu()->current, higher.tcb);
    assert_int_equal(thread.tcb->fault_label, FAULT_TIMEOUT);
    assert_int_equal(thread.tcb->state, THREAD_SEND);
}

/** The handler's Endpoint dies before anybody takes the timeout: the thread goes on with its next budget, nothing is said. */
static void a_timeout_that_nobody_takes_is_forgotten(void **state)
{
    (void)state;
    struct world_thread thread = sporadic_new();
    uint64_t endpoint = world_new(OBJECT_TYPE_ENDPOINT, 0);
    world_do(thread.tcb_slot, METHOD_TCB_SET_TIMEOUT_HANDLER, endpoint);
    world_advance(world_ticks(1 * MS));
    assert_int_equal(thread.tcb->state, THREAD_SEND);
    uint64_t length = fake.console_length;
    world_do(thread.tcb_slot, METHOD_TCB_SET_TIMEOUT_HANDLER, 0);
    world_do(WORLD_CNODE, METHOD_CNODE_DELETE, endpoint);
    assert_int_equal(thread.tcb->state, THREAD_READY);
    assert_int_equal(thread.tcb->fault_label, 0);
    assert_int_equal(fake.console_length, length);
    assert_waits_for_release(&thread);
}

static void who_asks_for_its_own_time_sees_all_of_it(void **state)
{
    (void)state;
    struct world_thread thread = world_thread_new(150);
    world_switch(thread.tcb);
    fake.clock += world_ticks(3 * MS);
    assert_int_equal(world_invoke(thread.tcb, thread.context_slot, METHOD_SCHED_CONTEXT_CONSUMED), SEL_ERROR_OK);
    assert_int_equal(world_word(thread.tcb, 0), 3 * MS);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        world_test(a_thread_that_waits_has_used_its_budget),
        world_test(a_loan_given_back_has_been_used),
        world_test(a_late_yield_is_no_timeout),
        world_test(a_thread_preempted_too_late_is_told),
        world_test(a_timeout_that_nobody_takes_is_forgotten),
        world_test(who_asks_for_its_own_time_sees_all_of_it),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
