/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * TCB: every invocation and refusal; suspend and resume in every state.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "kernel/object/cap.h"
#include "kernel/object/vcpu.h"
#include "test/unit/kernel/harness/world.h"

#define ALL 0xful

#define tcb_do(thread, method, ...) world_do((thread).tcb_slot, method, __VA_ARGS__)
#define tcb_refused(error, thread, method, ...)                                                                        \
    world_refused(error, world.init.tcb, (thread).tcb_slot, method, __VA_ARGS__)

/** Made, but not configured. */
static struct world_thread raw_thread(void)
{
    struct world_thread thread = {.tcb_slot = world_new(OBJECT_TYPE_TCB, 0),
                                  .buffer_slot = world_new(OBJECT_TYPE_FRAME, 12)};
    thread.tcb = world_object(thread.tcb_slot);
    return thread;
}

/* --- configure --- */

static void configure_sets_cspace_vspace_buffer(void **state)
{
    (void)state;
    struct world_thread thread = raw_thread();
    tcb_do(thread, METHOD_TCB_CONFIGURE, WORLD_CNODE, WORLD_VSPACE, thread.buffer_slot, 1024);
    assert_ptr_equal(thread.tcb->cspace_slots, world.slots);
    assert_int_equal(thread.tcb->cspace_count, 1ul << WORLD_CNODE_BITS);
    assert_ptr_equal(thread.tcb->vspace, world_object(WORLD_VSPACE));
    assert_ptr_equal(thread.tcb->buffer, (uint8_t *)world_object(thread.buffer_slot) + 1024);
    tcb_do(thread, METHOD_TCB_CONFIGURE, WORLD_CNODE, WORLD_VSPACE, 0, 0);
    assert_null(thread.tcb->buffer);
    assert_true(slot_is_empty(&thread.tcb->slot[TCB_SLOT_BUFFER]));
}

static void configure_refuses(void **state)
{
    (void)state;
    struct world_thread thread = raw_thread();
    struct world_thread running = world_thread_new(10);
    uint64_t device = world_slots(1);
    world_do(WORLD_DEVICE, METHOD_UNTYPED_RETYPE, OBJECT_TYPE_FRAME, 12, WORLD_CNODE, device, 1);
    uint64_t read_only = world_copy(thread.buffer_slot, SEL_RIGHT_READ);
    tcb_refused(SEL_ERROR_INVALID_ARGUMENT, thread, METHOD_TCB_CONFIGURE, WORLD_CNODE, WORLD_VSPACE, device, 0);
    tcb_refused(SEL_ERROR_RIGHTS, thread, METHOD_TCB_CONFIGURE, WORLD_CNODE, WORLD_VSPACE, read_only, 0);
    tcb_refused(SEL_ERROR_ALIGNMENT, thread, METHOD_TCB_CONFIGURE, WORLD_CNODE, WORLD_VSPACE, thread.buffer_slot, 512);
    tcb_refused(SEL_ERROR_OUT_OF_RANGE, thread, METHOD_TCB_CONFIGURE, WORLD_CNODE, WORLD_VSPACE, thread.buffer_slot,
                4096);
    tcb_refused(SEL_ERROR_BUSY, running, METHOD_TCB_CONFIGURE, WORLD_CNODE, WORLD_VSPACE, 0, 0);
    tcb_refused(SEL_ERROR_INVALID_CAP, thread, METHOD_TCB_CONFIGURE, 0, WORLD_VSPACE, 0, 0);
    tcb_refused(SEL_ERROR_WRONG_TYPE, thread, METHOD_TCB_CONFIGURE, WORLD_CNODE, WORLD_CNODE, 0, 0);
    tcb_refused(SEL_ERROR_TOO_FEW_ARGUMENTS, thread, METHOD_TCB_CONFIGURE, WORLD_CNODE, WORLD_VSPACE, 0);
}

