/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * The system calls: every error of each, statuses of calls that end while they are blocked, and what registers hold afterwards.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "kernel/object/cap.h"
#include "test/unit/kernel/harness/seen.h"
#include "test/unit/kernel/harness/world.h"

#define BEYOND (1ul << WORLD_CNODE_BITS)

/** Objects that most cases need, and a thread that refuses and one on the other side. */
struct scene {
    struct world_thread thread;
    struct world_thread peer;
    uint64_t endpoint;
    uint64_t second;
    uint64_t notification;
    uint64_t reply;
    uint64_t empty;
};

static struct scene scene_new(void)
{
    return (struct scene){
        .thread = world_thread_new(20),
        .peer = world_thread_new(10),
        .endpoint = world_new(OBJECT_TYPE_ENDPOINT, 0),
        .second = world_new(OBJECT_TYPE_ENDPOINT, 0),
        .notification = world_new(OBJECT_TYPE_NOTIFICATION, 0),
        .reply = world_new(OBJECT_TYPE_REPLY, 0),
        .empty = world_slots(1),
    };
}

static void refused(const struct scene *scene, uint64_t number, struct world_call call, uint64_t error)
{
    world_syscall_refused(scene->thread.tcb, number, call, error);
}

static void assert_detail(const struct tcb *tcb, uint64_t argument, uint64_t given, uint64_t bound)
{
    assert_int_equal(world_word(tcb, 0), argument);
    assert_int_equal(world_word(tcb, 1), given);
    assert_int_equal(world_word(tcb, 2), bound);
    for (uint64_t i = 3; i < 8; i++) {
        assert_int_equal(world_word(tcb, i), 0);
    }
}

/** A call that blocks, and is ended from elsewhere with `error`. */
static void ends_with(const struct world_thread *thread, uint64_t number, uint64_t error)
{
    assert_int_equal(thread->tcb->state == THREAD_READY || thread->tcb->state == THREAD_INACTIVE, true);
    assert_int_equal(world_status(thread->tcb), error);
    seen_syscall(number, error);
}

/* --- the first capability --- */

static void sending_needs_an_endpoint_with_write(void **state)
{
    (void)state;
    struct scene scene = scene_new();
    static const uint64_t number[] = {SYSCALL_CALL, SYSCALL_SEND, SYSCALL_NB_SEND};
    uint64_t weak = world_copy(scene.endpoint, SEL_RIGHT_READ);
    for (unsigned int i = 0; i < 3; i++) {
        refused(&scene, number[i], (struct world_call){.cap = 0}, SEL_ERROR_INVALID_CAP);
        refused(&scene, number[i], (struct world_call){.cap = scene.empty}, SEL_ERROR_INVALID_CAP);
        assert_detail(scene.thread.tcb, 0, scene.empty, BEYOND);
        refused(&scene, number[i], (struct world_call){.cap = BEYOND}, SEL_ERROR_INVALID_CAP);
        refused(&scene, number[i], (struct world_call){.cap = UINT64_MAX}, SEL_ERROR_INVALID_CAP);
        refused(&scene, number[i], (struct world_call){.cap = scene.notification}, SEL_ERROR_WRONG_TYPE);
        assert_detail(scene.thread.tcb, 0, CAP_TYPE_NOTIFICATION, CAP_TYPE_ENDPOINT);
        refused(&scene, number[i], (struct world_call){.cap = weak}, SEL_ERROR_RIGHTS);
        assert_detail(scene.thread.tcb, 0, SEL_RIGHT_READ, SEL_RIGHT_WRITE);
    }
    refused(&scene, SYSCALL_CALL, (struct world_call){.cap = scene.reply}, SEL_ERROR_WRONG_TYPE);
    refused(&scene, SYSCALL_SEND, (struct world_call){.cap = WORLD_VSPACE}, SEL_ERROR_WRONG_TYPE);
}

