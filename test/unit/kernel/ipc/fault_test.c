/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Faults and VM exits as Calls, the verbs that complete them, and threads nobody answers for (H8).
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "kernel/object/cap.h"
#include "kernel/object/vspace.h"
#include "test/unit/kernel/harness/world.h"

struct scene {
    struct world_thread thread;
    struct world_thread handler;
    uint64_t endpoint;
    uint64_t reply;
};

static struct scene scene_new(void)
{
    struct scene scene = {
        .thread = world_thread_new(20),
        .handler = world_thread_new(30),
        .endpoint = world_new(OBJECT_TYPE_ENDPOINT, 0),
        .reply = world_new(OBJECT_TYPE_REPLY, 0),
    };
    world_do(scene.thread.tcb_slot, METHOD_TCB_SET_FAULT_HANDLER, world_mint(scene.endpoint, 0xbad));
    return scene;
}

static void raise_fault(const struct scene *scene, uint64_t label, uint64_t length)
{
    world_fault(scene->thread.tcb, label, (const uint64_t[]){11, 22, 33, 44, 55, 66, 77, 88}, length);
}

static void assert_message(const struct scene *scene, uint64_t label, uint64_t length)
{
    struct tcb *tcb = scene->handler.tcb;
    assert_int_equal(world_tag(tcb), tag_make(label, length, 0) | TAG_KERNEL);
    assert_int_equal(world_badge(tcb), 0xbad);
    for (uint64_t i = 0; i < 8; i++) {
        assert_int_equal(world_word(tcb, i), i < length ? 11 * (i + 1) : 0);
    }
}

static uint64_t answer(const struct scene *scene, uint64_t length, uint64_t word)
{
    return world_nb_send(scene->handler.tcb, scene->reply, 0, length, word);
}

static void a_fault_is_a_call_in_both_orders(void **state)
{
    (void)state;
    struct scene scene = scene_new();
    assert_int_equal(world_recv(scene.handler.tcb, scene.endpoint, scene.reply), WORLD_BLOCKED);
    raise_fault(&scene, FAULT_MEMORY, 4);
    assert_message(&scene, FAULT_MEMORY, 4);
    assert_int_equal(answer(&scene, 1, FAULT_REPLY_RESUME), SEL_ERROR_OK);
    assert_int_equal(scene.thread.tcb->state, THREAD_READY);
    raise_fault(&scene, FAULT_EXCEPTION, 3);
    assert_int_equal(scene.thread.tcb->state, THREAD_SEND);
    assert_int_equal(world_recv(scene.handler.tcb, scene.endpoint, scene.reply), SEL_ERROR_OK);
    assert_message(&scene, FAULT_EXCEPTION, 3);
}

/** The handler answers on the thread's own time: once that is stopped, others run. */
static void a_passive_handler_may_leave_the_thread_stopped(void **state)
{
    (void)state;
    uint64_t endpoint = world_new(OBJECT_TYPE_ENDPOINT, 0);
    uint64_t reply = world_new(OBJECT_TYPE_REPLY, 0);
    struct world_thread handler = world_server_new(150, endpoint, reply);
    struct world_thread thread = world_thread_new(140);
    world_do(thread.tcb_slot, METHOD_TCB_SET_FAULT_HANDLER, world_mint(endpoint, 1));
    /* Words that the answer does not have say nothing. */
    static const uint64_t answers[][2] = {{1, 0}, {0, 0}, {0, FAULT_REPLY_RESUME}};
    for (unsigned int i = 0; i < sizeof(answers) / sizeof(answers[0]); i++) {
        world_fault(thread.tcb, FAULT_EXCEPTION, (const uint64_t[]){1, 2, 3}, 3);
        assert_ptr_equal(percpu()->current, handler.tcb);
        assert_ptr_equal(thread.context->thread, handler.tcb);
        assert_int_equal(world_reply_recv(handler.tcb, endpoint, reply, 0, answers[i][0], answers[i][1]),
                         WORLD_BLOCKED);
        assert_int_equal(thread.tcb->state, THREAD_INACTIVE);
        assert_ptr_equal(thread.context->thread, thread.tcb);
        assert_ptr_equal(percpu()->current, world.init.tcb);
        world_do(thread.tcb_slot, METHOD_TCB_RESUME);
    }
}

