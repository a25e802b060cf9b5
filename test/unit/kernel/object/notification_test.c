/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Notification: bits, waiters in order, passive waiters (H2), bound threads, lent contexts.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "kernel/object/cap.h"
#include "test/unit/kernel/harness/world.h"

static struct notification *notification_new(uint64_t *slot)
{
    *slot = world_new(OBJECT_TYPE_NOTIFICATION, 0);
    return world_object(*slot);
}

static void bits_accumulate_until_taken(void **state)
{
    (void)state;
    uint64_t slot;
    struct notification *notification = notification_new(&slot);
    struct tcb *init = world.init.tcb;
    assert_int_equal(world_signal(init, world_mint(slot, 4)), SEL_ERROR_OK);
    assert_int_equal(world_signal(init, world_mint(slot, 0x8000000000000000)), SEL_ERROR_OK);
    assert_int_equal(world_signal(init, slot), SEL_ERROR_OK);
    assert_int_equal(world_poll(init, slot), SEL_ERROR_OK);
    assert_int_equal(world_badge(init), 0x8000000000000005);
    assert_int_equal(notification->pending, 0);
    assert_int_equal(world_signal(init, slot), SEL_ERROR_OK);
    assert_int_equal(world_wait(init, slot), SEL_ERROR_OK);
    assert_int_equal(world_badge(init), 1);
}

static void one_signal_wakes_one_waiter_by_priority(void **state)
{
    (void)state;
    uint64_t slot;
    notification_new(&slot);
    static const uint8_t priority[] = {10, 12, 11, 12};
    static const unsigned int order[] = {1, 3, 2, 0};
    struct world_thread thread[4];
    for (unsigned int i = 0; i < 4; i++) {
        thread[i] = world_thread_new(priority[i]);
        assert_int_equal(world_wait(thread[i].tcb, slot), WORLD_BLOCKED);
    }
    for (unsigned int i = 0; i < 4; i++) {
        assert_int_equal(world_signal(world.init.tcb, world_mint(slot, i + 1)), SEL_ERROR_OK);
        assert_int_equal(thread[order[i]].tcb->state, THREAD_READY);
        assert_int_equal(world_badge(thread[order[i]].tcb), i + 1);
    }
}

static void a_passive_waiter_keeps_nobody_from_waking(void **state)
{
    (void)state;
    uint64_t slot;
    struct notification *notification = notification_new(&slot);
    struct world_thread passive = world_thread_new(30);
    struct world_thread active = world_thread_new(10);
    assert_int_equal(world_wait(passive.tcb, slot), WORLD_BLOCKED);
    world_do(passive.context_slot, METHOD_SCHED_CONTEXT_UNBIND);
    assert_int_equal(world_wait(active.tcb, slot), WORLD_BLOCKED);
    assert_int_equal(world_signal(world.init.tcb, slot), SEL_ERROR_OK);
    assert_int_equal(active.tcb->state, THREAD_READY);
    assert_int_equal(world_signal(world.init.tcb, slot), SEL_ERROR_OK);
    assert_int_equal(passive.tcb->state, THREAD_WAIT);
    assert_int_equal(notification->pending, 1);
    world_do(passive.context_slot, METHOD_SCHED_CONTEXT_BIND, passive.tcb_slot);
    assert_int_equal(passive.tcb->state, THREAD_READY);
    assert_int_equal(world_badge(passive.tcb), 1);
    assert_int_equal(notification->pending, 0);
}

