/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * H6: a context comes home when any link of its call chain dies; while a live server still runs on it, when that server answers or
 * waits.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "test/unit/kernel/harness/world.h"

struct link {
    struct world_thread server;
    uint64_t endpoint;
    uint64_t reply;
};

static struct link link_new(uint8_t priority)
{
    struct link link = {.endpoint = world_new(OBJECT_TYPE_ENDPOINT, 0), .reply = world_new(OBJECT_TYPE_REPLY, 0)};
    link.server = world_server_new(priority, link.endpoint, link.reply);
    return link;
}

static void the_server_dies_and_the_context_is_home(void **state)
{
    (void)state;
    struct link link = link_new(150);
    struct world_thread client = world_thread_new(110);
    assert_int_equal(world_ipc_call(client.tcb, link.endpoint, 1, 0, 0), WORLD_BLOCKED);
    assert_ptr_equal(link.server.tcb->context, client.context);
    world_do(WORLD_CNODE, METHOD_CNODE_DELETE, link.server.tcb_slot);
    assert_int_equal(world_status(client.tcb), SEL_ERROR_PEER_DIED);
    assert_ptr_equal(client.tcb->context, client.context);
    assert_ptr_equal(percpu()->current, client.tcb);
}

static void the_callers_context_comes_back_when_the_server_waits(void **state)
{
    (void)state;
    struct link link = link_new(150);
    struct world_thread client = world_thread_new(110);
    assert_int_equal(world_ipc_call(client.tcb, link.endpoint, 1, 0, 0), WORLD_BLOCKED);
    world_do(client.tcb_slot, METHOD_TCB_SUSPEND);
    world_do(client.tcb_slot, METHOD_TCB_RESUME);
    assert_ptr_equal(link.server.tcb->context, client.context);
    assert_false(world_is_runnable(client.tcb));
    assert_int_equal(world_reply_recv(link.server.tcb, link.endpoint, link.reply, 0, 0, 0), WORLD_BLOCKED);
    assert_null(link.server.tcb->context);
    assert_ptr_equal(client.tcb->context, client.context);
    assert_ptr_equal(percpu()->current, client.tcb);
    assert_int_equal(world_status(client.tcb), SEL_ERROR_CANCELLED);
}

static void the_middle_of_a_chain_dies(void **state)
{
    (void)state;
    struct link first = link_new(150);
    struct link second = link_new(160);
    struct world_thread client = world_thread_new(110);
    assert_int_equal(world_ipc_call(client.tcb, first.endpoint, 1, 0, 0), WORLD_BLOCKED);
    assert_int_equal(world_ipc_call(first.server.tcb, second.endpoint, 1, 0, 0), WORLD_BLOCKED);
    assert_ptr_equal(second.server.tcb->context, client.context);
    world_do(WORLD_CNODE, METHOD_CNODE_DELETE, first.server.tcb_slot);
    assert_int_equal(client.tcb->state, THREAD_READY);
    assert_int_equal(world_status(client.tcb), SEL_ERROR_PEER_DIED);
    assert_int_equal(world_reply_recv(second.server.tcb, second.endpoint, second.reply, 0, 0, 0), WORLD_BLOCKED);
    assert_ptr_equal(client.tcb->context, client.context);
    assert_ptr_equal(percpu()->current, client.tcb);
}

/** A Notification woke the thread; its own call goes to a server that dies: the thread runs on with what it was lent. */
static void a_lent_context_comes_back_to_whom_it_was_lent(void **state)
{
    (void)state;
    uint64_t notification = world_new(OBJECT_TYPE_NOTIFICATION, 0);
    uint64_t context = world_context_new(1000000, 10000000);
    struct link link = link_new(160);
    struct world_thread waiter = world_waiter_new(150, notification);
    world_do(context, METHOD_SCHED_CONTEXT_BIND, notification);
    assert_int_equal(world_signal(world.init.tcb, world_mint(notification, 1)), SEL_ERROR_OK);
    assert_ptr_equal(percpu()->current, waiter.tcb);
    assert_int_equal(world_ipc_call(waiter.tcb, link.endpoint, 1, 0, 0), WORLD_BLOCKED);
    assert_ptr_equal(link.server.tcb->context, world_object(context));
    world_do(WORLD_CNODE, METHOD_CNODE_DELETE, link.server.tcb_slot);
    assert_ptr_equal(percpu()->current, waiter.tcb);
    assert_int_equal(world_status(waiter.tcb), SEL_ERROR_PEER_DIED);
    assert_int_equal(world_wait(waiter.tcb, notification), WORLD_BLOCKED);
    assert_null(((struct sched_context *)world_object(context))->thread);
}

/** The server has taken another call on the time of the first one, whose caller goes: it answers, waits for nothing, and has no time left. */
static void the_callers_context_comes_back_when_the_server_answers_another(void **state)
{
    (void)state;
    struct link link = link_new(150);
    struct world_thread client = world_thread_new(110);
    struct world_thread other = world_thread_new(105);
    uint64_t reply = world_new(OBJECT_TYPE_REPLY, 0);
    assert_int_equal(world_ipc_call(client.tcb, link.endpoint, 1, 0, 0), WORLD_BLOCKED);
    assert_int_equal(world_ipc_call(other.tcb, link.endpoint, 1, 0, 0), WORLD_BLOCKED);
    assert_int_equal(world_recv(link.server.tcb, link.endpoint, reply), SEL_ERROR_OK);
    world_do(client.tcb_slot, METHOD_TCB_SUSPEND);
    world_do(client.tcb_slot, METHOD_TCB_RESUME);
    assert_ptr_equal(link.server.tcb->context, client.context);
    assert_int_equal(world_send(link.server.tcb, reply, 0, 0, 0), SEL_ERROR_OK);
    assert_int_equal(world_status(other.tcb), SEL_ERROR_OK);
    assert_null(link.server.tcb->context);
    assert_ptr_equal(client.tcb->context, client.context);
    assert_ptr_equal(percpu()->current, client.tcb);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        world_test(the_server_dies_and_the_context_is_home),
        world_test(the_callers_context_comes_back_when_the_server_waits),
        world_test(the_middle_of_a_chain_dies),
        world_test(a_lent_context_comes_back_to_whom_it_was_lent),
        world_test(the_callers_context_comes_back_when_the_server_answers_another),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