static void a_lost_cspace_stops_the_thread(void **state)
{
    (void)state;
    uint64_t cnode = world_new(OBJECT_TYPE_CNODE, 8);
    struct world_thread thread = raw_thread();
    tcb_do(thread, METHOD_TCB_CONFIGURE, cnode, WORLD_VSPACE, thread.buffer_slot, 0);
    tcb_do(thread, METHOD_TCB_RESUME);
    assert_int_equal(thread.tcb->state, THREAD_READY);
    world_do(WORLD_CNODE, METHOD_CNODE_REVOKE, cnode);
    assert_int_equal(thread.tcb->state, THREAD_INACTIVE);
    assert_int_equal(thread.tcb->cspace_count, 0);
    world_do(WORLD_CNODE, METHOD_CNODE_REVOKE, thread.buffer_slot);
    assert_null(thread.tcb->buffer);
    tcb_refused(SEL_ERROR_NOT_BOUND, thread, METHOD_TCB_RESUME);
}

/* --- priority, features --- */

static void priority_is_bounded_by_the_authority(void **state)
{
    (void)state;
    struct world_thread thread = world_thread_new(10);
    struct world_thread authority = world_thread_new(50);
    tcb_do(thread, METHOD_TCB_SET_PRIORITY, authority.tcb_slot, 50, 50);
    assert_int_equal(thread.tcb->priority, 50);
    assert_int_equal(thread.tcb->max_priority, 50);
    tcb_refused(SEL_ERROR_DENIED, thread, METHOD_TCB_SET_PRIORITY, authority.tcb_slot, 51, 0);
    tcb_refused(SEL_ERROR_DENIED, thread, METHOD_TCB_SET_PRIORITY, authority.tcb_slot, 0, 51);
    tcb_refused(SEL_ERROR_OUT_OF_RANGE, thread, METHOD_TCB_SET_PRIORITY, WORLD_INIT_TCB, 256, 0);
    tcb_refused(SEL_ERROR_OUT_OF_RANGE, thread, METHOD_TCB_SET_PRIORITY, WORLD_INIT_TCB, 0, UINT64_MAX);
    tcb_refused(SEL_ERROR_INVALID_CAP, thread, METHOD_TCB_SET_PRIORITY, 0, 0, 0);
    tcb_refused(SEL_ERROR_WRONG_TYPE, thread, METHOD_TCB_SET_PRIORITY, WORLD_CNODE, 0, 0);
    tcb_refused(SEL_ERROR_TOO_FEW_ARGUMENTS, thread, METHOD_TCB_SET_PRIORITY, WORLD_INIT_TCB, 0);
}

static void priority_moves_a_queued_sender(void **state)
{
    (void)state;
    uint64_t endpoint = world_new(OBJECT_TYPE_ENDPOINT, 0);
    struct world_thread low = world_thread_new(10);
    struct world_thread high = world_thread_new(20);
    assert_int_equal(world_send(high.tcb, endpoint, 1, 0, 0), WORLD_BLOCKED);
    assert_int_equal(world_send(low.tcb, endpoint, 2, 0, 0), WORLD_BLOCKED);
    tcb_do(low, METHOD_TCB_SET_PRIORITY, WORLD_INIT_TCB, 30, 30);
    assert_int_equal(world_recv(world.init.tcb, endpoint, 0), SEL_ERROR_OK);
    assert_int_equal(tag_label(world_tag(world.init.tcb)), 2);
}

static void features_are_known_ones(void **state)
{
    (void)state;
    struct world_thread thread = raw_thread();
    tcb_do(thread, METHOD_TCB_SET_FEATURES, TCB_FEATURE_FPU);
    assert_int_equal(thread.tcb->features, TCB_FEATURE_FPU);
    tcb_refused(SEL_ERROR_INVALID_ARGUMENT, thread, METHOD_TCB_SET_FEATURES, 2);
    tcb_refused(SEL_ERROR_INVALID_ARGUMENT, thread, METHOD_TCB_SET_FEATURES, 0x101);
    tcb_refused(SEL_ERROR_TOO_FEW_ARGUMENTS, thread, METHOD_TCB_SET_FEATURES);
}

/** The unit may hold its registers: it gives them back before the thread is told anew what it may use, and when it dies. */
static void the_fpu_is_given_back(void **state)
{
    (void)state;
    struct world_thread thread = raw_thread();
    percpu()->fpu_owner = thread.tcb;
    tcb_do(thread, METHOD_TCB_SET_FEATURES, 0);
    assert_null(percpu()->fpu_owner);
    percpu()->fpu_owner = thread.tcb;
    world_do(WORLD_CNODE, METHOD_CNODE_DELETE, thread.tcb_slot);
    assert_null(percpu()->fpu_owner);
}