static void messages_are_bounded(void **state)
{
    (void)state;
    struct scene scene = scene_new();
    struct world_thread poor = world_thread_new(15);
    uint64_t plain = world_copy(scene.endpoint, SEL_RIGHT_WRITE);
    static const uint64_t number[] = {SYSCALL_CALL, SYSCALL_SEND, SYSCALL_NB_SEND};
    world_do(WORLD_CNODE, METHOD_CNODE_REVOKE, poor.buffer_slot);
    for (unsigned int i = 0; i < 3; i++) {
        struct world_call call = {.cap = plain, .tag = tag_make(0, 121, 0)};
        refused(&scene, number[i], call, SEL_ERROR_MESSAGE_TOO_LONG);
        assert_detail(scene.thread.tcb, 0, 121, 120);
        call.tag = tag_make(0, 0, 5);
        refused(&scene, number[i], call, SEL_ERROR_MESSAGE_TOO_LONG);
        call.tag = tag_make(0, 0, 1);
        refused(&scene, number[i], call, SEL_ERROR_RIGHTS);
        assert_detail(scene.thread.tcb, 0, SEL_RIGHT_WRITE, SEL_RIGHT_GRANT);
        world_syscall_refused(poor.tcb, number[i], call, SEL_ERROR_NO_BUFFER);
        call.tag = tag_make(0, 9, 0);
        world_syscall_refused(poor.tcb, number[i], call, SEL_ERROR_NO_BUFFER);
        assert_detail(poor.tcb, 0, 9, 8);
    }
    struct world_call too_long = {.cap = WORLD_CNODE, .tag = tag_make(METHOD_CNODE_DELETE, 127, 0)};
    refused(&scene, SYSCALL_CALL, too_long, SEL_ERROR_MESSAGE_TOO_LONG);
}

/** Of an Untyped the bits of its size lie where others have rights: none of them may count as one. */
static void an_invocation_needs_no_grant(void **state)
{
    (void)state;
    struct scene scene = scene_new();
    for (uint64_t bits = 12; bits <= 16; bits++) {
        uint64_t untyped = world_new(OBJECT_TYPE_UNTYPED, bits);
        uint64_t made = world_slots(1);
        struct world_call call = {.cap = untyped,
                                  .tag = tag_make(METHOD_UNTYPED_RETYPE, 5, 1),
                                  .word = {OBJECT_TYPE_ENDPOINT, 0, WORLD_CNODE, made, 1}};
        assert_int_equal(world_syscall(scene.thread.tcb, SYSCALL_CALL, call), SEL_ERROR_OK);
    }
}

static void answers_are_bounded(void **state)
{
    (void)state;
    struct scene scene = scene_new();
    struct world_thread poor = world_thread_new(15);
    uint64_t weak = world_slots(1);
    world_do(WORLD_CNODE, METHOD_CNODE_REVOKE, poor.buffer_slot);
    struct world_call call = {
        .cap = scene.endpoint, .tag = tag_make(0, 121, 0), .reply = scene.reply, .second = scene.second};
    refused(&scene, SYSCALL_REPLY_RECV, call, SEL_ERROR_MESSAGE_TOO_LONG);
    refused(&scene, SYSCALL_NB_SEND_RECV, call, SEL_ERROR_MESSAGE_TOO_LONG);
    call.tag = tag_make(0, 9, 0);
    world_syscall_refused(poor.tcb, SYSCALL_REPLY_RECV, call, SEL_ERROR_NO_BUFFER);
    world_syscall_refused(poor.tcb, SYSCALL_NB_SEND_RECV, call, SEL_ERROR_NO_BUFFER);
    world_do(WORLD_CNODE, METHOD_CNODE_MUTATE, weak, WORLD_CNODE, scene.reply, SEL_RIGHT_READ, 0);
    call.tag = tag_make(0, 0, 1);
    call.reply = weak;
    refused(&scene, SYSCALL_REPLY_RECV, call, SEL_ERROR_RIGHTS);
    assert_detail(scene.thread.tcb, 0, SEL_RIGHT_READ, SEL_RIGHT_GRANT);
}

