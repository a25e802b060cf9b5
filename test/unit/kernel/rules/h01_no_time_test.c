/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * H1: Send or NBSend to a waiting receiver without time returns NO_TIME at once, and the receiver goes on waiting.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "test/unit/kernel/harness/world.h"

static void send_to_a_passive_receiver_is_refused(void **state)
{
    (void)state;
    uint64_t endpoint = world_new(OBJECT_TYPE_ENDPOINT, 0);
    struct world_thread server = world_server_new(150, endpoint, world_new(OBJECT_TYPE_REPLY, 0));
    struct world_call call = {.cap = endpoint, .tag = tag_make(1, 0, 0)};
    world_syscall_refused(world.init.tcb, SYSCALL_SEND, call, SEL_ERROR_NO_TIME);
    world_syscall_refused(world.init.tcb, SYSCALL_NB_SEND, call, SEL_ERROR_NO_TIME);
    assert_int_equal(server.tcb->state, THREAD_RECV);
    assert_ptr_equal(server.tcb->blocked_on, world_object(endpoint));
}

/** The sender was first: it learns at the Recv that nobody with time will take its message. */
static void a_passive_receiver_refuses_who_waited_before_it(void **state)
{
    (void)state;
    uint64_t endpoint = world_new(OBJECT_TYPE_ENDPOINT, 0);
    uint64_t notification = world_new(OBJECT_TYPE_NOTIFICATION, 0);
    uint64_t context = world_context_new(1000000, 10000000);
    struct world_thread server = world_waiter_new(150, notification);
    struct world_thread sender = world_thread_new(120);
    world_do(context, METHOD_SCHED_CONTEXT_BIND, notification);
    assert_int_equal(world_send(sender.tcb, endpoint, 1, 0, 0), WORLD_BLOCKED);
    assert_int_equal(world_signal(world.init.tcb, world_mint(notification, 1)), SEL_ERROR_OK);
    assert_ptr_equal(percpu()->current, server.tcb);
    assert_int_equal(world_recv(server.tcb, endpoint, 0), WORLD_BLOCKED);
    assert_int_equal(sender.tcb->state, THREAD_READY);
    assert_int_equal(world_status(sender.tcb), SEL_ERROR_NO_TIME);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        world_test(send_to_a_passive_receiver_is_refused),
        world_test(a_passive_receiver_refuses_who_waited_before_it),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
