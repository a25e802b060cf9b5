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

#define COUNT 200

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

int main(void)
{
    const struct CMUnitTest tests[] = {
        world_test(revoke_is_preempted_and_finishes),
        world_test(retype_is_preempted_and_finishes),
        world_test(deleting_a_full_cnode_is_preempted_and_finishes),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
