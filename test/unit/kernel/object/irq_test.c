/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * IRQControl and IRQHandler: delivery, acknowledge, rebinding, and that nothing stays active or unmasked without its handler.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "test/unit/kernel/harness/world.h"

#define IRQ 40ul

static uint64_t handler_new(uint64_t irq, uint64_t trigger)
{
    uint64_t slot = world_slots(1);
    world_do(WORLD_IRQ_CONTROL, METHOD_IRQ_CONTROL_GET, irq, trigger, WORLD_CNODE, slot);
    return slot;
}

static uint64_t pending(uint64_t notification)
{
    return ((struct notification *)world_object(notification))->pending;
}

static bool is_quiet(uint64_t irq)
{
    return !fake.irq[irq].is_unmasked && fake.irq[irq].state != FAKE_IRQ_ACTIVE &&
           fake.irq[irq].state != FAKE_IRQ_ACTIVE_PENDING;
}

static void the_first_acknowledge_unmasks(void **state)
{
    (void)state;
    uint64_t notification = world_new(OBJECT_TYPE_NOTIFICATION, 0);
    uint64_t handler = handler_new(IRQ, IRQ_TRIGGER_EDGE);
    assert_true(fake.irq[IRQ].is_edge);
    world_do(handler, METHOD_IRQ_HANDLER_SET_NOTIFICATION, world_mint(notification, 0x10));
    assert_false(fake.irq[IRQ].is_unmasked);
    world_do(handler, METHOD_IRQ_HANDLER_ACKNOWLEDGE);
    assert_true(fake.irq[IRQ].is_unmasked);
    world_irq(IRQ);
    assert_int_equal(pending(notification), 0x10);
    assert_int_equal(fake.irq[IRQ].state, FAKE_IRQ_ACTIVE);
}

static void it_comes_again_only_after_acknowledge(void **state)
{
    (void)state;
    uint64_t notification = world_new(OBJECT_TYPE_NOTIFICATION, 0);
    uint64_t handler = handler_new(IRQ, IRQ_TRIGGER_EDGE);
    world_do(handler, METHOD_IRQ_HANDLER_SET_NOTIFICATION, world_mint(notification, 1));
    world_do(handler, METHOD_IRQ_HANDLER_ACKNOWLEDGE);
    world_irq(IRQ);
    assert_int_equal(world_poll(world.init.tcb, notification), SEL_ERROR_OK);
    world_irq(IRQ);
    assert_int_equal(pending(notification), 0);
    world_do(handler, METHOD_IRQ_HANDLER_ACKNOWLEDGE);
    assert_int_equal(pending(notification), 1);
}

static void rebinding_masks_and_deactivates(void **state)
{
    (void)state;
    uint64_t first = world_new(OBJECT_TYPE_NOTIFICATION, 0);
    uint64_t second = world_new(OBJECT_TYPE_NOTIFICATION, 0);
    uint64_t handler = handler_new(IRQ, IRQ_TRIGGER_EDGE);
    world_do(handler, METHOD_IRQ_HANDLER_SET_NOTIFICATION, world_mint(first, 1));
    world_do(handler, METHOD_IRQ_HANDLER_ACKNOWLEDGE);
    world_irq(IRQ);
    world_do(handler, METHOD_IRQ_HANDLER_SET_NOTIFICATION, world_mint(second, 2));
    assert_true(is_quiet(IRQ));
    world_do(handler, METHOD_IRQ_HANDLER_ACKNOWLEDGE);
    world_irq(IRQ);
    assert_int_equal(pending(first), 1);
    assert_int_equal(pending(second), 2);
}

static void nothing_is_left_behind(void **state)
{
    (void)state;
    uint64_t notification = world_new(OBJECT_TYPE_NOTIFICATION, 0);
    uint64_t cleared = handler_new(IRQ, IRQ_TRIGGER_EDGE);
    uint64_t deleted = handler_new(IRQ + 1, IRQ_TRIGGER_EDGE);
    uint64_t orphan = handler_new(IRQ + 2, IRQ_TRIGGER_EDGE);
    const uint64_t handlers[] = {cleared, deleted, orphan};
    for (unsigned int i = 0; i < 3; i++) {
        world_do(handlers[i], METHOD_IRQ_HANDLER_SET_NOTIFICATION, notification);
        world_do(handlers[i], METHOD_IRQ_HANDLER_ACKNOWLEDGE);
        world_irq(IRQ + i);
    }
    world_do(cleared, METHOD_IRQ_HANDLER_CLEAR);
    assert_true(is_quiet(IRQ));
    world_do(WORLD_CNODE, METHOD_CNODE_DELETE, deleted);
    assert_true(is_quiet(IRQ + 1));
    world_do(WORLD_CNODE, METHOD_CNODE_DELETE, notification);
    assert_true(is_quiet(IRQ + 2));
    world_refused(SEL_ERROR_NOT_BOUND, world.init.tcb, orphan, METHOD_IRQ_HANDLER_ACKNOWLEDGE);
    world_irq(IRQ + 2);
}

