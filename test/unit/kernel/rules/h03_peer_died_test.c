/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * H3: a thread blocked on a reply wakes with PEER_DIED when the Reply object or the server dies.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "test/unit/kernel/harness/world.h"

struct pair {
    struct world_thread client;
    struct world_thread server;
    uint64_t endpoint;
    uint64_t reply;
};

/** The client's call has been taken by the server. */
static struct pair called_new(void)
{
    struct pair pair = {.endpoint = world_new(OBJECT_TYPE_ENDPOINT, 0), .reply = world_new(OBJECT_TYPE_REPLY, 0)};
    pair.server = world_thread_new(90);
    pair.client = world_thread_new(110);
    assert_int_equal(world_recv(pair.server.tcb, pair.endpoint, pair.reply), WORLD_BLOCKED);
    assert_int_equal(world_ipc_call(pair.client.tcb, pair.endpoint, 5, 0, 0), WORLD_BLOCKED);
    assert_int_equal(pair.client.tcb->state, THREAD_REPLY);
    return pair;
}

static void client_woke_with_peer_died(const struct pair *pair)
{
    assert_int_equal(pair->client.tcb->state, THREAD_READY);
    assert_true(world_is_runnable(pair->client.tcb));
    assert_int_equal(world_status(pair->client.tcb), SEL_ERROR_PEER_DIED);
}

static void the_reply_object_dies(void **state)
{
    (void)state;
    struct pair pair = called_new();
    world_do(WORLD_CNODE, METHOD_CNODE_DELETE, pair.reply);
    client_woke_with_peer_died(&pair);
}

static void the_server_dies(void **state)
{
    (void)state;
    struct pair pair = called_new();
    world_do(WORLD_CNODE, METHOD_CNODE_DELETE, pair.server.tcb_slot);
    client_woke_with_peer_died(&pair);
}

static void the_server_dies_before_a_queued_call_is_taken(void **state)
{
    (void)state;
    struct pair pair = called_new();
    struct world_thread second = world_thread_new(110);
    assert_int_equal(world_ipc_call(second.tcb, pair.endpoint, 5, 0, 0), WORLD_BLOCKED);
    world_do(WORLD_CNODE, METHOD_CNODE_DELETE, pair.server.tcb_slot);
    client_woke_with_peer_died(&pair);
    assert_int_equal(second.tcb->state, THREAD_SEND);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        world_test(the_reply_object_dies),
        world_test(the_server_dies),
        world_test(the_server_dies_before_a_queued_call_is_taken),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
