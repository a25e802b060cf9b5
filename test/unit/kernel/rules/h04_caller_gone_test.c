/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * H4: a reply whose caller is gone is no error that stops the server: ReplyRecv goes on to receive and reports PEER_DIED in the reply status;
 * Send on the Reply returns PEER_DIED.
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

/** The server has taken a call whose client is gone since. */
static struct pair orphaned_new(void)
{
    struct pair pair = {.endpoint = world_new(OBJECT_TYPE_ENDPOINT, 0), .reply = world_new(OBJECT_TYPE_REPLY, 0)};
    pair.server = world_thread_new(90);
    pair.client = world_thread_new(110);
    assert_int_equal(world_recv(pair.server.tcb, pair.endpoint, pair.reply), WORLD_BLOCKED);
    assert_int_equal(world_ipc_call(pair.client.tcb, pair.endpoint, 5, 0, 0), WORLD_BLOCKED);
    world_do(WORLD_CNODE, METHOD_CNODE_DELETE, pair.client.tcb_slot);
    return pair;
}

static void reply_recv_goes_on_to_receive(void **state)
{
    (void)state;
    struct pair pair = orphaned_new();
    assert_int_equal(world_reply_recv(pair.server.tcb, pair.endpoint, pair.reply, 0, 1, 7), WORLD_BLOCKED);
    assert_int_equal(pair.server.tcb->state, THREAD_RECV);
    struct world_thread next = world_thread_new(110);
    assert_int_equal(world_ipc_call(next.tcb, pair.endpoint, 6, 1, 0x55), WORLD_BLOCKED);
    assert_int_equal(world_status(pair.server.tcb), SEL_ERROR_OK);
    assert_int_equal(tag_label(world_tag(pair.server.tcb)), 6);
    assert_int_equal(world_reply_status(pair.server.tcb), SEL_ERROR_PEER_DIED);
}

static void reply_recv_takes_the_next_caller(void **state)
{
    (void)state;
    struct pair pair = orphaned_new();
    struct world_thread next = world_thread_new(110);
    assert_int_equal(world_ipc_call(next.tcb, pair.endpoint, 6, 1, 0x55), WORLD_BLOCKED);
    assert_int_equal(world_reply_recv(pair.server.tcb, pair.endpoint, pair.reply, 0, 1, 7), SEL_ERROR_OK);
    assert_int_equal(world_word(pair.server.tcb, 0), 0x55);
    assert_int_equal(world_reply_status(pair.server.tcb), SEL_ERROR_PEER_DIED);
    assert_int_equal(next.tcb->state, THREAD_REPLY);
}

static void send_on_the_reply_says_peer_died(void **state)
{
    (void)state;
    struct pair pair = orphaned_new();
    struct world_call call = {.cap = pair.reply, .tag = tag_make(0, 0, 0)};
    world_syscall_refused(pair.server.tcb, SYSCALL_SEND, call, SEL_ERROR_PEER_DIED);
    world_syscall_refused(pair.server.tcb, SYSCALL_NB_SEND, call, SEL_ERROR_PEER_DIED);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        world_test(reply_recv_goes_on_to_receive),
        world_test(reply_recv_takes_the_next_caller),
        world_test(send_on_the_reply_says_peer_died),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
