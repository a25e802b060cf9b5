/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Destruction: every object in every state of its users, nested and cyclic CNodes, preemption at every step. That nothing dangles is
 * shown by the harness's invariants after each step and by ASan, once the memory was made into something else.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "kernel/object/cap.h"
#include "test/unit/kernel/harness/world.h"

#define ALL        0xful
#define CNODE_BITS 9 /* 16 slots */

#define cnode_do(method, ...) world_do(WORLD_CNODE, method, __VA_ARGS__)

/** An Untyped of its own, so that revoking it gives the memory back. */
static uint64_t subtree(uint64_t size_bits)
{
    return world_new(OBJECT_TYPE_UNTYPED, size_bits);
}

static void make(uint64_t untyped, uint64_t type, uint64_t size_bits, uint64_t cnode, uint64_t index)
{
    world_do(untyped, METHOD_UNTYPED_RETYPE, type, size_bits, cnode, index, 1);
}

static void move(uint64_t to_cnode, uint64_t to, uint64_t from)
{
    world_do(to_cnode, METHOD_CNODE_MOVE, to, WORLD_CNODE, from);
}

/** The memory is whole again: all of it can be one Untyped, which is given back. */
static void assert_all_came_back(uint64_t untyped, uint64_t size_bits)
{
    uint64_t slot = world_slots(1);
    fake.preempt_after = 0;
    assert_false(slot_has_children(world_slot(untyped)));
    make(untyped, OBJECT_TYPE_UNTYPED, size_bits, WORLD_CNODE, slot);
    cnode_do(METHOD_CNODE_DELETE, slot);
}

/** Deletes, with one preemption, at the `step`th look at the interrupt. */
static void delete_preempted(uint64_t method, uint64_t slot, uint64_t step)
{
    fake.preempt_after = step;
    cnode_do(method, slot);
    fake.preempt_after = 0;
}

/** Runs `scene` in the same memory again and again, preempted at the first, second, ... look, until a run has no preemption. */
static void with_every_preemption(void (*scene)(uint64_t untyped, uint64_t step), uint64_t size_bits)
{
    uint64_t untyped = subtree(size_bits);
    uint64_t next_slot = world.next_slot;
    uint64_t restarts = UINT64_MAX;
    uint64_t step = 1;
    for (; world.restart_count != restarts; step++) {
        restarts = world.restart_count;
        world.next_slot = next_slot;
        scene(untyped, step);
        assert_true(step < 1000);
    }
    assert_true(step > 10);
}

/* --- CNodes --- */

static void nested_scene(uint64_t untyped, uint64_t step)
{
    uint64_t outer = world_slots(1);
    uint64_t inner = world_slots(2);
    make(untyped, OBJECT_TYPE_CNODE, CNODE_BITS, WORLD_CNODE, outer);
    make(untyped, OBJECT_TYPE_CNODE, CNODE_BITS, WORLD_CNODE, inner);
    make(untyped, OBJECT_TYPE_CNODE, CNODE_BITS, WORLD_CNODE, inner + 1);
    for (uint64_t i = 1; i < 8; i++) {
        make(untyped, OBJECT_TYPE_ENDPOINT, 0, outer, i);
        make(untyped, OBJECT_TYPE_ENDPOINT, 0, inner, i);
        make(untyped, OBJECT_TYPE_ENDPOINT, 0, inner + 1, i);
    }
    move(inner, 15, inner + 1);
    move(outer, 9, inner);
    delete_preempted(METHOD_CNODE_DELETE, outer, step);
    assert_all_came_back(untyped, 15);
}

static void nested_cnodes_go_with_the_outer_one(void **state)
{
    (void)state;
    with_every_preemption(nested_scene, 15);
}