static void verbs_of_a_native_fault(void **state)
{
    (void)state;
    struct scene scene = scene_new();
    struct tcb *tcb = scene.thread.tcb;
    static const struct {
        uint64_t length;
        uint64_t word;
        uint64_t skipped;
        uint8_t state;
    } cases[] = {
        {1, FAULT_REPLY_RESUME, 0, THREAD_READY},
        {1, FAULT_REPLY_RESUME | FAULT_REPLY_SKIP, FAKE_INSTRUCTION_BYTES, THREAD_READY},
        {1, FAULT_REPLY_SKIP, FAKE_INSTRUCTION_BYTES, THREAD_INACTIVE},
        {1, 0, 0, THREAD_INACTIVE},
        {0, FAULT_REPLY_RESUME, 0, THREAD_INACTIVE},
    };
    for (unsigned int i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
        uint64_t pc = tcb->registers.reg[FAKE_REG_PC];
        raise_fault(&scene, FAULT_MEMORY, 4);
        assert_int_equal(world_recv(scene.handler.tcb, scene.endpoint, scene.reply), SEL_ERROR_OK);
        assert_int_equal(answer(&scene, cases[i].length, cases[i].word), SEL_ERROR_OK);
        assert_int_equal(tcb->state, cases[i].state);
        assert_int_equal(tcb->registers.reg[FAKE_REG_PC], pc + cases[i].skipped);
        assert_int_equal(tcb->fault_label, 0);
        world_do(scene.thread.tcb_slot, METHOD_TCB_RESUME);
    }
}

static void an_exit_is_completed_by_the_architecture(void **state)
{
    (void)state;
    struct scene scene = scene_new();
    static const uint8_t next[] = {THREAD_READY, THREAD_WFI, THREAD_INACTIVE};
    uint64_t vspace = world_new(OBJECT_TYPE_VSPACE_GUEST, 14);
    world_do(scene.thread.tcb_slot, METHOD_TCB_SUSPEND);
    world_do(scene.thread.tcb_slot, METHOD_TCB_CONFIGURE, WORLD_CNODE, vspace, 0, 0);
    world_do(scene.thread.tcb_slot, METHOD_TCB_BIND_VCPU, world_new(OBJECT_TYPE_VCPU, 0));
    for (unsigned int i = 0; i < 3; i++) {
        world_do(scene.thread.tcb_slot, METHOD_TCB_SUSPEND);
        world_do(scene.thread.tcb_slot, METHOD_TCB_RESUME);
        raise_fault(&scene, FAULT_VM_EXIT, 8);
        assert_int_equal(world_recv(scene.handler.tcb, scene.endpoint, scene.reply), SEL_ERROR_OK);
        assert_message(&scene, FAULT_VM_EXIT, 8);
        fake.vcpu_next_state = next[i];
        assert_int_equal(answer(&scene, 8, 0x100), SEL_ERROR_OK);
        for (unsigned int word = 0; word < 8; word++) {
            assert_int_equal(fake.vcpu_reply[word], 0x100 + word);
        }
        assert_int_equal(scene.thread.tcb->state, next[i]);
    }
}

static void a_passive_handler_runs_on_the_faulting_threads_time(void **state)
{
    (void)state;
    struct scene scene = scene_new();
    assert_int_equal(world_recv(scene.handler.tcb, scene.endpoint, scene.reply), WORLD_BLOCKED);
    world_do(scene.handler.context_slot, METHOD_SCHED_CONTEXT_UNBIND);
    raise_fault(&scene, FAULT_MEMORY, 4);
    assert_ptr_equal(scene.thread.context->thread, scene.handler.tcb);
    assert_int_equal(world_reply_recv(scene.handler.tcb, scene.endpoint, scene.reply, 0, 1, FAULT_REPLY_RESUME),
                     WORLD_BLOCKED);
    assert_ptr_equal(scene.thread.context->thread, scene.thread.tcb);
    assert_int_equal(scene.thread.tcb->state, THREAD_READY);
}

static void resume_retries_without_the_handler(void **state)
{
    (void)state;
    struct scene scene = scene_new();
    raise_fault(&scene, FAULT_MEMORY, 4);
    world_do(scene.thread.tcb_slot, METHOD_TCB_RESUME);
    assert_int_equal(scene.thread.tcb->state, THREAD_READY);
    raise_fault(&scene, FAULT_MEMORY, 4);
    assert_int_equal(world_recv(scene.handler.tcb, scene.endpoint, scene.reply), SEL_ERROR_OK);
    world_do(scene.thread.tcb_slot, METHOD_TCB_RESUME);
    assert_int_equal(scene.thread.tcb->state, THREAD_READY);
    assert_int_equal(answer(&scene, 1, FAULT_REPLY_RESUME), SEL_ERROR_PEER_DIED);
}

/* --- nobody answers --- */

static void assert_stopped_and_told(const struct scene *scene)
{
    assert_int_equal(scene->thread.tcb->state, THREAD_INACTIVE);
    assert_true(fake.console_length > 0);
    fake.console_length = 0;
}