static void receiving_needs_an_endpoint_with_read(void **state)
{
    (void)state;
    struct scene scene = scene_new();
    static const uint64_t number[] = {SYSCALL_RECV, SYSCALL_NB_RECV, SYSCALL_REPLY_RECV, SYSCALL_NB_SEND_RECV};
    uint64_t weak = world_copy(scene.endpoint, SEL_RIGHT_WRITE);
    for (unsigned int i = 0; i < 4; i++) {
        bool is_second = number[i] == SYSCALL_NB_SEND_RECV;
        struct world_call call = {.cap = scene.endpoint, .reply = scene.reply, .second = scene.second};
        uint64_t *cap = is_second ? &call.second : &call.cap;
        *cap = scene.empty;
        refused(&scene, number[i], call, SEL_ERROR_INVALID_CAP);
        assert_detail(scene.thread.tcb, is_second ? 3 : 0, scene.empty, BEYOND);
        *cap = scene.notification;
        refused(&scene, number[i], call, SEL_ERROR_WRONG_TYPE);
        *cap = weak;
        refused(&scene, number[i], call, SEL_ERROR_RIGHTS);
        *cap = scene.second;
        call.reply = scene.empty;
        refused(&scene, number[i], call, SEL_ERROR_INVALID_CAP);
        assert_detail(scene.thread.tcb, 2, scene.empty, BEYOND);
        call.reply = scene.notification;
        refused(&scene, number[i], call, SEL_ERROR_WRONG_TYPE);
        assert_detail(scene.thread.tcb, 2, CAP_TYPE_NOTIFICATION, CAP_TYPE_REPLY);
    }
    refused(&scene, SYSCALL_REPLY_RECV, (struct world_call){.cap = scene.endpoint}, SEL_ERROR_INVALID_CAP);
}

static void notifications_are_checked(void **state)
{
    (void)state;
    struct scene scene = scene_new();
    static const uint64_t number[] = {SYSCALL_SIGNAL, SYSCALL_WAIT, SYSCALL_POLL};
    uint64_t none = world_copy(scene.notification, SEL_RIGHT_GRANT);
    for (unsigned int i = 0; i < 3; i++) {
        refused(&scene, number[i], (struct world_call){.cap = scene.empty}, SEL_ERROR_INVALID_CAP);
        refused(&scene, number[i], (struct world_call){.cap = scene.endpoint}, SEL_ERROR_WRONG_TYPE);
        refused(&scene, number[i], (struct world_call){.cap = none}, SEL_ERROR_RIGHTS);
    }
    refused(&scene, SYSCALL_POLL, (struct world_call){.cap = scene.notification}, SEL_ERROR_WOULD_BLOCK);
    world_do(scene.peer.tcb_slot, METHOD_TCB_BIND_NOTIFICATION, scene.notification);
    refused(&scene, SYSCALL_WAIT, (struct world_call){.cap = scene.notification}, SEL_ERROR_BUSY);
}

/* --- Reply objects in use --- */

static void a_reply_in_use_is_busy(void **state)
{
    (void)state;
    struct scene scene = scene_new();
    struct world_thread caller = world_thread_new(5);
    struct world_call call = {.cap = scene.second, .reply = scene.reply, .second = scene.second};
    assert_int_equal(world_recv(scene.peer.tcb, scene.endpoint, scene.reply), WORLD_BLOCKED);
    for (unsigned int i = 0; i < 2; i++) {
        refused(&scene, SYSCALL_RECV, call, SEL_ERROR_BUSY);
        refused(&scene, SYSCALL_NB_RECV, call, SEL_ERROR_BUSY);
        refused(&scene, SYSCALL_NB_SEND_RECV, call, SEL_ERROR_BUSY);
        assert_detail(scene.thread.tcb, 2, 0, 0);
        if (i == 0) {
            refused(&scene, SYSCALL_REPLY_RECV, call, SEL_ERROR_BUSY);
            assert_int_equal(world_ipc_call(caller.tcb, scene.endpoint, 0, 0, 0), WORLD_BLOCKED);
        }
    }
    assert_int_equal(caller.tcb->state, THREAD_REPLY);
    assert_int_equal(world_reply_recv(scene.thread.tcb, scene.second, scene.reply, 8, 0, 0), WORLD_BLOCKED);
    assert_int_equal(tag_label(world_tag(caller.tcb)), 8);
}