static void cyclic_scene(uint64_t untyped, uint64_t step)
{
    uint64_t first = world_slots(2);
    uint64_t own = world_slots(1);
    make(untyped, OBJECT_TYPE_CNODE, CNODE_BITS, WORLD_CNODE, first);
    make(untyped, OBJECT_TYPE_CNODE, CNODE_BITS, WORLD_CNODE, first + 1);
    make(untyped, OBJECT_TYPE_CNODE, CNODE_BITS, WORLD_CNODE, own);
    make(untyped, OBJECT_TYPE_ENDPOINT, 0, first, 3);
    make(untyped, OBJECT_TYPE_ENDPOINT, 0, own, 15);
    world_do(own, METHOD_CNODE_MOVE, 7, WORLD_CNODE, own);
    world_do(first, METHOD_CNODE_COPY, 1, WORLD_CNODE, first + 1, ALL);
    world_do(first + 1, METHOD_CNODE_MOVE, 2, WORLD_CNODE, first);
    cnode_do(METHOD_CNODE_DELETE, first + 1);
    assert_true(slot_has_children(world_slot(untyped)));
    delete_preempted(METHOD_CNODE_REVOKE, untyped, step);
    assert_all_came_back(untyped, 15);
}

static void cyclic_cnodes_go_with_their_untyped(void **state)
{
    (void)state;
    with_every_preemption(cyclic_scene, 15);
}

static void abandoned_deletion_is_finished_by_the_next(void **state)
{
    (void)state;
    uint64_t untyped = subtree(15);
    uint64_t cnode = world_slots(2);
    struct world_thread deleter = world_thread_new(20);
    make(untyped, OBJECT_TYPE_CNODE, CNODE_BITS, WORLD_CNODE, cnode);
    for (uint64_t i = 1; i < 16; i++) {
        make(untyped, OBJECT_TYPE_ENDPOINT, 0, cnode, i);
    }
    world_switch(deleter.tcb);
    deleter.tcb->registers.reg[0] = WORLD_CNODE;
    deleter.tcb->registers.reg[1] = tag_make(METHOD_CNODE_DELETE, 1, 0);
    deleter.tcb->registers.reg[8] = SYSCALL_CALL;
    arch_message_set(&deleter.tcb->registers, 0, cnode);
    fake.preempt_after = 5;
    fake_syscall();
    fake.preempt_after = 0;
    world_exit();
    world_do(deleter.tcb_slot, METHOD_TCB_SUSPEND);
    assert_true(slot_has_children(world_slot(untyped)));
    cnode_do(METHOD_CNODE_DELETE, world_new(OBJECT_TYPE_ENDPOINT, 0));
    assert_all_came_back(untyped, 15);
}

/* --- threads --- */

static uint64_t thread_tree;

static struct world_thread thread_in_tree(uint8_t priority)
{
    struct world_thread thread = {
        .tcb_slot = world_slots(1), .context_slot = world_slots(1), .buffer_slot = world_slots(1)};
    make(thread_tree, OBJECT_TYPE_TCB, 0, WORLD_CNODE, thread.tcb_slot);
    make(thread_tree, OBJECT_TYPE_SCHED_CONTEXT, 0, WORLD_CNODE, thread.context_slot);
    make(thread_tree, OBJECT_TYPE_FRAME, 12, WORLD_CNODE, thread.buffer_slot);
    thread.tcb = world_object(thread.tcb_slot);
    thread.context = world_object(thread.context_slot);
    world_do(thread.tcb_slot, METHOD_TCB_CONFIGURE, WORLD_CNODE, WORLD_VSPACE, thread.buffer_slot, 0);
    world_do(thread.tcb_slot, METHOD_TCB_SET_PRIORITY, WORLD_INIT_TCB, priority, priority);
    world_do(WORLD_SCHED_CONTROL, METHOD_SCHED_CONTROL_CONFIGURE, thread.context_slot, 10000000, 10000000, 0, 0);
    world_do(thread.context_slot, METHOD_SCHED_CONTEXT_BIND, thread.tcb_slot);
    world_do(thread.tcb_slot, METHOD_TCB_RESUME);
    return thread;
}