static uint64_t bound_count(uint64_t notification)
{
    return ((struct notification *)world_object(notification))->irq_count;
}

/** Its end, and the walk over all interrupts that it costs, is for its own alone. */
static void a_dead_notification_leaves_those_of_others_bound(void **state)
{
    (void)state;
    uint64_t dying = world_new(OBJECT_TYPE_NOTIFICATION, 0);
    uint64_t other = world_new(OBJECT_TYPE_NOTIFICATION, 0);
    uint64_t handlers[] = {handler_new(IRQ, IRQ_TRIGGER_EDGE), handler_new(IRQ + 1, IRQ_TRIGGER_EDGE),
                           handler_new(IRQ + 2, IRQ_TRIGGER_EDGE)};
    for (unsigned int i = 0; i < 3; i++) {
        world_do(handlers[i], METHOD_IRQ_HANDLER_SET_NOTIFICATION, i == 1 ? other : dying);
        world_do(handlers[i], METHOD_IRQ_HANDLER_ACKNOWLEDGE);
    }
    assert_int_equal(bound_count(dying), 2);
    world_do(handlers[0], METHOD_IRQ_HANDLER_CLEAR);
    assert_int_equal(bound_count(dying), 1);
    uint64_t restarts = world.restart_count;
    world_do(WORLD_CNODE, METHOD_CNODE_DELETE, dying);
    assert_int_equal(world.restart_count, restarts); /* no interrupt waits for whose sake it would stop */
    assert_true(is_quiet(IRQ + 2));
    assert_int_equal(bound_count(other), 1);
    world_irq(IRQ + 1);
    assert_int_equal(pending(other), 1);
}

static void a_handler_is_given_once_and_again_when_it_is_gone(void **state)
{
    (void)state;
    uint64_t handler = handler_new(IRQ, IRQ_TRIGGER_LEVEL);
    world_refused(SEL_ERROR_BUSY, world.init.tcb, WORLD_IRQ_CONTROL, METHOD_IRQ_CONTROL_GET, IRQ, 0, WORLD_CNODE,
                  world_slots(1));
    uint64_t copy = world_copy(handler, SEL_RIGHT_READ);
    world_do(WORLD_CNODE, METHOD_CNODE_DELETE, handler);
    world_refused(SEL_ERROR_BUSY, world.init.tcb, WORLD_IRQ_CONTROL, METHOD_IRQ_CONTROL_GET, IRQ, 0, WORLD_CNODE,
                  world_slots(1));
    world_do(WORLD_CNODE, METHOD_CNODE_REVOKE, WORLD_IRQ_CONTROL);
    assert_true(slot_is_empty(world_slot(copy)));
    handler_new(IRQ, IRQ_TRIGGER_LEVEL);
}

static void refusals(void **state)
{
    (void)state;
    struct tcb *init = world.init.tcb;
    uint64_t free_slot = world_slots(1);
    uint64_t handler = handler_new(IRQ, IRQ_TRIGGER_LEVEL);
    uint64_t notification = world_new(OBJECT_TYPE_NOTIFICATION, 0);
    uint64_t control = WORLD_IRQ_CONTROL;
    world_refused(SEL_ERROR_OUT_OF_RANGE, init, control, METHOD_IRQ_CONTROL_GET, FAKE_IRQ_COUNT, 0, WORLD_CNODE,
                  free_slot);
    world_refused(SEL_ERROR_OUT_OF_RANGE, init, control, METHOD_IRQ_CONTROL_GET, 15, 0, WORLD_CNODE, free_slot);
    world_refused(SEL_ERROR_OUT_OF_RANGE, init, control, METHOD_IRQ_CONTROL_GET, IRQ + 1, 0, WORLD_CNODE, 0);
    world_refused(SEL_ERROR_DENIED, init, control, METHOD_IRQ_CONTROL_GET, FAKE_IRQ_TIMER, 0, WORLD_CNODE, free_slot);
    world_refused(SEL_ERROR_INVALID_ARGUMENT, init, control, METHOD_IRQ_CONTROL_GET, IRQ + 1, 2, WORLD_CNODE,
                  free_slot);
    world_refused(SEL_ERROR_SLOT_OCCUPIED, init, control, METHOD_IRQ_CONTROL_GET, IRQ + 1, 0, WORLD_CNODE, handler);
    world_refused(SEL_ERROR_WRONG_TYPE, init, control, METHOD_IRQ_CONTROL_GET, IRQ + 1, 0, notification, free_slot);
    world_refused(SEL_ERROR_INVALID_CAP, init, control, METHOD_IRQ_CONTROL_GET, IRQ + 1, 0, free_slot, free_slot);
    world_refused(SEL_ERROR_TOO_FEW_ARGUMENTS, init, control, METHOD_IRQ_CONTROL_GET, IRQ + 1, 0, WORLD_CNODE);
    world_refused(SEL_ERROR_INVALID_METHOD, init, control, METHOD_COUNT_IRQ_CONTROL + 1);
    world_refused(SEL_ERROR_NOT_BOUND, init, handler, METHOD_IRQ_HANDLER_ACKNOWLEDGE);
    world_refused(SEL_ERROR_NOT_BOUND, init, handler, METHOD_IRQ_HANDLER_CLEAR);
    world_refused(SEL_ERROR_RIGHTS, init, handler, METHOD_IRQ_HANDLER_SET_NOTIFICATION,
                  world_copy(notification, SEL_RIGHT_READ));
    world_refused(SEL_ERROR_WRONG_TYPE, init, handler, METHOD_IRQ_HANDLER_SET_NOTIFICATION, handler);
    world_refused(SEL_ERROR_INVALID_CAP, init, handler, METHOD_IRQ_HANDLER_SET_NOTIFICATION, free_slot);
    world_refused(SEL_ERROR_TOO_FEW_ARGUMENTS, init, handler, METHOD_IRQ_HANDLER_SET_NOTIFICATION);
    world_refused(SEL_ERROR_INVALID_METHOD, init, handler, METHOD_COUNT_IRQ_HANDLER + 1);
}