static void without_a_handler_the_thread_stops(void **state)
{
    (void)state;
    struct scene scene = scene_new();
    world_do(scene.thread.tcb_slot, METHOD_TCB_SET_FAULT_HANDLER, 0);
    raise_fault(&scene, FAULT_MEMORY, 4);
    assert_stopped_and_told(&scene);
    world_do(scene.thread.tcb_slot, METHOD_TCB_RESUME);
    assert_int_equal(scene.thread.tcb->state, THREAD_READY);
}

static void a_dead_handler_stops_the_thread(void **state)
{
    (void)state;
    struct scene scene = scene_new();
    raise_fault(&scene, FAULT_MEMORY, 4);
    assert_int_equal(world_recv(scene.handler.tcb, scene.endpoint, scene.reply), SEL_ERROR_OK);
    world_do(WORLD_CNODE, METHOD_CNODE_DELETE, scene.handler.tcb_slot);
    assert_stopped_and_told(&scene);
}

static void a_dead_endpoint_stops_the_thread(void **state)
{
    (void)state;
    struct scene scene = scene_new();
    raise_fault(&scene, FAULT_MEMORY, 4);
    world_do(WORLD_CNODE, METHOD_CNODE_REVOKE, scene.endpoint);
    assert_int_equal(scene.thread.tcb->state, THREAD_SEND);
    world_do(WORLD_CNODE, METHOD_CNODE_DELETE, scene.endpoint);
    assert_stopped_and_told(&scene);
}

static void a_handler_without_reply_object_cannot_take_it(void **state)
{
    (void)state;
    struct scene scene = scene_new();
    assert_int_equal(world_recv(scene.handler.tcb, scene.endpoint, 0), WORLD_BLOCKED);
    raise_fault(&scene, FAULT_MEMORY, 4);
    assert_stopped_and_told(&scene);
    assert_int_equal(scene.handler.tcb->state, THREAD_RECV);
}

/** Of the current thread. */
static void a_fault(void)
{
    static const uint64_t rest[MESSAGE_REGISTER_WORDS - 1] = {2, 3};
    kernel_fault(tag_make(FAULT_EXCEPTION, 3, 0) | TAG_KERNEL, 1, rest);
}

/** A passive handler of priority 150, waiting, for the faults of a new thread of 140, which runs. */
static struct world_thread passive_handler_of(struct world_thread *thread)
{
    uint64_t endpoint = world_new(OBJECT_TYPE_ENDPOINT, 0);
    struct world_thread handler = world_server_new(150, endpoint, world_new(OBJECT_TYPE_REPLY, 0));
    *thread = world_thread_new(140);
    world_do(thread->tcb_slot, METHOD_TCB_SET_FAULT_HANDLER, endpoint);
    assert_ptr_equal(percpu()->current, thread->tcb);
    return handler;
}

/** The outcome is that of the common way: only before the choice shows that there is none to make. */
static void nobody_is_chosen_after_a_fault_to_a_passive_handler(void **state)
{
    (void)state;
    struct world_thread thread;
    struct world_thread handler = passive_handler_of(&thread);
    a_fault();
    assert_ptr_equal(percpu()->current, handler.tcb);
    assert_false(percpu()->must_choose);
    world_exit();
    assert_ptr_equal(percpu()->current, handler.tcb);
    assert_int_equal(world_word(handler.tcb, 2), 3);
}

/** The switch to it is more than that of a fastpath; the outcome is the same. */
static void a_handler_whose_space_has_lost_its_id(void **state)
{
    (void)state;
    struct world_thread thread;
    struct world_thread handler = passive_handler_of(&thread);
    handler.tcb->vspace->arch.has_id = false;
    a_fault();
    assert_ptr_equal(percpu()->current, thread.tcb);
    assert_true(percpu()->must_choose);
    world_exit();
    assert_ptr_equal(percpu()->current, handler.tcb);
    assert_ptr_equal(handler.tcb->context, thread.context);
    assert_int_equal(world_word(handler.tcb, 2), 3);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        world_test(a_fault_is_a_call_in_both_orders),
        world_test(a_passive_handler_may_leave_the_thread_stopped),
        world_test(verbs_of_a_native_fault),
        world_test(an_exit_is_completed_by_the_architecture),
        world_test(a_passive_handler_runs_on_the_faulting_threads_time),
        world_test(resume_retries_without_the_handler),
        world_test(without_a_handler_the_thread_stops),
        world_test(a_dead_handler_stops_the_thread),
        world_test(a_dead_endpoint_stops_the_thread),
        world_test(a_handler_without_reply_object_cannot_take_it),
        world_test(nobody_is_chosen_after_a_fault_to_a_passive_handler),
        world_test(a_handler_whose_space_has_lost_its_id),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