/* --- registers --- */

static void registers_are_written_and_read(void **state)
{
    (void)state;
    struct world_thread thread = raw_thread();
    struct tcb *init = world.init.tcb;
    for (uint64_t i = 8; i < 37; i++) {
        world.init.buffer[i] = 1000 + i - 2;
    }
    struct world_call call = {.cap = thread.tcb_slot,
                              .tag = tag_make(METHOD_TCB_WRITE_REGISTERS, 37, 0),
                              .word = {0, 35, 1000, 1001, 1002, 1003, 1004, 1005}};
    assert_int_equal(world_syscall(init, SYSCALL_CALL, call), SEL_ERROR_OK);
    for (uint64_t i = 0; i < 33; i++) {
        assert_int_equal(arch_register_get(&thread.tcb->registers, i), 1000 + i);
    }
    tcb_do(thread, METHOD_TCB_READ_REGISTERS, 30, 3);
    assert_int_equal(world_word(init, 0), 1030);
    assert_int_equal(world_word(init, 2), 1032);
    assert_int_equal(world_word(init, 3), 0);
    assert_int_equal(tag_length(world_tag(init)), 3);
    tcb_do(thread, METHOD_TCB_READ_REGISTERS, 0, 35);
    assert_int_equal(world_word(init, 7), 1007);
    assert_int_equal(world.init.buffer[8], 1008);
    assert_int_equal(world.init.buffer[32], 1032);
    assert_int_equal(tag_length(world_tag(init)), 35);
}

static void registers_refuse(void **state)
{
    (void)state;
    struct world_thread thread = raw_thread();
    tcb_refused(SEL_ERROR_OUT_OF_RANGE, thread, METHOD_TCB_READ_REGISTERS, 35, 1);
    tcb_refused(SEL_ERROR_OUT_OF_RANGE, thread, METHOD_TCB_READ_REGISTERS, 34, 2);
    tcb_refused(SEL_ERROR_OUT_OF_RANGE, thread, METHOD_TCB_READ_REGISTERS, 1, UINT64_MAX);
    tcb_refused(SEL_ERROR_OUT_OF_RANGE, thread, METHOD_TCB_WRITE_REGISTERS, 35, 0, 1);
    tcb_refused(SEL_ERROR_OUT_OF_RANGE, thread, METHOD_TCB_WRITE_REGISTERS, 0, UINT64_MAX - 1, 1);
    tcb_refused(SEL_ERROR_BUSY, world.init, METHOD_TCB_READ_REGISTERS, 0, 1);
    tcb_refused(SEL_ERROR_BUSY, world.init, METHOD_TCB_WRITE_REGISTERS, 0, 1, 1);
    tcb_refused(SEL_ERROR_TOO_FEW_ARGUMENTS, thread, METHOD_TCB_READ_REGISTERS, 0);
    tcb_refused(SEL_ERROR_TOO_FEW_ARGUMENTS, thread, METHOD_TCB_WRITE_REGISTERS, 0, 2, 1);
}

static void many_registers_need_a_buffer(void **state)
{
    (void)state;
    struct world_thread thread = raw_thread();
    struct world_thread poor = world_thread_new(10);
    world_do(WORLD_CNODE, METHOD_CNODE_REVOKE, poor.buffer_slot);
    world_refused(SEL_ERROR_NO_BUFFER, poor.tcb, thread.tcb_slot, METHOD_TCB_READ_REGISTERS, 0, 9);
    world_refused(SEL_ERROR_NO_BUFFER, poor.tcb, thread.tcb_slot, METHOD_TCB_WRITE_REGISTERS, 0, 7, 1);
    assert_int_equal(world_invoke(poor.tcb, thread.tcb_slot, METHOD_TCB_READ_REGISTERS, 0, 8), SEL_ERROR_OK);
}

/* --- handlers, bindings --- */

