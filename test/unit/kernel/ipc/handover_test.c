/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * The shortcut of a Call or fault to a lone passive server, and of its answer (ipc/handover.c): what it leaves behind, and that each
 * thing that stands in its way changes the way and not the outcome.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "kernel/object/cap.h"
#include "test/unit/kernel/harness/world.h"

#define SERVER_PRIORITY 150
#define CLIENT_PRIORITY 110

struct scene {
    uint64_t endpoint;
    uint64_t reply;
    struct world_thread server; /* passive, waits */
    struct world_thread client; /* above world.init: nobody is before it */
};

static struct scene scene_new(void)
{
    struct scene scene = {.endpoint = world_new(OBJECT_TYPE_ENDPOINT, 0), .reply = world_new(OBJECT_TYPE_REPLY, 0)};
    scene.server = world_server_new(SERVER_PRIORITY, scene.endpoint, scene.reply);
    scene.client = world_thread_new(CLIENT_PRIORITY);
    return scene;
}

static void call(const struct scene *scene, const struct world_thread *client, uint64_t word)
{
    assert_int_equal(world_ipc_call(client->tcb, scene->endpoint, 3, 1, word), WORLD_BLOCKED);
}

static uint64_t answer(const struct scene *scene, uint64_t reply, uint64_t word)
{
    return world_reply_recv(scene->server.tcb, scene->endpoint, reply, 4, 1, word);
}

/** The server runs on the client's time and has its message. */
static void assert_served(const struct scene *scene, const struct world_thread *client, uint64_t word)
{
    assert_ptr_equal(percpu()->current, scene->server.tcb);
    assert_ptr_equal(scene->server.tcb->context, client->context);
    assert_int_equal(world_tag(scene->server.tcb), tag_make(3, 1, 0));
    assert_int_equal(world_word(scene->server.tcb, 0), word);
    assert_int_equal(client->tcb->state, THREAD_REPLY);
}

static void assert_answered(const struct world_thread *client, uint64_t word)
{
    assert_int_equal(client->tcb->state, THREAD_READY);
    assert_ptr_equal(client->tcb->context, client->context);
    assert_int_equal(world_status(client->tcb), SEL_ERROR_OK);
    assert_int_equal(world_tag(client->tcb), tag_make(4, 1, 0));
    assert_int_equal(world_word(client->tcb, 0), word);
}

/* --- the short way --- */

static void it_works_when_nobody_else_is_ready(void **state)
{
    (void)state;
    struct scene scene = scene_new();
    uint64_t notification = world_new(OBJECT_TYPE_NOTIFICATION, 0);
    assert_int_equal(world_wait(world.init.tcb, notification), WORLD_BLOCKED);
    for (uint64_t round = 0; round < 3; round++) {
        call(&scene, &scene.client, round);
        assert_served(&scene, &scene.client, round);
        assert_int_equal(answer(&scene, scene.reply, round), WORLD_BLOCKED);
        assert_ptr_equal(percpu()->current, scene.client.tcb);
        assert_answered(&scene.client, round);
    }
}

static void a_fault_is_handed_over(void **state)
{
    (void)state;
    struct scene scene = scene_new();
    world_do(scene.client.tcb_slot, METHOD_TCB_SET_FAULT_HANDLER, world_mint(scene.endpoint, 0xbad));
    world_fault(scene.client.tcb, FAULT_MEMORY, (const uint64_t[]){11, 22, 33, 44}, 4);
    assert_ptr_equal(percpu()->current, scene.server.tcb);
    assert_ptr_equal(scene.server.tcb->context, scene.client.context);
    assert_int_equal(world_tag(scene.server.tcb), tag_make(FAULT_MEMORY, 4, 0) | TAG_KERNEL);
    assert_int_equal(world_badge(scene.server.tcb), 0xbad);
    for (uint64_t i = 0; i < MESSAGE_REGISTER_WORDS; i++) {
        assert_int_equal(world_word(scene.server.tcb, i), i < 4 ? 11 * (i + 1) : 0);
    }
    assert_int_equal(answer(&scene, scene.reply, FAULT_REPLY_RESUME), WORLD_BLOCKED);
    assert_ptr_equal(percpu()->current, scene.client.tcb);
    assert_ptr_equal(scene.client.tcb->context, scene.client.context);
    assert_int_equal(scene.client.tcb->fault_label, 0);
}