/** Threads ready, sending, receiving, waiting, calling, serving, faulted: all revoked at once. */
static void threads_scene(uint64_t untyped, uint64_t step)
{
    thread_tree = untyped;
    uint64_t endpoint = world_slots(4);
    for (uint64_t i = 0; i < 4; i++) {
        make(thread_tree,
             i < 2    ? OBJECT_TYPE_ENDPOINT
             : i == 2 ? OBJECT_TYPE_REPLY
                      : OBJECT_TYPE_NOTIFICATION,
             0, WORLD_CNODE, endpoint + i);
    }
    struct world_thread thread[8];
    for (uint8_t i = 0; i < 8; i++) {
        thread[i] = thread_in_tree((uint8_t)(20 + i % 3));
    }
    world_do(thread[6].tcb_slot, METHOD_TCB_SET_FAULT_HANDLER, endpoint);
    assert_int_equal(world_recv(thread[0].tcb, endpoint, endpoint + 2), WORLD_BLOCKED);
    world_do(thread[0].context_slot, METHOD_SCHED_CONTEXT_UNBIND);
    assert_int_equal(world_ipc_call(thread[1].tcb, endpoint, 0, 0, 0), WORLD_BLOCKED);
    assert_int_equal(world_ipc_call(thread[2].tcb, endpoint, 0, 0, 0), WORLD_BLOCKED);
    assert_int_equal(world_send(thread[3].tcb, endpoint, 0, 0, 0), WORLD_BLOCKED);
    assert_int_equal(world_recv(thread[4].tcb, endpoint + 1, 0), WORLD_BLOCKED);
    assert_int_equal(world_wait(thread[5].tcb, endpoint + 3), WORLD_BLOCKED);
    world_fault(thread[6].tcb, FAULT_EXCEPTION, (const uint64_t[]){1, 2}, 2);
    delete_preempted(METHOD_CNODE_REVOKE, thread_tree, step);
    assert_all_came_back(thread_tree, 18);
}

static void threads_in_all_states_go(void **state)
{
    (void)state;
    with_every_preemption(threads_scene, 18);
}

static void a_thread_deletes_itself(void **state)
{
    (void)state;
    thread_tree = subtree(15);
    struct world_thread thread = thread_in_tree(20);
    assert_int_equal(world_invoke(thread.tcb, WORLD_CNODE, METHOD_CNODE_DELETE, thread.tcb_slot), WORLD_BLOCKED);
    assert_ptr_not_equal(percpu()->current, thread.tcb);
    assert_true(slot_is_empty(world_slot(thread.tcb_slot)));
    cnode_do(METHOD_CNODE_REVOKE, thread_tree);
    assert_all_came_back(thread_tree, 15);
}

static void a_thread_revokes_the_memory_it_lives_in(void **state)
{
    (void)state;
    thread_tree = subtree(15);
    struct world_thread thread = thread_in_tree(20);
    assert_int_equal(world_invoke(thread.tcb, WORLD_CNODE, METHOD_CNODE_REVOKE, thread_tree), WORLD_BLOCKED);
    assert_all_came_back(thread_tree, 15);
}

/** Nobody else names the CNode that a TCB was configured with: it dies with all it holds as soon as the TCB takes another. */
static void a_cspace_that_is_replaced_dies_at_once(void **state)
{
    (void)state;
    uint64_t tcb = world_new(OBJECT_TYPE_TCB, 0);
    uint64_t cnode = world_new(OBJECT_TYPE_CNODE, 8);
    uint64_t endpoint = world_new(OBJECT_TYPE_ENDPOINT, 0);
    struct world_thread receiver = world_thread_new(20);
    world_do(tcb, METHOD_TCB_CONFIGURE, cnode, WORLD_VSPACE, 0, 0);
    assert_int_equal(world_recv(receiver.tcb, endpoint, 0), WORLD_BLOCKED);
    move(cnode, 1, endpoint);
    cnode_do(METHOD_CNODE_DELETE, cnode);
    assert_int_equal(receiver.tcb->state, THREAD_RECV);
    world_do(tcb, METHOD_TCB_CONFIGURE, WORLD_CNODE, WORLD_VSPACE, 0, 0);
    assert_int_equal(receiver.tcb->state, THREAD_READY);
    assert_int_equal(world_status(receiver.tcb), SEL_ERROR_PEER_DIED);
}