static void nobody_ready_would_block(void **state)
{
    (void)state;
    struct scene scene = scene_new();
    refused(&scene, SYSCALL_NB_SEND, (struct world_call){.cap = scene.endpoint}, SEL_ERROR_WOULD_BLOCK);
    refused(&scene, SYSCALL_NB_RECV, (struct world_call){.cap = scene.endpoint}, SEL_ERROR_WOULD_BLOCK);
}

/* --- ends of blocked calls --- */

static void nobody_waits_for_an_answer(void **state)
{
    (void)state;
    struct scene scene = scene_new();
    refused(&scene, SYSCALL_SEND, (struct world_call){.cap = scene.reply}, SEL_ERROR_PEER_DIED);
    refused(&scene, SYSCALL_NB_SEND, (struct world_call){.cap = scene.reply}, SEL_ERROR_PEER_DIED);
    assert_int_equal(world_reply_recv(scene.thread.tcb, scene.endpoint, scene.reply, 0, 0, 0), WORLD_BLOCKED);
    assert_int_equal(world_reply_status(scene.thread.tcb), SEL_ERROR_PEER_DIED);
}

/** Blocks `thread` in each system call that can block, on the scene's endpoint or notification. */
static void block(const struct scene *scene, uint64_t number)
{
    struct world_call call = {.cap = scene->endpoint, .reply = scene->reply};
    if (number == SYSCALL_WAIT) {
        call = (struct world_call){.cap = scene->notification};
    } else if (number == SYSCALL_NB_SEND_RECV) {
        call.cap = scene->second;
        call.second = scene->endpoint;
    }
    assert_int_equal(world_syscall(scene->thread.tcb, number, call), WORLD_BLOCKED);
}

static const uint64_t blocking[] = {SYSCALL_CALL,       SYSCALL_SEND,         SYSCALL_RECV,
                                    SYSCALL_REPLY_RECV, SYSCALL_NB_SEND_RECV, SYSCALL_WAIT};

static void the_object_dies_under_a_blocked_call(void **state)
{
    (void)state;
    for (unsigned int i = 0; i < 6; i++) {
        struct scene scene = scene_new();
        block(&scene, blocking[i]);
        world_do(WORLD_CNODE, METHOD_CNODE_DELETE, blocking[i] == SYSCALL_WAIT ? scene.notification : scene.endpoint);
        ends_with(&scene.thread, blocking[i], SEL_ERROR_PEER_DIED);
        assert_null(((struct reply *)world_object(scene.reply))->server);
    }
}

static void a_blocked_call_is_cancelled_by_suspend(void **state)
{
    (void)state;
    for (unsigned int i = 0; i < 6; i++) {
        struct scene scene = scene_new();
        block(&scene, blocking[i]);
        world_do(scene.thread.tcb_slot, METHOD_TCB_SUSPEND);
        ends_with(&scene.thread, blocking[i], SEL_ERROR_CANCELLED);
        assert_null(((struct reply *)world_object(scene.reply))->server);
    }
}

static void a_passive_receiver_takes_no_sends(void **state)
{
    (void)state;
    struct scene scene = scene_new();
    assert_int_equal(world_recv(scene.peer.tcb, scene.endpoint, 0), WORLD_BLOCKED);
    world_do(scene.peer.context_slot, METHOD_SCHED_CONTEXT_UNBIND);
    refused(&scene, SYSCALL_SEND, (struct world_call){.cap = scene.endpoint}, SEL_ERROR_NO_TIME);
    refused(&scene, SYSCALL_NB_SEND, (struct world_call){.cap = scene.endpoint}, SEL_ERROR_NO_TIME);
    refused(&scene, SYSCALL_CALL, (struct world_call){.cap = scene.endpoint}, SEL_ERROR_NO_TIME);
    assert_int_equal(scene.peer.tcb->state, THREAD_RECV);
    struct world_call call = {.cap = scene.endpoint, .second = scene.second};
    assert_int_equal(world_syscall(scene.thread.tcb, SYSCALL_NB_SEND_RECV, call), WORLD_BLOCKED);
    assert_int_equal(world_reply_status(scene.thread.tcb), SEL_ERROR_NO_TIME);
}

