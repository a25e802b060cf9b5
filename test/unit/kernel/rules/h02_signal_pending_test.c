/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * H2: a Signal to a waiting thread without time, where the Notification lends none, stays pending until the thread can run.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "test/unit/kernel/harness/world.h"

static void a_signal_to_a_passive_waiter_stays_pending(void **state)
{
    (void)state;
    uint64_t notification = world_new(OBJECT_TYPE_NOTIFICATION, 0);
    struct world_thread waiter = world_waiter_new(150, notification);
    assert_int_equal(world_signal(world.init.tcb, world_mint(notification, 4)), SEL_ERROR_OK);
    assert_int_equal(waiter.tcb->state, THREAD_WAIT);
    assert_int_equal(((struct notification *)world_object(notification))->pending, 4);
    world_do(waiter.context_slot, METHOD_SCHED_CONTEXT_BIND, waiter.tcb_slot);
    assert_ptr_equal(percpu()->current, waiter.tcb);
    assert_int_equal(world_status(waiter.tcb), SEL_ERROR_OK);
    assert_int_equal(world_badge(waiter.tcb), 4);
    assert_int_equal(((struct notification *)world_object(notification))->pending, 0);
}

static void a_signal_to_a_passive_receivers_notification_stays_pending(void **state)
{
    (void)state;
    uint64_t notification = world_new(OBJECT_TYPE_NOTIFICATION, 0);
    uint64_t endpoint = world_new(OBJECT_TYPE_ENDPOINT, 0);
    struct world_thread server = world_server_new(150, endpoint, world_new(OBJECT_TYPE_REPLY, 0));
    world_do(server.tcb_slot, METHOD_TCB_BIND_NOTIFICATION, notification);
    assert_int_equal(world_signal(world.init.tcb, world_mint(notification, 4)), SEL_ERROR_OK);
    assert_int_equal(server.tcb->state, THREAD_RECV);
    assert_int_equal(((struct notification *)world_object(notification))->pending, 4);
    world_do(server.context_slot, METHOD_SCHED_CONTEXT_BIND, server.tcb_slot);
    assert_ptr_equal(percpu()->current, server.tcb);
    assert_int_equal(world_tag(server.tcb) & TAG_NOTIFICATION, TAG_NOTIFICATION);
    assert_int_equal(world_badge(server.tcb), 4);
}

/** The bound thread answers, and its time goes with the answer: it would take the bits and have none to do anything about them. */
static void a_signal_to_a_passive_server_that_answers_stays_pending(void **state)
{
    (void)state;
    uint64_t notification = world_new(OBJECT_TYPE_NOTIFICATION, 0);
    uint64_t endpoint = world_new(OBJECT_TYPE_ENDPOINT, 0);
    uint64_t reply = world_new(OBJECT_TYPE_REPLY, 0);
    struct world_thread server = world_server_new(150, endpoint, reply);
    struct world_thread client = world_thread_new(110);
    world_do(server.tcb_slot, METHOD_TCB_BIND_NOTIFICATION, notification);
    assert_int_equal(world_ipc_call(client.tcb, endpoint, 1, 0, 0), WORLD_BLOCKED);
    assert_int_equal(world_signal(server.tcb, world_mint(notification, 4)), SEL_ERROR_OK);
    assert_int_equal(world_reply_recv(server.tcb, endpoint, reply, 0, 0, 0), WORLD_BLOCKED);
    assert_int_equal(server.tcb->state, THREAD_RECV);
    assert_int_equal(((struct notification *)world_object(notification))->pending, 4);
    assert_ptr_equal(percpu()->current, client.tcb);
    world_do(server.context_slot, METHOD_SCHED_CONTEXT_BIND, server.tcb_slot);
    assert_ptr_equal(percpu()->current, server.tcb);
    assert_int_equal(world_badge(server.tcb), 4);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        world_test(a_signal_to_a_passive_waiter_stays_pending),
        world_test(a_signal_to_a_passive_receivers_notification_stays_pending),
        world_test(a_signal_to_a_passive_server_that_answers_stays_pending),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