static void a_lent_context_goes_from_waiter_to_waiter(void **state)
{
    (void)state;
    uint64_t slot;
    struct notification *notification = notification_new(&slot);
    uint64_t context_slot = world_context_new(10000000, 10000000);
    struct sched_context *context = world_object(context_slot);
    struct world_thread thread[2] = {world_thread_new(30), world_thread_new(20)};
    for (unsigned int i = 0; i < 2; i++) {
        assert_int_equal(world_wait(thread[i].tcb, slot), WORLD_BLOCKED);
        world_do(thread[i].context_slot, METHOD_SCHED_CONTEXT_UNBIND);
    }
    world_do(context_slot, METHOD_SCHED_CONTEXT_BIND, slot);
    assert_int_equal(world_signal(world.init.tcb, world_mint(slot, 2)), SEL_ERROR_OK);
    assert_ptr_equal(context->thread, thread[0].tcb);
    assert_int_equal(world_signal(world.init.tcb, world_mint(slot, 4)), SEL_ERROR_OK);
    assert_int_equal(notification->pending, 4);
    assert_int_equal(world_wait(thread[0].tcb, slot), SEL_ERROR_OK);
    assert_int_equal(world_badge(thread[0].tcb), 4);
    assert_ptr_equal(context->thread, thread[0].tcb);
    assert_int_equal(world_wait(thread[0].tcb, slot), WORLD_BLOCKED);
    assert_null(context->thread);
    assert_int_equal(world_signal(world.init.tcb, world_mint(slot, 8)), SEL_ERROR_OK);
    assert_ptr_equal(context->thread, thread[0].tcb);
    assert_int_equal(thread[1].tcb->state, THREAD_WAIT);
}

static void a_bound_thread_gets_signals_in_recv(void **state)
{
    (void)state;
    uint64_t slot;
    notification_new(&slot);
    uint64_t endpoint = world_new(OBJECT_TYPE_ENDPOINT, 0);
    uint64_t reply = world_new(OBJECT_TYPE_REPLY, 0);
    struct world_thread thread = world_thread_new(20);
    world_do(thread.tcb_slot, METHOD_TCB_BIND_NOTIFICATION, slot);
    assert_int_equal(world_recv(thread.tcb, endpoint, reply), WORLD_BLOCKED);
    assert_int_equal(world_signal(world.init.tcb, world_mint(slot, 6)), SEL_ERROR_OK);
    assert_int_equal(thread.tcb->state, THREAD_READY);
    assert_int_equal(world_tag(thread.tcb), TAG_NOTIFICATION);
    assert_int_equal(world_badge(thread.tcb), 6);
    for (uint64_t i = 0; i < 8; i++) {
        assert_int_equal(world_word(thread.tcb, i), 0);
    }
    assert_null(((struct reply *)world_object(reply))->server);
    assert_int_equal(world_signal(world.init.tcb, world_mint(slot, 8)), SEL_ERROR_OK);
    assert_int_equal(world_nb_recv(thread.tcb, endpoint, reply), SEL_ERROR_OK);
    assert_int_equal(world_badge(thread.tcb), 8);
    assert_int_equal(world_nb_recv(thread.tcb, endpoint, reply), SEL_ERROR_WOULD_BLOCK);
}

static void a_signal_before_the_binding_arrives_with_it(void **state)
{
    (void)state;
    uint64_t slot;
    notification_new(&slot);
    struct world_thread thread = world_thread_new(20);
    assert_int_equal(world_recv(thread.tcb, world_new(OBJECT_TYPE_ENDPOINT, 0), 0), WORLD_BLOCKED);
    assert_int_equal(world_signal(world.init.tcb, world_mint(slot, 6)), SEL_ERROR_OK);
    world_do(thread.tcb_slot, METHOD_TCB_BIND_NOTIFICATION, slot);
    assert_int_equal(thread.tcb->state, THREAD_READY);
    assert_int_equal(world_badge(thread.tcb), 6);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        world_test(bits_accumulate_until_taken),
        world_test(one_signal_wakes_one_waiter_by_priority),
        world_test(a_passive_waiter_keeps_nobody_from_waking),
        world_test(a_lent_context_goes_from_waiter_to_waiter),
        world_test(a_bound_thread_gets_signals_in_recv),
        world_test(a_signal_before_the_binding_arrives_with_it),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
