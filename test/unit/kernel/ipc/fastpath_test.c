/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * The fastpaths of a Call, and a fault, to a lone passive server, and of its answer (ipc/fastpath.c, fault.c): what they leave behind, and that
 * each thing that stands in their way, alone, changes the way and not the outcome.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "kernel/object/cap.h"
#include "kernel/object/vspace.h"
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

/** Whether the last system call took a fastpath. */
static bool was_fast(void)
{
    return fake.is_fast_done;
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
        assert_true(was_fast());
        assert_served(&scene, &scene.client, round);
        assert_int_equal(answer(&scene, scene.reply, round), WORLD_BLOCKED);
        assert_true(was_fast());
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
    assert_true(was_fast());
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

/** The client is a guest whose exit its server has. */
static struct scene scene_of_an_exit(void)
{
    struct scene scene = scene_new();
    uint64_t vspace = world_new(OBJECT_TYPE_VSPACE_GUEST, 14);
    world_do(scene.client.tcb_slot, METHOD_TCB_SET_FAULT_HANDLER, scene.endpoint);
    world_do(scene.client.tcb_slot, METHOD_TCB_SUSPEND);
    world_do(scene.client.tcb_slot, METHOD_TCB_CONFIGURE, WORLD_CNODE, vspace, 0, 0);
    world_do(scene.client.tcb_slot, METHOD_TCB_BIND_VCPU, world_new(OBJECT_TYPE_VCPU, 0));
    world_do(scene.client.tcb_slot, METHOD_TCB_RESUME);
    world_fault(scene.client.tcb, FAULT_VM_EXIT, (const uint64_t[]){1, 2, 3, 4, 5, 6, 7, 8}, 8);
    assert_ptr_equal(percpu()->current, scene.server.tcb);
    return scene;
}

static void an_exit_may_leave_the_guest_waiting(void **state)
{
    (void)state;
    struct scene scene = scene_of_an_exit();
    fake.vcpu_next_state = THREAD_WFI;
    assert_int_equal(answer(&scene, scene.reply, 0x77), WORLD_BLOCKED);
    assert_int_equal(fake.vcpu_reply[0], 0x77);
    assert_int_equal(scene.client.tcb->state, THREAD_WFI);
    assert_ptr_equal(percpu()->current, world.init.tcb);
}

static void a_guest_that_is_resumed_goes_on_at_once(void **state)
{
    (void)state;
    struct scene scene = scene_of_an_exit();
    fake.vcpu_next_state = THREAD_READY;
    assert_int_equal(answer(&scene, scene.reply, 0x55), WORLD_BLOCKED);
    assert_true(was_fast());
    assert_int_equal(fake.vcpu_reply[0], 0x55);
    assert_int_equal(scene.client.tcb->state, THREAD_READY);
    assert_int_equal(scene.client.tcb->fault_label, 0);
    assert_ptr_equal(percpu()->current, scene.client.tcb);
    assert_ptr_equal(scene.client.tcb->context, scene.client.context);
}

static void an_answer_without_words_stops_the_guest(void **state)
{
    (void)state;
    struct scene scene = scene_of_an_exit();
    fake.vcpu_next_state = THREAD_READY;
    assert_int_equal(world_reply_recv(scene.server.tcb, scene.endpoint, scene.reply, 0, 0, 0x55), WORLD_BLOCKED);
    assert_int_equal(scene.client.tcb->state, THREAD_INACTIVE);
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

/* --- each precondition of a Call (fastpath.c, C1..C4), violated alone --- */

/** A Call that is served all the same, but not on the fast way. */
static void assert_slow_call(const struct scene *scene, uint64_t word)
{
    call(scene, &scene->client, word);
    assert_false(was_fast());
    assert_int_equal(world_word(scene->server.tcb, 0), word);
    assert_int_equal(scene->client.tcb->state, THREAD_REPLY);
}

static struct world_call long_message(const struct world_thread *from, uint64_t cap, uint64_t length)
{
    for (uint64_t i = MESSAGE_REGISTER_WORDS; i < MESSAGE_WORDS_MAX; i++) {
        from->buffer[IPC_BUFFER_MESSAGE + i] = 1000 + i;
    }
    return (struct world_call){.cap = cap, .tag = tag_make(3, length, 0), .word = {1, 2, 3, 4, 5, 6, 7, 8}};
}

static void a_long_message_is_copied_to_its_last_word(void **state)
{
    (void)state;
    struct scene scene = scene_new();
    for (uint64_t length = MESSAGE_REGISTER_WORDS; length <= MESSAGE_WORDS_MAX; length++) {
        for (uint64_t i = 0; i < MESSAGE_WORDS_MAX; i++) {
            scene.server.buffer[IPC_BUFFER_MESSAGE + i] = 7;
            scene.client.buffer[IPC_BUFFER_MESSAGE + i] = 7;
        }
        struct world_call sent = long_message(&scene.client, scene.endpoint, length);
        assert_int_equal(world_syscall(scene.client.tcb, SYSCALL_CALL, sent), WORLD_BLOCKED);
        assert_true(was_fast());
        assert_int_equal(world_tag(scene.server.tcb), tag_make(3, length, 0));
        assert_int_equal(world_word(scene.server.tcb, 7), 8);
        struct world_call back = long_message(&scene.server, scene.endpoint, length);
        for (uint64_t i = MESSAGE_REGISTER_WORDS; i < MESSAGE_WORDS_MAX; i++) {
            scene.client.buffer[IPC_BUFFER_MESSAGE + i] = 7;
        }
        back.reply = scene.reply;
        assert_int_equal(world_syscall(scene.server.tcb, SYSCALL_REPLY_RECV, back), WORLD_BLOCKED);
        assert_true(was_fast());
        for (uint64_t i = 0; i < MESSAGE_WORDS_MAX; i++) {
            uint64_t wanted = i >= MESSAGE_REGISTER_WORDS && i < length ? 1000 + i : 7;
            assert_int_equal(scene.client.buffer[IPC_BUFFER_MESSAGE + i], wanted);
        }
    }
}

/** Words behind the message stay the receiver's own. */
static void a_long_call_writes_nothing_else(void **state)
{
    (void)state;
    struct scene scene = scene_new();
    for (uint64_t length = MESSAGE_REGISTER_WORDS + 1; length <= MESSAGE_WORDS_MAX; length += 3) {
        for (uint64_t i = 0; i < IPC_BUFFER_BYTES / sizeof(uint64_t); i++) {
            scene.server.buffer[i] = 7;
        }
        struct world_call sent = long_message(&scene.client, scene.endpoint, length);
        assert_int_equal(world_syscall(scene.client.tcb, SYSCALL_CALL, sent), WORLD_BLOCKED);
        assert_true(was_fast());
        for (uint64_t i = 0; i < IPC_BUFFER_BYTES / sizeof(uint64_t); i++) {
            bool is_sent = i >= MESSAGE_REGISTER_WORDS && i < length;
            assert_int_equal(scene.server.buffer[i], is_sent ? 1000 + i : 7);
        }
        assert_int_equal(answer(&scene, scene.reply, 0), WORLD_BLOCKED);
    }
}

static void a_long_message_needs_both_buffers(void **state)
{
    (void)state;
    struct scene scene = scene_new();
    world_do(WORLD_CNODE, METHOD_CNODE_REVOKE, scene.server.buffer_slot);
    assert_null(scene.server.tcb->buffer);
    struct world_call sent = long_message(&scene.client, scene.endpoint, 20);
    assert_int_equal(world_syscall(scene.client.tcb, SYSCALL_CALL, sent), WORLD_BLOCKED);
    assert_false(was_fast());
    assert_int_equal(world_tag(scene.server.tcb), tag_make(3, MESSAGE_REGISTER_WORDS, 0));
}

static void what_is_no_plain_message_is_refused_the_long_way(void **state)
{
    (void)state;
    struct scene scene = scene_new();
    uint64_t read_only = world_copy(scene.endpoint, SEL_RIGHT_READ);
    const struct {
        struct world_call call;
        uint64_t error;
    } wrong[] = {
        {{.cap = 0, .tag = tag_make(3, 1, 0)}, SEL_ERROR_INVALID_CAP},
        {{.cap = 1ul << 40, .tag = tag_make(3, 1, 0)}, SEL_ERROR_INVALID_CAP},
        {{.cap = UINT64_MAX, .tag = tag_make(3, 1, 0)}, SEL_ERROR_INVALID_CAP},
        {{.cap = scene.reply, .tag = tag_make(3, 1, 0)}, SEL_ERROR_WRONG_TYPE},
        {{.cap = read_only, .tag = tag_make(3, 1, 0)}, SEL_ERROR_RIGHTS},
        {{.cap = scene.endpoint, .tag = tag_make(3, MESSAGE_WORDS_MAX + 1, 0)}, SEL_ERROR_MESSAGE_TOO_LONG},
        {{.cap = scene.endpoint, .tag = tag_make(3, 1, MESSAGE_CAPS_MAX + 1)}, SEL_ERROR_MESSAGE_TOO_LONG},
    };
    for (unsigned int i = 0; i < sizeof(wrong) / sizeof(wrong[0]); i++) {
        world_syscall_refused(scene.client.tcb, SYSCALL_CALL, wrong[i].call, wrong[i].error);
        assert_false(was_fast());
    }
    assert_int_equal(scene.server.tcb->state, THREAD_RECV);
}

static void capabilities_take_the_long_way(void **state)
{
    (void)state;
    struct scene scene = scene_new();
    scene.client.buffer[IPC_BUFFER_CAPS] = scene.endpoint;
    scene.server.buffer[IPC_BUFFER_RECEIVE_INDEX] = world_slots(1);
    struct world_call sent = {.cap = scene.endpoint, .tag = tag_make(3, 1, 1), .word = {5}};
    assert_int_equal(world_syscall(scene.client.tcb, SYSCALL_CALL, sent), WORLD_BLOCKED);
    assert_false(was_fast());
    assert_int_equal(world_tag(scene.server.tcb), tag_make(3, 1, 1));
}

/** The bits that only the kernel sets do not arrive. */
static void nobody_can_send_what_only_the_kernel_says(void **state)
{
    (void)state;
    struct scene scene = scene_new();
    struct world_call sent = {.cap = scene.endpoint, .tag = tag_make(3, 1, 0) | TAG_KERNEL | TAG_NOTIFICATION};
    assert_int_equal(world_syscall(scene.client.tcb, SYSCALL_CALL, sent), WORLD_BLOCKED);
    assert_false(was_fast());
    assert_int_equal(world_tag(scene.server.tcb), tag_make(3, 1, 0));
}

static void nobody_waits(void **state)
{
    (void)state;
    struct scene scene = scene_new();
    uint64_t other = world_new(OBJECT_TYPE_ENDPOINT, 0);
    assert_int_equal(world_ipc_call(scene.client.tcb, other, 3, 1, 1), WORLD_BLOCKED);
    assert_false(was_fast());
    assert_int_equal(scene.client.tcb->state, THREAD_SEND);
}

static void a_receiver_with_time_of_its_own(void **state)
{
    (void)state;
    struct scene scene = scene_new();
    world_do(scene.server.context_slot, METHOD_SCHED_CONTEXT_BIND, scene.server.tcb_slot);
    assert_slow_call(&scene, 3);
    assert_ptr_equal(scene.client.tcb->context, scene.client.context);
}

static void a_receiver_without_a_reply(void **state)
{
    (void)state;
    struct scene scene = {.endpoint = world_new(OBJECT_TYPE_ENDPOINT, 0)};
    scene.server = world_server_new(SERVER_PRIORITY, scene.endpoint, 0);
    scene.client = world_thread_new(CLIENT_PRIORITY);
    world_syscall_refused(scene.client.tcb, SYSCALL_CALL,
                          (struct world_call){.cap = scene.endpoint, .tag = tag_make(3, 1, 0)}, SEL_ERROR_NO_TIME);
    assert_false(was_fast());
}

static void somebody_else_is_first(void **state)
{
    (void)state;
    struct scene scene = scene_new();
    struct world_thread busy = world_thread_new(SERVER_PRIORITY);
    struct world_thread client = world_thread_new(CLIENT_PRIORITY + 100);
    assert_int_equal(world_ipc_call(client.tcb, scene.endpoint, 3, 1, 4), WORLD_BLOCKED);
    assert_false(was_fast());
    assert_ptr_equal(percpu()->current, busy.tcb);
    assert_true(scene.server.tcb->is_queued);
}

static void other_time_waits_for_the_caller(void **state)
{
    (void)state;
    struct scene scene = scene_new();
    uint64_t own = world_context_new(1000000, 1000000);
    uint64_t second = world_new(OBJECT_TYPE_ENDPOINT, 0);
    struct world_thread inner = world_server_new(SERVER_PRIORITY, second, world_new(OBJECT_TYPE_REPLY, 0));
    call(&scene, &scene.client, 1);
    world_do(own, METHOD_SCHED_CONTEXT_BIND, scene.server.tcb_slot);
    assert_int_equal(world_ipc_call(scene.server.tcb, second, 3, 1, 9), WORLD_BLOCKED);
    assert_false(was_fast());
    assert_int_equal(world_word(inner.tcb, 0), 9);
    assert_ptr_equal(scene.server.tcb->context, world_object(own));
}

static void the_fpu_is_at_stake(void **state)
{
    (void)state;
    struct scene scene = scene_new();
    percpu()->fpu_owner = scene.server.tcb;
    scene.server.tcb->has_fpu = true;
    assert_slow_call(&scene, 4);
    assert_int_equal(answer(&scene, scene.reply, 5), WORLD_BLOCKED);
    assert_false(was_fast());
    arch_fpu_release(scene.server.tcb);
    call(&scene, &scene.client, 6);
    assert_true(was_fast());
}

static void an_address_space_has_lost_its_id(void **state)
{
    (void)state;
    struct scene scene = scene_new();
    scene.server.tcb->vspace->arch.has_id = false;
    assert_slow_call(&scene, 4);
    scene.client.tcb->vspace->arch.has_id = false;
    assert_int_equal(answer(&scene, scene.reply, 5), WORLD_BLOCKED);
    assert_false(was_fast());
    assert_answered(&scene.client, 5);
    call(&scene, &scene.client, 6);
    assert_true(was_fast());
}

/* --- each precondition of ReplyRecv (R1..R4), violated alone --- */

static void a_chain_of_calls_is_fast_both_ways(void **state)
{
    (void)state;
    struct scene scene = scene_new();
    uint64_t second = world_new(OBJECT_TYPE_ENDPOINT, 0);
    uint64_t second_reply = world_new(OBJECT_TYPE_REPLY, 0);
    struct world_thread inner = world_server_new(SERVER_PRIORITY, second, second_reply);
    call(&scene, &scene.client, 1);
    assert_int_equal(world_ipc_call(scene.server.tcb, second, 3, 1, 9), WORLD_BLOCKED);
    assert_true(was_fast());
    assert_ptr_equal(inner.tcb->context, scene.client.context);
    assert_int_equal(world_reply_recv(inner.tcb, second, second_reply, 4, 1, 10), WORLD_BLOCKED);
    assert_true(was_fast());
    assert_ptr_equal(scene.server.tcb->context, scene.client.context);
    assert_int_equal(answer(&scene, scene.reply, 7), WORLD_BLOCKED);
    assert_true(was_fast());
    assert_answered(&scene.client, 7);
}

static void an_answer_that_is_refused(void **state)
{
    (void)state;
    struct scene scene = scene_new();
    uint64_t write_only = world_copy(scene.endpoint, SEL_RIGHT_WRITE);
    call(&scene, &scene.client, 1);
    const struct {
        struct world_call call;
        uint64_t error;
    } wrong[] = {
        {{.cap = scene.endpoint, .reply = scene.endpoint}, SEL_ERROR_WRONG_TYPE},
        {{.cap = scene.endpoint, .reply = 0}, SEL_ERROR_INVALID_CAP},
        {{.cap = scene.endpoint, .reply = 1ul << 50}, SEL_ERROR_INVALID_CAP},
        {{.cap = 0, .reply = scene.reply}, SEL_ERROR_INVALID_CAP},
        {{.cap = scene.reply, .reply = scene.reply}, SEL_ERROR_WRONG_TYPE},
        {{.cap = write_only, .reply = scene.reply}, SEL_ERROR_RIGHTS},
        {{.cap = scene.endpoint, .reply = scene.reply, .tag = tag_make(0, 121, 0)}, SEL_ERROR_MESSAGE_TOO_LONG},
    };
    for (unsigned int i = 0; i < sizeof(wrong) / sizeof(wrong[0]); i++) {
        world_syscall_refused(scene.server.tcb, SYSCALL_REPLY_RECV, wrong[i].call, wrong[i].error);
        assert_false(was_fast());
    }
    assert_int_equal(answer(&scene, scene.reply, 7), WORLD_BLOCKED);
    assert_true(was_fast());
}

static void an_empty_reply_answers_nobody(void **state)
{
    (void)state;
    struct scene scene = scene_new();
    uint64_t empty = world_new(OBJECT_TYPE_REPLY, 0);
    call(&scene, &scene.client, 1);
    assert_int_equal(answer(&scene, empty, 7), WORLD_BLOCKED);
    assert_false(was_fast());
    assert_int_equal(world_reply_status(scene.server.tcb), SEL_ERROR_PEER_DIED);
    assert_int_equal(scene.client.tcb->state, THREAD_REPLY);
}

static void a_server_with_time_at_home(void **state)
{
    (void)state;
    struct scene scene = scene_new();
    call(&scene, &scene.client, 1);
    world_do(scene.server.context_slot, METHOD_SCHED_CONTEXT_BIND, scene.server.tcb_slot);
    assert_int_equal(answer(&scene, scene.reply, 7), WORLD_BLOCKED);
    assert_false(was_fast());
    assert_answered(&scene.client, 7);
    assert_ptr_equal(scene.server.tcb->context, world_object(scene.server.context_slot));
}

static void somebody_is_before_the_caller(void **state)
{
    (void)state;
    struct scene scene = scene_new();
    call(&scene, &scene.client, 1);
    struct world_thread busy = world_thread_new(CLIENT_PRIORITY);
    assert_int_equal(answer(&scene, scene.reply, 7), WORLD_BLOCKED);
    assert_false(was_fast());
    assert_ptr_equal(percpu()->current, busy.tcb);
    assert_answered(&scene.client, 7);
}

static void a_caller_that_got_time_meanwhile(void **state)
{
    (void)state;
    struct scene scene = scene_new();
    uint64_t own = world_context_new(1000000, 1000000);
    call(&scene, &scene.client, 1);
    world_do(scene.client.context_slot, METHOD_SCHED_CONTEXT_UNBIND);
    world_do(own, METHOD_SCHED_CONTEXT_BIND, scene.client.tcb_slot);
    if (scene.server.tcb->context == NULL) {
        world_do(scene.server.context_slot, METHOD_SCHED_CONTEXT_BIND, scene.server.tcb_slot);
    }
    assert_int_equal(answer(&scene, scene.reply, 7), WORLD_BLOCKED);
    assert_false(was_fast());
    assert_ptr_equal(scene.client.tcb->context, world_object(own));
}

/** A server that sent by NBSendRecv hears of that with the next Call, whichever way that comes. */
static void the_status_of_the_last_send_is_kept(void **state)
{
    (void)state;
    struct scene scene = scene_new();
    uint64_t nobody = world_new(OBJECT_TYPE_ENDPOINT, 0);
    call(&scene, &scene.client, 1);
    assert_int_equal(answer(&scene, scene.reply, 7), WORLD_BLOCKED);
    call(&scene, &scene.client, 2);
    struct world_call both = {.cap = nobody, .tag = tag_make(1, 1, 0), .reply = world_new(OBJECT_TYPE_REPLY, 0)};
    both.second = scene.endpoint;
    assert_int_equal(world_syscall(scene.server.tcb, SYSCALL_NB_SEND_RECV, both), WORLD_BLOCKED);
    struct world_thread second = world_thread_new(CLIENT_PRIORITY);
    call(&scene, &second, 3);
    assert_int_equal(world_reply_status(scene.server.tcb), SEL_ERROR_WOULD_BLOCK);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        world_test(it_works_when_nobody_else_is_ready),
        world_test(a_fault_is_handed_over),
        world_test(a_fault_that_is_not_resumed_stops_the_thread),
        world_test(an_exit_may_leave_the_guest_waiting),
        world_test(a_guest_that_is_resumed_goes_on_at_once),
        world_test(an_answer_without_words_stops_the_guest),
        world_test(another_receiver_stays_queued),
        world_test(a_receiver_of_lower_priority_stays_queued),
        world_test(a_server_that_owes_an_answer_takes_the_next_caller),
        world_test(the_older_of_two_callers_is_answered_first),
        world_test(the_next_caller_is_taken_with_the_answer),
        world_test(a_pending_signal_comes_first),
        world_test(a_long_message_is_copied_to_its_last_word),
        world_test(a_long_call_writes_nothing_else),
        world_test(a_long_message_needs_both_buffers),
        world_test(what_is_no_plain_message_is_refused_the_long_way),
        world_test(capabilities_take_the_long_way),
        world_test(nobody_can_send_what_only_the_kernel_says),
        world_test(nobody_waits),
        world_test(a_receiver_with_time_of_its_own),
        world_test(a_receiver_without_a_reply),
        world_test(somebody_else_is_first),
        world_test(other_time_waits_for_the_caller),
        world_test(the_fpu_is_at_stake),
        world_test(an_address_space_has_lost_its_id),
        world_test(a_chain_of_calls_is_fast_both_ways),
        world_test(an_answer_that_is_refused),
        world_test(an_empty_reply_answers_nobody),
        world_test(a_server_with_time_at_home),
        world_test(somebody_is_before_the_caller),
        world_test(a_caller_that_got_time_meanwhile),
        world_test(the_status_of_the_last_send_is_kept),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