static void handlers_are_set_and_taken_away(void **state)
{
    (void)state;
    static const uint64_t method[] = {METHOD_TCB_SET_FAULT_HANDLER, METHOD_TCB_SET_TIMEOUT_HANDLER};
    static const enum tcb_slot place[] = {TCB_SLOT_FAULT, TCB_SLOT_TIMEOUT};
    struct world_thread thread = raw_thread();
    uint64_t badged = world_mint(world_new(OBJECT_TYPE_ENDPOINT, 0), 42);
    uint64_t weak = world_copy(badged, SEL_RIGHT_READ);
    for (unsigned int i = 0; i < 2; i++) {
        tcb_do(thread, method[i], badged);
        assert_int_equal(cap_badge(thread.tcb->slot[place[i]].cap), 42);
        assert_int_equal(cap_bound(thread.tcb->slot[place[i]].cap), 1);
        tcb_refused(SEL_ERROR_RIGHTS, thread, method[i], weak);
        tcb_refused(SEL_ERROR_WRONG_TYPE, thread, method[i], WORLD_CNODE);
        tcb_refused(SEL_ERROR_INVALID_CAP, thread, method[i], world_slots(1));
        tcb_refused(SEL_ERROR_TOO_FEW_ARGUMENTS, thread, method[i]);
        tcb_do(thread, method[i], 0);
        assert_true(slot_is_empty(&thread.tcb->slot[place[i]]));
    }
}

static void notification_binding(void **state)
{
    (void)state;
    struct world_thread thread = raw_thread();
    struct world_thread other = raw_thread();
    uint64_t notification = world_new(OBJECT_TYPE_NOTIFICATION, 0);
    uint64_t second = world_new(OBJECT_TYPE_NOTIFICATION, 0);
    tcb_refused(SEL_ERROR_NOT_BOUND, thread, METHOD_TCB_UNBIND_NOTIFICATION);
    tcb_do(thread, METHOD_TCB_BIND_NOTIFICATION, notification);
    tcb_refused(SEL_ERROR_ALREADY_BOUND, thread, METHOD_TCB_BIND_NOTIFICATION, second);
    assert_int_equal(world_word(world.init.tcb, 0), 0);
    tcb_refused(SEL_ERROR_ALREADY_BOUND, other, METHOD_TCB_BIND_NOTIFICATION, notification);
    assert_int_equal(world_word(world.init.tcb, 0), 1);
    tcb_refused(SEL_ERROR_RIGHTS, other, METHOD_TCB_BIND_NOTIFICATION, world_copy(second, SEL_RIGHT_WRITE));
    tcb_refused(SEL_ERROR_WRONG_TYPE, other, METHOD_TCB_BIND_NOTIFICATION, WORLD_CNODE);
    tcb_refused(SEL_ERROR_INVALID_CAP, other, METHOD_TCB_BIND_NOTIFICATION, 0);
    tcb_refused(SEL_ERROR_TOO_FEW_ARGUMENTS, other, METHOD_TCB_BIND_NOTIFICATION);
    tcb_do(thread, METHOD_TCB_UNBIND_NOTIFICATION);
    tcb_do(other, METHOD_TCB_BIND_NOTIFICATION, notification);
    world_do(WORLD_CNODE, METHOD_CNODE_DELETE, notification);
    assert_null(other.tcb->bound_notification);
}