static void a_thread_deletes_its_own_cspace(void **state)
{
    (void)state;
    thread_tree = subtree(15);
    uint64_t cnode = world_slots(1);
    struct world_thread thread = thread_in_tree(20);
    make(thread_tree, OBJECT_TYPE_CNODE, CNODE_BITS, WORLD_CNODE, cnode);
    uint64_t copy = world_copy(cnode, ALL);
    world_do(copy, METHOD_CNODE_COPY, 2, WORLD_CNODE, thread.tcb_slot, ALL);
    world_do(thread.tcb_slot, METHOD_TCB_SUSPEND);
    world_do(thread.tcb_slot, METHOD_TCB_CONFIGURE, copy, WORLD_VSPACE, 0, 0);
    world_do(thread.tcb_slot, METHOD_TCB_RESUME);
    world_do(copy, METHOD_CNODE_MOVE, 1, WORLD_CNODE, cnode);
    cnode_do(METHOD_CNODE_DELETE, thread.tcb_slot);
    assert_int_equal(world_invoke(thread.tcb, 1, METHOD_CNODE_REVOKE, 1), WORLD_BLOCKED);
    cnode_do(METHOD_CNODE_REVOKE, thread_tree);
    assert_all_came_back(thread_tree, 15);
}

/* --- endpoints and notifications --- */

/** Behind its slots lies what its programs have made of the FPU's registers: no capability, whatever it looks like. */
static void no_capability_is_what_lies_behind_a_threads_slots(void **state)
{
    (void)state;
    struct world_thread thread = world_thread_new(20);
    uint64_t endpoint = world_new(OBJECT_TYPE_ENDPOINT, 0);
    struct arch_fpu_state before;
    memset(&before, 0x55, sizeof(before));
    memcpy(&before, &world_slot(endpoint)->cap, sizeof(struct cap));
    thread.tcb->fpu = before;
    cnode_do(METHOD_CNODE_DELETE, thread.tcb_slot);
    assert_memory_equal(&thread.tcb->fpu, &before, sizeof(before));
}

static void endpoint_death_wakes_all_queued(void **state)
{
    (void)state;
    uint64_t endpoint[2] = {world_new(OBJECT_TYPE_ENDPOINT, 0), world_new(OBJECT_TYPE_ENDPOINT, 0)};
    uint64_t reply = world_new(OBJECT_TYPE_REPLY, 0);
    struct world_thread thread[6];
    for (unsigned int i = 0; i < 6; i++) {
        thread[i] = world_thread_new((uint8_t)(10 + i % 2));
    }
    assert_int_equal(world_ipc_call(thread[0].tcb, endpoint[0], 0, 0, 0), WORLD_BLOCKED);
    assert_int_equal(world_send(thread[1].tcb, endpoint[0], 0, 0, 0), WORLD_BLOCKED);
    assert_int_equal(world_send(thread[2].tcb, endpoint[0], 0, 0, 0), WORLD_BLOCKED);
    assert_int_equal(world_recv(thread[3].tcb, endpoint[1], reply), WORLD_BLOCKED);
    assert_int_equal(world_recv(thread[4].tcb, endpoint[1], 0), WORLD_BLOCKED);
    fake.preempt_after = 1;
    fake.preempt_every = 1;
    cnode_do(METHOD_CNODE_DELETE, endpoint[0]);
    cnode_do(METHOD_CNODE_DELETE, endpoint[1]);
    fake.preempt_after = 0;
    for (unsigned int i = 0; i < 5; i++) {
        assert_int_equal(thread[i].tcb->state, THREAD_READY);
        assert_int_equal(world_status(thread[i].tcb), SEL_ERROR_PEER_DIED);
    }
    uint64_t again = world_new(OBJECT_TYPE_ENDPOINT, 0);
    assert_int_equal(world_recv(thread[3].tcb, again, reply), WORLD_BLOCKED);
}