/** A line that nobody asked for, or that rises before its handler is bound: it must not come again and again. */
static void an_interrupt_without_a_handler_is_silenced(void **state)
{
    (void)state;
    fake.irq[IRQ].is_unmasked = true;
    world_irq(IRQ);
    assert_true(is_quiet(IRQ));
    assert_int_equal(fake.irq[IRQ].state, FAKE_IRQ_INACTIVE);
}

static void many_interrupts_at_once_all_arrive(void **state)
{
    (void)state;
    enum {
        COUNT = 40
    };
    uint64_t notification = world_new(OBJECT_TYPE_NOTIFICATION, 0);
    for (uint64_t i = 0; i < COUNT; i++) {
        uint64_t handler = handler_new(IRQ + i, IRQ_TRIGGER_EDGE);
        world_do(handler, METHOD_IRQ_HANDLER_SET_NOTIFICATION, world_mint(notification, 1ul << i));
        world_do(handler, METHOD_IRQ_HANDLER_ACKNOWLEDGE);
    }
    for (uint64_t i = 0; i < COUNT; i++) {
        fake_irq_raise(IRQ + i);
    }
    kernel_irq();
    assert_int_equal(pending(notification), 1); /* one entry serves one and no more (H9) */
    world_exit();
    assert_int_equal(pending(notification), (1ul << COUNT) - 1);
}

/** H9: what one entry serves is bounded; the next one comes at once for the rest, and without any nothing is served. */
static void one_interrupt_is_served_at_a_time(void **state)
{
    (void)state;
    uint64_t before = fake.acknowledge_count;
    for (uint64_t irq = 0; irq < 2; irq++) {
        fake_irq_raise(irq);
    }
    kernel_irq();
    assert_int_equal(fake.acknowledge_count - before, 1);
    kernel_irq();
    assert_int_equal(fake.acknowledge_count - before, 2);
    kernel_irq();
    assert_int_equal(fake.acknowledge_count - before, 2);
}

static void an_interrupt_wakes_its_driver_when_nobody_runs(void **state)
{
    (void)state;
    uint64_t notification = world_new(OBJECT_TYPE_NOTIFICATION, 0);
    uint64_t handler = handler_new(IRQ, IRQ_TRIGGER_EDGE);
    struct world_thread driver = world_thread_new(50);
    world_do(handler, METHOD_IRQ_HANDLER_SET_NOTIFICATION, world_mint(notification, 0x10));
    world_do(handler, METHOD_IRQ_HANDLER_ACKNOWLEDGE);
    assert_int_equal(world_wait(driver.tcb, notification), WORLD_BLOCKED);
    assert_int_equal(world_wait(world.init.tcb, world_new(OBJECT_TYPE_NOTIFICATION, 0)), WORLD_BLOCKED);
    assert_null(percpu()->current);
    fake.clock += 1000;
    world_irq(IRQ);
    assert_ptr_equal(percpu()->current, driver.tcb);
    assert_int_equal(world_status(driver.tcb), SEL_ERROR_OK);
    assert_int_equal(world_badge(driver.tcb), 0x10);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        world_test(the_first_acknowledge_unmasks),
        world_test(it_comes_again_only_after_acknowledge),
        world_test(rebinding_masks_and_deactivates),
        world_test(nothing_is_left_behind),
        world_test(a_dead_notification_leaves_those_of_others_bound),
        world_test(a_handler_is_given_once_and_again_when_it_is_gone),
        world_test(refusals),
        world_test(an_interrupt_without_a_handler_is_silenced),
        world_test(many_interrupts_at_once_all_arrive),
        world_test(one_interrupt_is_served_at_a_time),
        world_test(an_interrupt_wakes_its_driver_when_nobody_runs),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