static void a_fault_that_is_not_resumed_stops_the_thread(void **state)
{
    (void)state;
    struct scene scene = scene_new();
    world_do(scene.client.tcb_slot, METHOD_TCB_SET_FAULT_HANDLER, scene.endpoint);
    world_fault(scene.client.tcb, FAULT_EXCEPTION, (const uint64_t[]){1, 2, 3}, 3);
    assert_int_equal(answer(&scene, scene.reply, 0), WORLD_BLOCKED);
    assert_int_equal(scene.client.tcb->state, THREAD_INACTIVE);
    assert_ptr_equal(scene.client.tcb->context, scene.client.context);
    assert_ptr_equal(percpu()->current, world.init.tcb);
    world_do(scene.client.tcb_slot, METHOD_TCB_RESUME);
    assert_ptr_equal(percpu()->current, scene.client.tcb);
}

static void an_exit_may_leave_the_guest_waiting(void **state)
{
    (void)state;
    struct scene scene = scene_new();
    uint64_t vspace = world_new(OBJECT_TYPE_VSPACE_GUEST, 14);
    world_do(scene.client.tcb_slot, METHOD_TCB_SET_FAULT_HANDLER, scene.endpoint);
    world_do(scene.client.tcb_slot, METHOD_TCB_SUSPEND);
    world_do(scene.client.tcb_slot, METHOD_TCB_CONFIGURE, WORLD_CNODE, vspace, 0, 0);
    world_do(scene.client.tcb_slot, METHOD_TCB_BIND_VCPU, world_new(OBJECT_TYPE_VCPU, 0));
    world_do(scene.client.tcb_slot, METHOD_TCB_RESUME);
    world_fault(scene.client.tcb, FAULT_VM_EXIT, (const uint64_t[]){1, 2, 3, 4, 5, 6, 7, 8}, 8);
    assert_ptr_equal(percpu()->current, scene.server.tcb);
    fake.vcpu_next_state = THREAD_WFI;
    assert_int_equal(answer(&scene, scene.reply, 0x77), WORLD_BLOCKED);
    assert_int_equal(fake.vcpu_reply[0], 0x77);
    assert_int_equal(scene.client.tcb->state, THREAD_WFI);
    assert_ptr_equal(percpu()->current, world.init.tcb);
}

/* --- what stands in the way of the Call --- */

static void another_receiver_stays_queued(void **state)
{
    (void)state;
    struct scene scene = scene_new();
    struct world_thread equal = world_server_new(SERVER_PRIORITY, scene.endpoint, world_new(OBJECT_TYPE_REPLY, 0));
    call(&scene, &scene.client, 5);
    assert_served(&scene, &scene.client, 5);
    assert_int_equal(equal.tcb->state, THREAD_RECV);
    struct world_thread second = world_thread_new(CLIENT_PRIORITY);
    call(&scene, &second, 6);
    assert_ptr_equal(equal.tcb->context, second.context);
    assert_int_equal(world_word(equal.tcb, 0), 6);
}

static void a_receiver_of_lower_priority_stays_queued(void **state)
{
    (void)state;
    struct scene scene = scene_new();
    struct world_thread lower = world_server_new(SERVER_PRIORITY - 1, scene.endpoint, world_new(OBJECT_TYPE_REPLY, 0));
    call(&scene, &scene.client, 5);
    assert_served(&scene, &scene.client, 5);
    assert_int_equal(lower.tcb->state, THREAD_RECV);
    assert_int_equal(answer(&scene, scene.reply, 9), WORLD_BLOCKED);
    assert_answered(&scene.client, 9);
}

