/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * H5: the death of an Endpoint or a Notification wakes everyone queued on it with PEER_DIED, through all preemptions.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "test/unit/kernel/harness/world.h"

#define COUNT 12

static struct world_thread thread[COUNT];

static void all_woke_with_peer_died(void)
{
    for (unsigned int i = 0; i < COUNT; i++) {
        assert_int_equal(thread[i].tcb->state, THREAD_READY);
        assert_int_equal(world_status(thread[i].tcb), SEL_ERROR_PEER_DIED);
        assert_true(world_is_runnable(thread[i].tcb));
    }
}

static void threads_new(void)
{
    for (unsigned int i = 0; i < COUNT; i++) {
        thread[i] = world_thread_new((uint8_t)(80 + i % 3));
    }
}

static void senders_wake(void **state)
{
    (void)state;
    uint64_t endpoint = world_new(OBJECT_TYPE_ENDPOINT, 0);
    threads_new();
    for (unsigned int i = 0; i < COUNT; i++) {
        uint64_t status = i % 2 == 0 ? world_send(thread[i].tcb, endpoint, 1, 0, 0)
                                     : world_ipc_call(thread[i].tcb, endpoint, 1, 0, 0);
        assert_int_equal(status, WORLD_BLOCKED);
    }
    fake.preempt_after = 3;
    world_do(WORLD_CNODE, METHOD_CNODE_DELETE, endpoint);
    all_woke_with_peer_died();
}

static void receivers_wake(void **state)
{
    (void)state;
    uint64_t endpoint = world_new(OBJECT_TYPE_ENDPOINT, 0);
    threads_new();
    for (unsigned int i = 0; i < COUNT; i++) {
        assert_int_equal(world_recv(thread[i].tcb, endpoint, 0), WORLD_BLOCKED);
    }
    world_do(WORLD_CNODE, METHOD_CNODE_DELETE, endpoint);
    all_woke_with_peer_died();
}

static void waiters_wake(void **state)
{
    (void)state;
    uint64_t notification = world_new(OBJECT_TYPE_NOTIFICATION, 0);
    threads_new();
    for (unsigned int i = 0; i < COUNT; i++) {
        assert_int_equal(world_wait(thread[i].tcb, notification), WORLD_BLOCKED);
    }
    world_do(WORLD_CNODE, METHOD_CNODE_DELETE, notification);
    all_woke_with_peer_died();
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        world_test(senders_wake),
        world_test(receivers_wake),
        world_test(waiters_wake),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