static void a_receiver_without_reply_object_refuses_calls(void **state)
{
    (void)state;
    struct scene scene = scene_new();
    assert_int_equal(world_recv(scene.peer.tcb, scene.endpoint, 0), WORLD_BLOCKED);
    refused(&scene, SYSCALL_CALL, (struct world_call){.cap = scene.endpoint}, SEL_ERROR_CANCELLED);
    assert_int_equal(scene.peer.tcb->state, THREAD_RECV);
    world_do(scene.peer.tcb_slot, METHOD_TCB_SUSPEND);
    world_do(scene.peer.tcb_slot, METHOD_TCB_RESUME);
    assert_int_equal(world_ipc_call(scene.thread.tcb, scene.endpoint, 0, 0, 0), WORLD_BLOCKED);
    assert_int_equal(world_recv(scene.peer.tcb, scene.endpoint, 0), WORLD_BLOCKED);
    assert_int_equal(world_status(scene.thread.tcb), SEL_ERROR_CANCELLED);
}

/** Senders that queued while a passive server was busy: refused when it comes back, in several steps if an interrupt waits. */
static void a_passive_server_refuses_queued_sends_first(void **state)
{
    (void)state;
    struct scene scene = scene_new();
    struct world_thread sender[4];
    assert_int_equal(world_recv(scene.peer.tcb, scene.endpoint, scene.reply), WORLD_BLOCKED);
    world_do(scene.peer.context_slot, METHOD_SCHED_CONTEXT_UNBIND);
    assert_int_equal(world_ipc_call(scene.thread.tcb, scene.endpoint, 0, 0, 0), WORLD_BLOCKED);
    for (unsigned int i = 0; i < 4; i++) {
        sender[i] = world_thread_new(15);
        assert_int_equal(i < 3 ? world_send(sender[i].tcb, scene.endpoint, 0, 0, 0)
                               : world_ipc_call(sender[i].tcb, scene.endpoint, 33, 0, 0),
                         WORLD_BLOCKED);
    }
    fake.preempt_after = 1;
    fake.preempt_every = 1;
    assert_int_equal(world_reply_recv(scene.peer.tcb, scene.endpoint, scene.reply, 7, 0, 0), SEL_ERROR_OK);
    fake.preempt_after = 0;
    fake.preempt_every = 0;
    assert_true(world.restart_count >= 3);
    assert_int_equal(tag_label(world_tag(scene.thread.tcb)), 7);
    assert_int_equal(tag_label(world_tag(scene.peer.tcb)), 33);
    assert_ptr_equal(sender[3].context->thread, scene.peer.tcb);
    for (unsigned int i = 0; i < 3; i++) {
        assert_int_equal(world_status(sender[i].tcb), SEL_ERROR_NO_TIME);
    }
}

/* --- both halves, registers --- */

static void nb_send_recv_sends_then_waits(void **state)
{
    (void)state;
    struct scene scene = scene_new();
    assert_int_equal(world_recv(scene.peer.tcb, scene.second, 0), WORLD_BLOCKED);
    struct world_call call = {
        .cap = scene.second, .tag = tag_make(5, 1, 0), .reply = scene.reply, .second = scene.endpoint, .word = {9}};
    assert_int_equal(world_syscall(scene.thread.tcb, SYSCALL_NB_SEND_RECV, call), WORLD_BLOCKED);
    assert_int_equal(world_reply_status(scene.thread.tcb), SEL_ERROR_OK);
    assert_int_equal(world_word(scene.peer.tcb, 0), 9);
    assert_int_equal(world_ipc_call(scene.peer.tcb, scene.endpoint, 6, 0, 0), WORLD_BLOCKED);
    call = (struct world_call){
        .cap = scene.reply, .tag = tag_make(7, 0, 0), .reply = scene.reply, .second = scene.endpoint};
    assert_int_equal(world_syscall(scene.thread.tcb, SYSCALL_NB_SEND_RECV, call), WORLD_BLOCKED);
    assert_int_equal(tag_label(world_tag(scene.peer.tcb)), 7);
    call = (struct world_call){.cap = scene.empty, .second = scene.second};
    world_syscall_refused(scene.peer.tcb, SYSCALL_NB_SEND_RECV, call, SEL_ERROR_INVALID_CAP);
    call.cap = scene.second;
    assert_int_equal(world_syscall(scene.peer.tcb, SYSCALL_NB_SEND_RECV, call), WORLD_BLOCKED);
    assert_int_equal(world_reply_status(scene.peer.tcb), SEL_ERROR_WOULD_BLOCK);
}