static void notification_death_wakes_and_unbinds(void **state)
{
    (void)state;
    uint64_t notification = world_new(OBJECT_TYPE_NOTIFICATION, 0);
    uint64_t context = world_context_new(1000000, 10000000);
    struct world_thread bound = world_thread_new(10);
    struct world_thread waiter = world_thread_new(11);
    struct world_thread passive = world_thread_new(12);
    assert_int_equal(world_wait(waiter.tcb, notification), WORLD_BLOCKED);
    assert_int_equal(world_wait(passive.tcb, notification), WORLD_BLOCKED);
    world_do(passive.context_slot, METHOD_SCHED_CONTEXT_UNBIND);
    world_do(context, METHOD_SCHED_CONTEXT_BIND, notification);
    world_do(bound.tcb_slot, METHOD_TCB_BIND_NOTIFICATION, notification);
    fake.preempt_after = 1;
    fake.preempt_every = 1;
    cnode_do(METHOD_CNODE_DELETE, notification);
    fake.preempt_after = 0;
    assert_int_equal(world_status(waiter.tcb), SEL_ERROR_PEER_DIED);
    assert_int_equal(world_status(passive.tcb), SEL_ERROR_PEER_DIED);
    assert_null(bound.tcb->bound_notification);
    assert_null(((struct sched_context *)world_object(context))->home_notification);
}

static void reply_death_while_offered(void **state)
{
    (void)state;
    uint64_t endpoint = world_new(OBJECT_TYPE_ENDPOINT, 0);
    uint64_t reply = world_new(OBJECT_TYPE_REPLY, 0);
    struct world_thread server = world_thread_new(20);
    struct world_thread caller = world_thread_new(10);
    assert_int_equal(world_recv(server.tcb, endpoint, reply), WORLD_BLOCKED);
    cnode_do(METHOD_CNODE_DELETE, reply);
    assert_null(server.tcb->reply);
    assert_int_equal(world_ipc_call(caller.tcb, endpoint, 0, 0, 0), SEL_ERROR_CANCELLED);
    assert_int_equal(world_send(caller.tcb, endpoint, 3, 0, 0), SEL_ERROR_OK);
    assert_int_equal(tag_label(world_tag(server.tcb)), 3);
}

static void deletion_of_a_server_answers_its_callers(void **state)
{
    (void)state;
    uint64_t endpoint = world_new(OBJECT_TYPE_ENDPOINT, 0);
    struct world_thread server = world_thread_new(20);
    struct world_thread caller[3];
    for (unsigned int i = 0; i < 3; i++) {
        caller[i] = world_thread_new(10);
        assert_int_equal(world_recv(server.tcb, endpoint, world_new(OBJECT_TYPE_REPLY, 0)), WORLD_BLOCKED);
        assert_int_equal(world_ipc_call(caller[i].tcb, endpoint, 0, 0, 0), WORLD_BLOCKED);
    }
    fake.preempt_after = 1;
    fake.preempt_every = 1;
    cnode_do(METHOD_CNODE_DELETE, server.tcb_slot);
    fake.preempt_after = 0;
    assert_true(world.restart_count >= 3);
    assert_true(slot_is_empty(world_slot(server.tcb_slot)));
    for (unsigned int i = 0; i < 3; i++) {
        assert_int_equal(caller[i].tcb->state, THREAD_READY);
        assert_int_equal(world_status(caller[i].tcb), SEL_ERROR_PEER_DIED);
    }
}

