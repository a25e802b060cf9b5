/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * H7: Recv with a Reply object that still holds a caller returns BUSY; no caller is silently dropped.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "test/unit/kernel/harness/world.h"

static void a_reply_that_holds_a_caller_is_busy(void **state)
{
    (void)state;
    uint64_t endpoint = world_new(OBJECT_TYPE_ENDPOINT, 0);
    uint64_t reply = world_new(OBJECT_TYPE_REPLY, 0);
    struct world_thread server = world_thread_new(150);
    struct world_thread client = world_thread_new(110);
    assert_int_equal(world_recv(server.tcb, endpoint, reply), WORLD_BLOCKED);
    assert_int_equal(world_ipc_call(client.tcb, endpoint, 1, 0, 0), WORLD_BLOCKED);
    world_syscall_refused(server.tcb, SYSCALL_RECV, (struct world_call){.cap = endpoint, .reply = reply},
                          SEL_ERROR_BUSY);
    world_syscall_refused(server.tcb, SYSCALL_NB_RECV, (struct world_call){.cap = endpoint, .reply = reply},
                          SEL_ERROR_BUSY);
    assert_int_equal(client.tcb->state, THREAD_REPLY);
    assert_int_equal(world_reply_recv(server.tcb, endpoint, reply, 9, 0, 0), WORLD_BLOCKED);
    assert_int_equal(world_status(client.tcb), SEL_ERROR_OK);
    assert_int_equal(tag_label(world_tag(client.tcb)), 9);
}

static void a_reply_that_another_offers_is_busy(void **state)
{
    (void)state;
    uint64_t endpoint = world_new(OBJECT_TYPE_ENDPOINT, 0);
    uint64_t reply = world_new(OBJECT_TYPE_REPLY, 0);
    struct world_thread first = world_thread_new(150);
    struct world_thread second = world_thread_new(150);
    assert_int_equal(world_recv(first.tcb, endpoint, reply), WORLD_BLOCKED);
    world_syscall_refused(second.tcb, SYSCALL_RECV, (struct world_call){.cap = endpoint, .reply = reply},
                          SEL_ERROR_BUSY);
    assert_int_equal(first.tcb->state, THREAD_RECV);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        world_test(a_reply_that_holds_a_caller_is_busy),
        world_test(a_reply_that_another_offers_is_busy),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