static void vcpu_binding(void **state)
{
    (void)state;
    struct world_thread native = raw_thread();
    struct world_thread guest = raw_thread();
    struct world_thread other = raw_thread();
    uint64_t vspace = world_new(OBJECT_TYPE_VSPACE_GUEST, 14);
    uint64_t vcpu = world_new(OBJECT_TYPE_VCPU, 0);
    uint64_t second = world_new(OBJECT_TYPE_VCPU, 0);
    tcb_refused(SEL_ERROR_INVALID_ARGUMENT, native, METHOD_TCB_BIND_VCPU, vcpu);
    tcb_do(native, METHOD_TCB_CONFIGURE, WORLD_CNODE, WORLD_VSPACE, 0, 0);
    tcb_refused(SEL_ERROR_INVALID_ARGUMENT, native, METHOD_TCB_BIND_VCPU, vcpu);
    tcb_do(guest, METHOD_TCB_CONFIGURE, WORLD_CNODE, vspace, 0, 0);
    tcb_do(other, METHOD_TCB_CONFIGURE, WORLD_CNODE, vspace, 0, 0);
    tcb_do(guest, METHOD_TCB_BIND_VCPU, vcpu);
    assert_ptr_equal(((struct vcpu *)world_object(vcpu))->tcb, guest.tcb);
    tcb_refused(SEL_ERROR_ALREADY_BOUND, guest, METHOD_TCB_BIND_VCPU, second);
    tcb_refused(SEL_ERROR_ALREADY_BOUND, other, METHOD_TCB_BIND_VCPU, vcpu);
    tcb_refused(SEL_ERROR_WRONG_TYPE, other, METHOD_TCB_BIND_VCPU, WORLD_CNODE);
    tcb_refused(SEL_ERROR_INVALID_CAP, other, METHOD_TCB_BIND_VCPU, 0);
    tcb_refused(SEL_ERROR_TOO_FEW_ARGUMENTS, other, METHOD_TCB_BIND_VCPU);
    world_do(WORLD_CNODE, METHOD_CNODE_DELETE, guest.tcb_slot);
    assert_null(((struct vcpu *)world_object(vcpu))->tcb);
}

static void unknown_method(void **state)
{
    (void)state;
    tcb_refused(SEL_ERROR_INVALID_METHOD, world.init, METHOD_COUNT_TCB + 1);
}

/* --- suspend and resume --- */

static void suspend_in_every_state(void **state)
{
    (void)state;
    uint64_t endpoint = world_new(OBJECT_TYPE_ENDPOINT, 0);
    uint64_t reply = world_new(OBJECT_TYPE_REPLY, 0);
    uint64_t notification = world_new(OBJECT_TYPE_NOTIFICATION, 0);
    struct world_thread ready = world_thread_new(10);
    struct world_thread waiter = world_thread_new(11);
    struct world_thread receiver = world_thread_new(12);
    struct world_thread caller = world_thread_new(13);
    assert_int_equal(world_wait(waiter.tcb, notification), WORLD_BLOCKED);
    assert_int_equal(world_recv(receiver.tcb, endpoint, reply), WORLD_BLOCKED);
    tcb_do(ready, METHOD_TCB_SUSPEND);
    tcb_do(waiter, METHOD_TCB_SUSPEND);
    tcb_do(receiver, METHOD_TCB_SUSPEND);
    assert_int_equal(world_status(waiter.tcb), SEL_ERROR_CANCELLED);
    assert_int_equal(world_status(receiver.tcb), SEL_ERROR_CANCELLED);
    assert_int_equal(world_ipc_call(caller.tcb, endpoint, 0, 0, 0), WORLD_BLOCKED);
    assert_int_equal(caller.tcb->state, THREAD_SEND);
    tcb_do(caller, METHOD_TCB_SUSPEND);
    assert_int_equal(world_status(caller.tcb), SEL_ERROR_CANCELLED);
    tcb_do(caller, METHOD_TCB_RESUME);
    tcb_do(receiver, METHOD_TCB_RESUME);
    assert_int_equal(world_recv(receiver.tcb, endpoint, reply), WORLD_BLOCKED);
    assert_int_equal(world_ipc_call(caller.tcb, endpoint, 0, 0, 0), WORLD_BLOCKED);
    assert_int_equal(caller.tcb->state, THREAD_REPLY);
    tcb_do(caller, METHOD_TCB_SUSPEND);
    assert_int_equal(world_status(caller.tcb), SEL_ERROR_CANCELLED);
    assert_int_equal(caller.tcb->state, THREAD_INACTIVE);
    assert_int_equal(world_nb_send(receiver.tcb, reply, 0, 0, 0), SEL_ERROR_PEER_DIED);
    tcb_do(ready, METHOD_TCB_RESUME);
    assert_int_equal(world_signal(ready.tcb, notification), SEL_ERROR_OK);
}