/** Three senders wait; the last capability of their Endpoint goes with something that dies. */
static void preempted_from_now_on(void)
{
    world.restart_count = 0;
    fake.preempt_after = 1;
    fake.preempt_every = 1;
}

static void assert_woken_one_by_one(const struct world_thread sender[3])
{
    fake.preempt_after = 0;
    assert_true(world.restart_count >= 3);
    for (unsigned int i = 0; i < 3; i++) {
        assert_int_equal(sender[i].tcb->state, THREAD_READY);
        assert_int_equal(world_status(sender[i].tcb), SEL_ERROR_PEER_DIED);
    }
}

static uint64_t endpoint_with_senders(struct world_thread sender[3])
{
    uint64_t endpoint = world_new(OBJECT_TYPE_ENDPOINT, 0);
    for (unsigned int i = 0; i < 3; i++) {
        sender[i] = world_thread_new(10);
        assert_int_equal(world_send(sender[i].tcb, endpoint, 0, 0, 0), WORLD_BLOCKED);
    }
    return endpoint;
}

static void an_endpoint_dies_with_the_thread_whose_handler_it_was(void **state)
{
    (void)state;
    struct world_thread sender[3];
    struct world_thread thread = world_thread_new(20);
    uint64_t endpoint = endpoint_with_senders(sender);
    world_do(thread.tcb_slot, METHOD_TCB_SET_FAULT_HANDLER, endpoint);
    cnode_do(METHOD_CNODE_DELETE, endpoint);
    assert_int_equal(sender[0].tcb->state, THREAD_SEND);
    preempted_from_now_on();
    cnode_do(METHOD_CNODE_DELETE, thread.tcb_slot);
    assert_woken_one_by_one(sender);
}

static void an_endpoint_dies_when_another_handler_takes_its_place(void **state)
{
    (void)state;
    struct world_thread sender[3];
    struct world_thread thread = world_thread_new(20);
    uint64_t endpoint = endpoint_with_senders(sender);
    uint64_t other = world_new(OBJECT_TYPE_ENDPOINT, 0);
    world_do(thread.tcb_slot, METHOD_TCB_SET_FAULT_HANDLER, endpoint);
    cnode_do(METHOD_CNODE_DELETE, endpoint);
    preempted_from_now_on();
    world_do(thread.tcb_slot, METHOD_TCB_SET_FAULT_HANDLER, other);
    assert_woken_one_by_one(sender);
    assert_int_equal(cap_object(thread.tcb->slot[TCB_SLOT_FAULT].cap), (uint64_t)world_object(other));
}

static void an_endpoint_dies_with_the_cnode_it_was_in(void **state)
{
    (void)state;
    struct world_thread sender[3];
    uint64_t cnode = world_new(OBJECT_TYPE_CNODE, CNODE_BITS);
    move(cnode, 5, endpoint_with_senders(sender));
    preempted_from_now_on();
    cnode_do(METHOD_CNODE_DELETE, cnode);
    assert_woken_one_by_one(sender);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        world_test(nested_cnodes_go_with_the_outer_one),
        world_test(cyclic_cnodes_go_with_their_untyped),
        world_test(abandoned_deletion_is_finished_by_the_next),
        world_test(threads_in_all_states_go),
        world_test(a_thread_deletes_itself),
        world_test(a_cspace_that_is_replaced_dies_at_once),
        world_test(a_thread_revokes_the_memory_it_lives_in),
        world_test(a_thread_deletes_its_own_cspace),
        world_test(no_capability_is_what_lies_behind_a_threads_slots),
        world_test(endpoint_death_wakes_all_queued),
        world_test(notification_death_wakes_and_unbinds),
        world_test(reply_death_while_offered),
        world_test(deletion_of_a_server_answers_its_callers),
        world_test(an_endpoint_dies_with_the_thread_whose_handler_it_was),
        world_test(an_endpoint_dies_when_another_handler_takes_its_place),
        world_test(an_endpoint_dies_with_the_cnode_it_was_in),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
