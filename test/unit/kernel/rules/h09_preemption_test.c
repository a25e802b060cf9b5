/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * H9: long operations stop at a preemption point when an interrupt waits, serve it, and finish when repeated.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "test/unit/kernel/harness/world.h"

#define COUNT     200
#define CHAIN     20
#define MANY      40
#define FIRST_IRQ 48

/** A handled interrupt: its Notification has been signalled. */
static struct notification *interrupt_new(uint64_t irq)
{
    uint64_t notification = world_new(OBJECT_TYPE_NOTIFICATION, 0);
    uint64_t handler = world_slots(1);
    world_do(WORLD_IRQ_CONTROL, METHOD_IRQ_CONTROL_GET, irq, IRQ_TRIGGER_EDGE, WORLD_CNODE, handler);
    world_do(handler, METHOD_IRQ_HANDLER_SET_NOTIFICATION, world_mint(notification, 1));
    world_do(handler, METHOD_IRQ_HANDLER_ACKNOWLEDGE);
    fake.preempt_irq = irq;
    return world_object(notification);
}

static void served_before_the_end(const struct notification *notification, uint64_t steps_max)
{
    assert_int_equal(notification->pending, 1);
    assert_true(world.restart_count >= 1);
    assert_true(fake.check_count >= steps_max);
}

static void revoke_is_preempted_and_finishes(void **state)
{
    (void)state;
    uint64_t endpoint = world_new(OBJECT_TYPE_ENDPOINT, 0);
    uint64_t first = world_slots(COUNT);
    for (uint64_t i = 0; i < COUNT; i++) {
        world_do(WORLD_CNODE, METHOD_CNODE_COPY, first + i, WORLD_CNODE, endpoint, SEL_RIGHT_WRITE);
    }
    struct notification *notification = interrupt_new(40);
    fake.check_count = 0;
    fake.preempt_after = COUNT / 2;
    world_do(WORLD_CNODE, METHOD_CNODE_REVOKE, endpoint);
    served_before_the_end(notification, COUNT);
    for (uint64_t i = 0; i < COUNT; i++) {
        assert_true(slot_is_empty(world_slot(first + i)));
    }
    assert_false(slot_is_empty(world_slot(endpoint)));
}

static void retype_is_preempted_and_finishes(void **state)
{
    (void)state;
    uint64_t slot = world_slots(1);
    struct notification *notification = interrupt_new(41);
    fake.check_count = 0;
    fake.preempt_after = 5;
    world_do(WORLD_UNTYPED, METHOD_UNTYPED_RETYPE, OBJECT_TYPE_CNODE, 18, WORLD_CNODE, slot, 1);
    served_before_the_end(notification, (1 << 18) / 16384 - 1);
    const uint64_t *memory = world_object(slot);
    for (unsigned int i = 0; i < (1 << 18) / sizeof(uint64_t); i++) {
        assert_int_equal(memory[i], 0);
    }
}

static void deleting_a_full_cnode_is_preempted_and_finishes(void **state)
{
    (void)state;
    uint64_t cnode = world_new(OBJECT_TYPE_CNODE, 12);
    uint64_t endpoint = world_new(OBJECT_TYPE_ENDPOINT, 0);
    for (uint64_t i = 1; i < 128; i++) {
        world_do(cnode, METHOD_CNODE_COPY, i, WORLD_CNODE, endpoint, SEL_RIGHT_WRITE);
    }
    struct notification *notification = interrupt_new(42);
    fake.check_count = 0;
    fake.preempt_after = 50;
    world_do(WORLD_CNODE, METHOD_CNODE_DELETE, cnode);
    served_before_the_end(notification, 127);
    assert_true(slot_is_last(world_slot(endpoint)));
}

/** A chain of CNodes, each in slot 1 of the one before: the last slots to be emptied, so that all of them are buried one after the other. */
static void burying_cnodes_asks_after_each(void **state)
{
    (void)state;
    uint64_t first = world_new(OBJECT_TYPE_CNODE, OBJECT_BITS_CNODE_MIN);
    uint64_t slot_count = (UINT64_C(1) << OBJECT_BITS_CNODE_MIN) / sizeof(struct slot);
    uint64_t outer = first;
    for (uint64_t i = 1; i < CHAIN; i++) {
        uint64_t inner = world_new(OBJECT_TYPE_CNODE, OBJECT_BITS_CNODE_MIN);
        world_do(outer, METHOD_CNODE_COPY, 1, WORLD_CNODE, inner, SEL_RIGHT_READ | SEL_RIGHT_WRITE);
        outer = inner;
    }
    for (uint64_t i = 1; i < CHAIN; i++) {
        world_do(WORLD_CNODE, METHOD_CNODE_DELETE, first + i);
    }
    struct notification *notification = interrupt_new(43);
    fake.check_count = 0;
    fake.preempt_after = CHAIN * (slot_count - 1);
    world_do(WORLD_CNODE, METHOD_CNODE_DELETE, first);
    /* Once for each slot, each capability and each burial. */
    served_before_the_end(notification, CHAIN * (slot_count - 1) + CHAIN + CHAIN);
}