/** Who is in no system call has nothing to be told: its registers are a program's, which goes on with them. */
static void suspend_leaves_the_registers_of_who_was_running(void **state)
{
    (void)state;
    struct world_thread thread = world_thread_new(10);
    thread.tcb->registers.reg[FAKE_REG_STATUS] = 0x5151;
    tcb_do(thread, METHOD_TCB_SUSPEND);
    tcb_do(thread, METHOD_TCB_SUSPEND);
    assert_int_equal(thread.tcb->registers.reg[FAKE_REG_STATUS], 0x5151);
}

static void suspend_of_a_server_answers_its_callers(void **state)
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
    tcb_do(server, METHOD_TCB_SUSPEND);
    fake.preempt_after = 0;
    assert_true(world.restart_count >= 2);
    assert_int_equal(server.tcb->state, THREAD_INACTIVE);
    for (unsigned int i = 0; i < 3; i++) {
        assert_int_equal(caller[i].tcb->state, THREAD_READY);
        assert_int_equal(world_status(caller[i].tcb), SEL_ERROR_PEER_DIED);
    }
}

static void a_thread_stops_with_its_address_space(void **state)
{
    (void)state;
    struct world_thread thread = world_thread_new(10);
    uint64_t vspace = world_new(OBJECT_TYPE_VSPACE, 14);
    tcb_do(thread, METHOD_TCB_SUSPEND);
    tcb_do(thread, METHOD_TCB_CONFIGURE, WORLD_CNODE, vspace, thread.buffer_slot, 0);
    tcb_do(thread, METHOD_TCB_RESUME);
    assert_ptr_equal(thread.tcb->vspace, world_object(vspace));
    world_do(WORLD_CNODE, METHOD_CNODE_REVOKE, vspace);
    assert_int_equal(thread.tcb->state, THREAD_INACTIVE);
    assert_null(thread.tcb->vspace);
    world_refused(SEL_ERROR_NOT_BOUND, world.init.tcb, thread.tcb_slot, METHOD_TCB_RESUME);
}

static void a_thread_can_suspend_itself(void **state)
{
    (void)state;
    struct world_thread thread = world_thread_new(10);
    assert_int_equal(world_invoke(thread.tcb, thread.tcb_slot, METHOD_TCB_SUSPEND), WORLD_BLOCKED);
    assert_int_equal(thread.tcb->state, THREAD_INACTIVE);
    tcb_do(thread, METHOD_TCB_RESUME);
    assert_int_equal(world_status(thread.tcb), SEL_ERROR_OK);
}

static void a_lost_vspace_keeps_the_thread_stopped(void **state)
{
    (void)state;
    uint64_t vspace = world_new(OBJECT_TYPE_VSPACE, 14);
    struct world_thread thread = raw_thread();
    tcb_do(thread, METHOD_TCB_CONFIGURE, WORLD_CNODE, vspace, thread.buffer_slot, 0);
    world_do(WORLD_CNODE, METHOD_CNODE_REVOKE, vspace);
    tcb_refused(SEL_ERROR_NOT_BOUND, thread, METHOD_TCB_RESUME);
    tcb_do(thread, METHOD_TCB_CONFIGURE, WORLD_CNODE, WORLD_VSPACE, thread.buffer_slot, 0);
    tcb_do(thread, METHOD_TCB_RESUME);
    assert_int_equal(thread.tcb->state, THREAD_READY);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        world_test(configure_sets_cspace_vspace_buffer),
        world_test(configure_refuses),
        world_test(a_lost_cspace_stops_the_thread),
        world_test(priority_is_bounded_by_the_authority),
        world_test(priority_moves_a_queued_sender),
        world_test(features_are_known_ones),
        world_test(the_fpu_is_given_back),
        world_test(registers_are_written_and_read),
        world_test(registers_refuse),
        world_test(many_registers_need_a_buffer),
        world_test(handlers_are_set_and_taken_away),
        world_test(notification_binding),
        world_test(vcpu_binding),
        world_test(unknown_method),
        world_test(suspend_in_every_state),
        world_test(suspend_leaves_the_registers_of_who_was_running),
        world_test(suspend_of_a_server_answers_its_callers),
        world_test(a_thread_stops_with_its_address_space),
        world_test(a_thread_can_suspend_itself),
        world_test(a_lost_vspace_keeps_the_thread_stopped),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
