/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * H10: a server that loses its context while it serves a call answers its caller PEER_DIED when it is stopped, and is given the next
 * caller's context when it receives again.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "test/unit/kernel/harness/world.h"

struct scene {
    struct world_thread server;
    struct world_thread client;
    uint64_t endpoint;
    uint64_t reply;
};

/** The server serves a call on the client's context, which is then deleted: nobody can run. */
static struct scene lost_new(void)
{
    struct scene scene = {.endpoint = world_new(OBJECT_TYPE_ENDPOINT, 0), .reply = world_new(OBJECT_TYPE_REPLY, 0)};
    scene.server = world_server_new(150, scene.endpoint, scene.reply);
    scene.client = world_thread_new(110);
    assert_int_equal(world_ipc_call(scene.client.tcb, scene.endpoint, 1, 0, 0), WORLD_BLOCKED);
    assert_ptr_equal(percpu()->current, scene.server.tcb);
    world_do(WORLD_CNODE, METHOD_CNODE_DELETE, scene.client.context_slot);
    assert_null(scene.server.tcb->context);
    assert_ptr_equal(percpu()->current, world.init.tcb);
    return scene;
}

static void a_stopped_server_answers_its_caller(void **state)
{
    (void)state;
    struct scene scene = lost_new();
    world_do(scene.server.tcb_slot, METHOD_TCB_SUSPEND);
    assert_int_equal(scene.client.tcb->state, THREAD_READY);
    assert_int_equal(world_status(scene.client.tcb), SEL_ERROR_PEER_DIED);
    uint64_t context = world_context_new(1000000, 1000000);
    world_do(context, METHOD_SCHED_CONTEXT_BIND, scene.client.tcb_slot);
    assert_ptr_equal(percpu()->current, scene.client.tcb);
}

static void the_server_serves_the_next_caller(void **state)
{
    (void)state;
    struct scene scene = lost_new();
    world_do(scene.server.tcb_slot, METHOD_TCB_SUSPEND);
    world_do(scene.server.context_slot, METHOD_SCHED_CONTEXT_BIND, scene.server.tcb_slot);
    world_do(scene.server.tcb_slot, METHOD_TCB_RESUME);
    assert_int_equal(world_recv(scene.server.tcb, scene.endpoint, scene.reply), WORLD_BLOCKED);
    world_do(scene.server.context_slot, METHOD_SCHED_CONTEXT_UNBIND);
    struct world_thread next = world_thread_new(110);
    assert_int_equal(world_ipc_call(next.tcb, scene.endpoint, 2, 0, 0), WORLD_BLOCKED);
    assert_ptr_equal(percpu()->current, scene.server.tcb);
    assert_ptr_equal(scene.server.tcb->context, next.context);
    assert_int_equal(tag_label(world_tag(scene.server.tcb)), 2);
}

/** A server that starts on a context of its own takes its first call on that; made passive in the middle, it goes on with the caller's. */
static void a_server_made_passive_goes_on_with_its_callers_time(void **state)
{
    (void)state;
    uint64_t endpoint = world_new(OBJECT_TYPE_ENDPOINT, 0);
    uint64_t reply = world_new(OBJECT_TYPE_REPLY, 0);
    struct world_thread server = world_thread_new(100);
    struct world_thread client = world_thread_new(110);
    assert_int_equal(world_ipc_call(client.tcb, endpoint, 1, 0, 0), WORLD_BLOCKED);
    assert_int_equal(world_recv(server.tcb, endpoint, reply), SEL_ERROR_OK);
    assert_ptr_equal(server.tcb->context, server.context);
    assert_ptr_equal(client.tcb->context, client.context);
    world_do(server.context_slot, METHOD_SCHED_CONTEXT_UNBIND);
    assert_ptr_equal(server.tcb->context, client.context);
    assert_null(client.tcb->context);
    struct world_call answer = {.cap = reply, .tag = tag_make(3, 0, 0)};
    assert_int_equal(world_syscall(server.tcb, SYSCALL_SEND, answer), SEL_ERROR_OK);
    assert_ptr_equal(client.tcb->context, client.context);
    assert_null(server.tcb->context);
    assert_int_equal(world_status(client.tcb), SEL_ERROR_OK);
    assert_int_equal(tag_label(world_tag(client.tcb)), 3);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        world_test(a_stopped_server_answers_its_caller),
        world_test(the_server_serves_the_next_caller),
        world_test(a_server_made_passive_goes_on_with_its_callers_time),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
