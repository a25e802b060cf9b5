/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * System calls that do not simply end: one that was preempted, whose thread comes back to its instruction, and one whose thread is gone,
 * so that there is nobody to answer.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "test/unit/kernel/harness/world.h"

#define COPIES 20

/** Put an invocation with one word into the thread's registers, which goes on from there as if it had just executed its SVC. */
static void prepare(struct tcb *tcb, uint64_t cap, uint64_t label, uint64_t word)
{
    world_switch(tcb);
    tcb->registers.reg[0] = cap;
    tcb->registers.reg[1] = tag_make(label, 1, 0);
    tcb->registers.reg[8] = SYSCALL_CALL;
    arch_message_set(&tcb->registers, 0, word);
    tcb->registers.reg[FAKE_REG_PC] += FAKE_INSTRUCTION_BYTES;
}

/** What preempted it is served before the thread runs again, by the same entry into the kernel. */
static void a_preempted_call_serves_the_interrupt(void **state)
{
    (void)state;
    struct tcb *init = world.init.tcb;
    uint64_t endpoint = world_new(OBJECT_TYPE_ENDPOINT, 0);
    for (unsigned int i = 0; i < COPIES; i++) {
        world_copy(endpoint, SEL_RIGHT_READ);
    }
    uint64_t pc = init->registers.reg[FAKE_REG_PC];
    prepare(init, WORLD_CNODE, METHOD_CNODE_REVOKE, endpoint);
    struct arch_context before = init->registers;
    uint64_t served = fake.acknowledge_count;
    fake.preempt_after = COPIES / 2;
    fake_syscall();
    assert_int_equal(init->registers.reg[FAKE_REG_PC], pc);
    before.reg[FAKE_REG_PC] = pc;
    assert_memory_equal(&before, &init->registers, sizeof(before));
    assert_int_equal(fake.acknowledge_count, served + 1);
    assert_false(fake_irq_is_waiting());
    assert_true(slot_has_children(world_slot(endpoint)));
    world_exit();
}

/** A TCB that is half deleted has let its Notification go: when the deletion goes on it must not touch who has it now. */
static void a_half_deleted_thread_leaves_a_new_binding_alone(void **state)
{
    (void)state;
    struct tcb *init = world.init.tcb;
    struct world_thread helper = world_thread_new(50);
    uint64_t dying = world_new(OBJECT_TYPE_TCB, 0);
    uint64_t other = world_new(OBJECT_TYPE_TCB, 0);
    uint64_t notification = world_new(OBJECT_TYPE_NOTIFICATION, 0);
    uint64_t endpoint = world_new(OBJECT_TYPE_ENDPOINT, 0);
    for (uint8_t i = 0; i < 3; i++) {
        assert_int_equal(world_recv(world_thread_new(20).tcb, endpoint, 0), WORLD_BLOCKED);
    }
    world_do(dying, METHOD_TCB_BIND_NOTIFICATION, notification);
    world_do(dying, METHOD_TCB_SET_FAULT_HANDLER, endpoint);
    world_do(WORLD_CNODE, METHOD_CNODE_DELETE,
             endpoint); /* it goes with the TCB, and its receivers are told one by one */
    prepare(init, WORLD_CNODE, METHOD_CNODE_DELETE, dying);
    fake.preempt_after = 1;
    fake_syscall();
    world_exit();
    assert_false(slot_is_empty(world_slot(dying)));
    assert_int_equal(world_invoke(helper.tcb, other, METHOD_TCB_BIND_NOTIFICATION, notification), SEL_ERROR_OK);
    world_switch(init);
    init->registers.reg[FAKE_REG_PC] += FAKE_INSTRUCTION_BYTES;
    fake_syscall();
    world_exit();
    assert_true(slot_is_empty(world_slot(dying)));
    assert_ptr_equal(((struct notification *)world_object(notification))->bound, world_object(other));
}

/** Its memory may be somebody else's as soon as it is gone: nothing is written there any more. */
static void a_thread_that_deleted_itself_is_not_answered(void **state)
{
    (void)state;
    struct world_thread thread = world_thread_new(150);
    prepare(thread.tcb, WORLD_CNODE, METHOD_CNODE_DELETE, thread.tcb_slot);
    struct arch_context before = thread.tcb->registers;
    fake_syscall();
    assert_true(slot_is_empty(world_slot(thread.tcb_slot)));
    assert_memory_equal(&before, &thread.tcb->registers, sizeof(before));
    world_exit();
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        world_test(a_preempted_call_serves_the_interrupt),
        world_test(a_half_deleted_thread_leaves_a_new_binding_alone),
        world_test(a_thread_that_deleted_itself_is_not_answered),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
