/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * H8: a fault without a handler, or whose handler cannot take it, stops that thread only, and the kernel console tells it.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "test/unit/kernel/harness/world.h"

static const uint64_t WORDS[] = {0x4000, 0x1234, 0, 0};

static void only_this_one_stopped(const struct world_thread *thread)
{
    assert_int_equal(thread->tcb->state, THREAD_INACTIVE);
    assert_ptr_equal(percpu()->current, world.init.tcb);
    assert_true(fake.console_length > 0);
}

static void a_fault_without_handler_stops_the_thread(void **state)
{
    (void)state;
    struct world_thread thread = world_thread_new(150);
    world_fault(thread.tcb, FAULT_MEMORY, WORDS, 4);
    only_this_one_stopped(&thread);
    world_do(thread.tcb_slot, METHOD_TCB_RESUME);
    assert_ptr_equal(percpu()->current, thread.tcb);
}

static void a_passive_handler_without_reply_object_does_not_take_it(void **state)
{
    (void)state;
    uint64_t endpoint = world_new(OBJECT_TYPE_ENDPOINT, 0);
    struct world_thread handler = world_server_new(160, endpoint, 0);
    struct world_thread thread = world_thread_new(150);
    world_do(thread.tcb_slot, METHOD_TCB_SET_FAULT_HANDLER, endpoint);
    world_fault(thread.tcb, FAULT_MEMORY, WORDS, 4);
    only_this_one_stopped(&thread);
    assert_int_equal(handler.tcb->state, THREAD_RECV);
}

static void a_handler_that_dies_leaves_the_thread_stopped(void **state)
{
    (void)state;
    uint64_t endpoint = world_new(OBJECT_TYPE_ENDPOINT, 0);
    struct world_thread handler = world_thread_new(160);
    struct world_thread thread = world_thread_new(150);
    assert_int_equal(world_recv(handler.tcb, endpoint, world_new(OBJECT_TYPE_REPLY, 0)), WORLD_BLOCKED);
    world_do(thread.tcb_slot, METHOD_TCB_SET_FAULT_HANDLER, endpoint);
    world_fault(thread.tcb, FAULT_MEMORY, WORDS, 4);
    assert_ptr_equal(percpu()->current, handler.tcb);
    world_do(WORLD_CNODE, METHOD_CNODE_DELETE, handler.tcb_slot);
    only_this_one_stopped(&thread);
}

/** What an earlier fault said must not be told as this one's words. */
static void words_of_an_old_fault_are_not_told(void **state)
{
    (void)state;
    uint64_t endpoint = world_new(OBJECT_TYPE_ENDPOINT, 0);
    struct world_thread handler = world_server_new(160, endpoint, world_new(OBJECT_TYPE_REPLY, 0));
    struct world_thread thread = world_thread_new(150);
    world_fault(thread.tcb, FAULT_MEMORY, (const uint64_t[]){0xabcd, 0, 0, 0}, 4);
    world_do(thread.tcb_slot, METHOD_TCB_SET_FAULT_HANDLER, endpoint);
    world_do(thread.tcb_slot, METHOD_TCB_RESUME);
    world_fault(thread.tcb, FAULT_MEMORY, WORDS, 4);
    assert_ptr_equal(percpu()->current, handler.tcb);
    fake.console_length = 0;
    memset(fake.console, 0, sizeof(fake.console));
    world_do(WORLD_CNODE, METHOD_CNODE_DELETE, handler.tcb_slot);
    only_this_one_stopped(&thread);
    assert_null(strstr(fake.console, "abcd"));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        world_test(a_fault_without_handler_stops_the_thread),
        world_test(a_passive_handler_without_reply_object_does_not_take_it),
        world_test(a_handler_that_dies_leaves_the_thread_stopped),
        world_test(words_of_an_old_fault_are_not_told),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