static void yield_lets_others_of_the_priority_run(void **state)
{
    (void)state;
    struct world_thread first = world_thread_new(150);
    struct world_thread second = world_thread_new(150);
    assert_int_equal(world_syscall(first.tcb, SYSCALL_YIELD, (struct world_call){0}), SEL_ERROR_OK);
    assert_ptr_equal(percpu()->current, second.tcb);
}

static void an_unknown_system_call_is_a_fault(void **state)
{
    (void)state;
    struct scene scene = scene_new();
    static const uint64_t number[] = {0, SYSCALL_YIELD + 1, UINT64_MAX};
    world_do(scene.thread.tcb_slot, METHOD_TCB_SET_FAULT_HANDLER, world_mint(scene.endpoint, 3));
    for (unsigned int i = 0; i < 3; i++) {
        uint64_t pc = scene.thread.tcb->registers.reg[FAKE_REG_PC];
        assert_int_equal(world_recv(scene.peer.tcb, scene.endpoint, scene.reply), WORLD_BLOCKED);
        world_switch(scene.thread.tcb);
        scene.thread.tcb->registers.reg[FAKE_REG_PC] = pc + FAKE_INSTRUCTION_BYTES;
        scene.thread.tcb->registers.reg[8] = number[i];
        scene.thread.tcb->registers.reg[0] = 0x11;
        scene.thread.tcb->registers.reg[1] = 0x22;
        fake_syscall();
        world_exit();
        assert_int_equal(world_tag(scene.peer.tcb), tag_make(FAULT_SYSTEM_CALL, 4, 0) | TAG_KERNEL);
        assert_int_equal(world_badge(scene.peer.tcb), 3);
        assert_int_equal(world_word(scene.peer.tcb, FAULT_SYSTEM_CALL_WORD_PC), pc);
        assert_int_equal(world_word(scene.peer.tcb, FAULT_SYSTEM_CALL_WORD_NUMBER), number[i]);
        assert_int_equal(world_word(scene.peer.tcb, FAULT_SYSTEM_CALL_WORD_X0), 0x11);
        assert_int_equal(world_word(scene.peer.tcb, FAULT_SYSTEM_CALL_WORD_X1), 0x22);
        assert_int_equal(world_nb_send(scene.peer.tcb, scene.reply, 0, 1, FAULT_REPLY_RESUME | FAULT_REPLY_SKIP),
                         SEL_ERROR_OK);
        assert_int_equal(scene.thread.tcb->registers.reg[FAKE_REG_PC], pc + FAKE_INSTRUCTION_BYTES);
        assert_int_equal(scene.thread.tcb->state, THREAD_READY);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        world_test(sending_needs_an_endpoint_with_write),
        world_test(messages_are_bounded),
        world_test(an_invocation_needs_no_grant),
        world_test(answers_are_bounded),
        world_test(receiving_needs_an_endpoint_with_read),
        world_test(notifications_are_checked),
        world_test(a_reply_in_use_is_busy),
        world_test(nobody_ready_would_block),
        world_test(nobody_waits_for_an_answer),
        world_test(the_object_dies_under_a_blocked_call),
        world_test(a_blocked_call_is_cancelled_by_suspend),
        world_test(a_passive_receiver_takes_no_sends),
        world_test(a_receiver_without_reply_object_refuses_calls),
        world_test(a_passive_server_refuses_queued_sends_first),
        world_test(nb_send_recv_sends_then_waits),
        world_test(yield_lets_others_of_the_priority_run),
        world_test(an_unknown_system_call_is_a_fault),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