static void bound_timers_new(uint64_t notification, uint64_t deadline)
{
    for (uint64_t i = 0; i < MANY; i++) {
        uint64_t timer = world_new(OBJECT_TYPE_TIMER, 0);
        world_do(timer, METHOD_TIMER_BIND, notification);
        world_do(timer, METHOD_TIMER_SET, deadline);
    }
}

static void deleting_a_notification_asks_after_each_timer(void **state)
{
    (void)state;
    uint64_t target = world_new(OBJECT_TYPE_NOTIFICATION, 0);
    bound_timers_new(target, UINT64_MAX - 1);
    struct notification *notification = interrupt_new(44);
    fake.check_count = 0;
    fake.preempt_after = MANY / 2;
    world_do(WORLD_CNODE, METHOD_CNODE_DELETE, target);
    served_before_the_end(notification, MANY);
    assert_null(heap_first(&percpu()->timers));
}

static void deleting_a_notification_asks_after_each_interrupt(void **state)
{
    (void)state;
    uint64_t target = world_new(OBJECT_TYPE_NOTIFICATION, 0);
    struct notification *notification = interrupt_new(45);
    for (uint64_t i = 0; i < MANY; i++) {
        uint64_t handler = world_slots(1);
        world_do(WORLD_IRQ_CONTROL, METHOD_IRQ_CONTROL_GET, FIRST_IRQ + i, IRQ_TRIGGER_EDGE, WORLD_CNODE, handler);
        world_do(handler, METHOD_IRQ_HANDLER_SET_NOTIFICATION, target);
        world_do(handler, METHOD_IRQ_HANDLER_ACKNOWLEDGE);
    }
    fake.check_count = 0;
    fake.preempt_after = MANY / 2;
    world_do(WORLD_CNODE, METHOD_CNODE_DELETE, target);
    served_before_the_end(notification, MANY);
    for (uint64_t i = 0; i < MANY; i++) {
        assert_false(fake.irq[FIRST_IRQ + i].is_unmasked);
    }
}

/** The timer's own interrupt lets others through, and comes again for what is left. */
static void timers_due_at_once_let_interrupts_through(void **state)
{
    (void)state;
    uint64_t target = world_new(OBJECT_TYPE_NOTIFICATION, 0);
    struct notification *notification = interrupt_new(46);
    uint64_t deadline = fake.clock + 1000;
    bound_timers_new(target, deadline);
    fake.check_count = 0;
    fake.preempt_after = MANY / 2;
    fake.clock = deadline;
    kernel_irq();
    assert_non_null(heap_first(&percpu()->timers));
    world_exit();
    assert_int_equal(notification->pending, 1);
    assert_true(fake.check_count >= MANY);
    assert_null(heap_first(&percpu()->timers));
}

/** Threads whose budgets come back at one time. */
static void used_up_threads_new(struct world_thread thread[MANY])
{
    for (uint64_t i = 0; i < MANY; i++) {
        thread[i] = world_thread_new(50);
        world_do(WORLD_SCHED_CONTROL, METHOD_SCHED_CONTROL_CONFIGURE, thread[i].context_slot, 1000000, 100000000, 0, 0);
    }
    for (uint64_t i = 0; i < MANY; i++) {
        world_syscall(thread[i].tcb, SYSCALL_YIELD, (struct world_call){0});
        assert_true(thread[i].context->is_released);
    }
}

static uint64_t waiting_count(const struct world_thread thread[MANY])
{
    uint64_t count = 0;
    for (uint64_t i = 0; i < MANY; i++) {
        count += thread[i].context->is_released;
    }
    return count;
}

static void releases_due_at_once_let_interrupts_through(void **state)
{
    (void)state;
    struct notification *notification = interrupt_new(47);
    struct world_thread thread[MANY];
    used_up_threads_new(thread);
    fake.check_count = 0;
    fake.preempt_after = MANY / 2;
    fake.clock += world_ticks(200000000);
    kernel_irq();
    assert_int_equal(waiting_count(thread), MANY - MANY / 2);
    world_exit();
    assert_int_equal(notification->pending, 1);
    assert_true(fake.check_count >= MANY);
    assert_int_equal(waiting_count(thread), 0);
}

/** When nothing else waits, one interrupt of the timer serves all that is due. */
static void what_is_due_at_once_needs_one_interrupt(void **state)
{
    (void)state;
    struct world_thread thread[MANY];
    used_up_threads_new(thread);
    bound_timers_new(world_new(OBJECT_TYPE_NOTIFICATION, 0), fake.clock + 1000);
    fake.clock += world_ticks(200000000);
    kernel_irq();
    assert_int_equal(waiting_count(thread), 0);
    assert_null(heap_first(&percpu()->timers));
    world_exit();
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        world_test(revoke_is_preempted_and_finishes),
        world_test(retype_is_preempted_and_finishes),
        world_test(deleting_a_full_cnode_is_preempted_and_finishes),
        world_test(burying_cnodes_asks_after_each),
        world_test(deleting_a_notification_asks_after_each_timer),
        world_test(deleting_a_notification_asks_after_each_interrupt),
        world_test(timers_due_at_once_let_interrupts_through),
        world_test(releases_due_at_once_let_interrupts_through),
        world_test(what_is_due_at_once_needs_one_interrupt),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