/** It answers nobody yet and takes the next caller; the first one's time was taken away from under it. */
static struct world_thread second_caller_served(const struct scene *scene, uint64_t second_reply)
{
    struct world_thread second = world_thread_new(CLIENT_PRIORITY + 1);
    call(scene, &scene->client, 1);
    assert_int_equal(world_recv(scene->server.tcb, scene->endpoint, second_reply), WORLD_BLOCKED);
    world_do(scene->client.context_slot, METHOD_SCHED_CONTEXT_UNBIND);
    assert_null(scene->server.tcb->context);
    call(scene, &second, 2);
    assert_served(scene, &second, 2);
    return second;
}

static void a_server_that_owes_an_answer_takes_the_next_caller(void **state)
{
    (void)state;
    struct scene scene = scene_new();
    uint64_t second_reply = world_new(OBJECT_TYPE_REPLY, 0);
    struct world_thread second = second_caller_served(&scene, second_reply);
    assert_int_equal(answer(&scene, second_reply, 8), WORLD_BLOCKED);
    assert_answered(&second, 8);
    assert_int_equal(scene.client.tcb->state, THREAD_REPLY);
}

/* --- what stands in the way of the answer --- */

static void the_older_of_two_callers_is_answered_first(void **state)
{
    (void)state;
    struct scene scene = scene_new();
    uint64_t second_reply = world_new(OBJECT_TYPE_REPLY, 0);
    struct world_thread second = world_thread_new(CLIENT_PRIORITY);
    call(&scene, &scene.client, 1);
    assert_int_equal(world_recv(scene.server.tcb, scene.endpoint, second_reply), WORLD_BLOCKED);
    call(&scene, &second, 2);
    assert_ptr_equal(second.context->thread, second.tcb); /* not needed: the server has time */
    assert_ptr_equal(scene.server.tcb->context, scene.client.context);
    assert_int_equal(answer(&scene, scene.reply, 7), WORLD_BLOCKED);
    assert_answered(&scene.client, 7);
    assert_int_equal(second.tcb->state, THREAD_REPLY);
}

static void the_next_caller_is_taken_with_the_answer(void **state)
{
    (void)state;
    struct scene scene = scene_new();
    struct world_thread second = world_thread_new(CLIENT_PRIORITY);
    call(&scene, &scene.client, 1);
    call(&scene, &second, 2);
    assert_int_equal(second.tcb->state, THREAD_SEND);
    assert_int_equal(answer(&scene, scene.reply, 7), SEL_ERROR_OK);
    assert_served(&scene, &second, 2);
    assert_answered(&scene.client, 7);
}

static void a_pending_signal_comes_first(void **state)
{
    (void)state;
    struct scene scene = scene_new();
    uint64_t notification = world_new(OBJECT_TYPE_NOTIFICATION, 0);
    uint64_t badged = world_mint(notification, 0x20);
    world_do(scene.server.tcb_slot, METHOD_TCB_BIND_NOTIFICATION, notification);
    call(&scene, &scene.client, 1);
    assert_served(&scene, &scene.client, 1);
    assert_int_equal(answer(&scene, scene.reply, 7), WORLD_BLOCKED);
    assert_answered(&scene.client, 7);

    uint64_t lent = world_context_new(1000000, 1000000);
    call(&scene, &scene.client, 2);
    world_do(lent, METHOD_SCHED_CONTEXT_BIND, notification);
    assert_int_equal(world_signal(world.init.tcb, badged), SEL_ERROR_OK);
    assert_int_equal(answer(&scene, scene.reply, 8), SEL_ERROR_OK);
    assert_answered(&scene.client, 8);
    assert_int_equal(world_tag(scene.server.tcb), TAG_NOTIFICATION);
    assert_int_equal(world_badge(scene.server.tcb), 0x20);
    assert_ptr_equal(scene.server.tcb->context, world_object(lent));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        world_test(it_works_when_nobody_else_is_ready),
        world_test(a_fault_is_handed_over),
        world_test(a_fault_that_is_not_resumed_stops_the_thread),
        world_test(an_exit_may_leave_the_guest_waiting),
        world_test(another_receiver_stays_queued),
        world_test(a_receiver_of_lower_priority_stays_queued),
        world_test(a_server_that_owes_an_answer_takes_the_next_caller),
        world_test(the_older_of_two_callers_is_answered_first),
        world_test(the_next_caller_is_taken_with_the_answer),
        world_test(a_pending_signal_comes_first),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
