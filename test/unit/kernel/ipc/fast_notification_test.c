/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * The fastpaths of Signal and Wait (ipc/fastpath.c): each condition, and what is refused.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "test/unit/kernel/harness/world.h"

#define SERVER_PRIORITY 150
#define CLIENT_PRIORITY 110
#define IRQ             40ul

/** Whether the last system call took a fastpath. */
static bool was_fast(void)
{
    return fake.is_fast_done;
}

struct refusal {
    uint64_t cap;
    uint64_t error;
};

static void assert_refused(uint64_t number, const struct refusal *refusals, uint64_t count)
{
    for (uint64_t i = 0; i < count; i++) {
        struct world_call call = {.cap = refusals[i].cap};
        world_syscall_refused(world.init.tcb, number, call, refusals[i].error);
        assert_false(was_fast());
    }
}

/* --- Signal, whether anybody waits (S2) or not (S1) --- */

static uint64_t pending(uint64_t notification)
{
    return ((const struct notification *)world_object(notification))->pending;
}

static void a_signal_that_nobody_waits_for_is_kept(void **state)
{
    (void)state;
    uint64_t notification = world_new(OBJECT_TYPE_NOTIFICATION, 0);
    struct world_thread bound = world_thread_new(CLIENT_PRIORITY);
    world_do(bound.tcb_slot, METHOD_TCB_BIND_NOTIFICATION, notification);
    assert_int_equal(world_signal(world.init.tcb, world_mint(notification, 0x60)), SEL_ERROR_OK);
    assert_true(was_fast());
    assert_int_equal(world_signal(world.init.tcb, notification), SEL_ERROR_OK);
    assert_true(was_fast());
    assert_int_equal(pending(notification), 0x61);
    assert_int_equal(world_wait(bound.tcb, notification), SEL_ERROR_OK);
    assert_int_equal(world_badge(bound.tcb), 0x61);
}

static void a_signal_goes_on_with_its_registers(void **state)
{
    (void)state;
    uint64_t notification = world_new(OBJECT_TYPE_NOTIFICATION, 0);
    struct world_call call = {.cap = notification, .word = {11, 12, 13, 14, 15, 16, 17, 18}};
    assert_int_equal(world_syscall(world.init.tcb, SYSCALL_SIGNAL, call), SEL_ERROR_OK);
    assert_true(was_fast());
    for (uint64_t i = 0; i < MESSAGE_REGISTER_WORDS; i++) {
        assert_int_equal(world_word(world.init.tcb, i), 11 + i);
    }
}

static void a_signal_that_is_refused(void **state)
{
    (void)state;
    uint64_t notification = world_new(OBJECT_TYPE_NOTIFICATION, 0);
    const struct refusal wrong[] = {
        {0, SEL_ERROR_INVALID_CAP},
        {1ul << 50, SEL_ERROR_INVALID_CAP},
        {world_new(OBJECT_TYPE_ENDPOINT, 0), SEL_ERROR_WRONG_TYPE},
        {world_copy(notification, SEL_RIGHT_READ), SEL_ERROR_RIGHTS},
    };
    assert_refused(SYSCALL_SIGNAL, wrong, sizeof(wrong) / sizeof(wrong[0]));
    assert_int_equal(pending(notification), 0);
}

static void a_signal_wakes_who_waits(void **state)
{
    (void)state;
    uint64_t notification = world_new(OBJECT_TYPE_NOTIFICATION, 0);
    struct world_thread waiter = world_thread_new(SERVER_PRIORITY);
    assert_int_equal(world_wait(waiter.tcb, notification), WORLD_BLOCKED);
    assert_int_equal(world_signal(world.init.tcb, notification), SEL_ERROR_OK);
    assert_true(was_fast());
    assert_ptr_equal(percpu()->current, waiter.tcb);
    assert_int_equal(world_badge(waiter.tcb), 1);
}

/** Out of a queue of equals, which stays one. */
static void a_signal_wakes_the_first_of_equals(void **state)
{
    (void)state;
    uint64_t notification = world_new(OBJECT_TYPE_NOTIFICATION, 0);
    struct world_thread first = world_thread_new(SERVER_PRIORITY);
    struct world_thread second = world_thread_new(SERVER_PRIORITY);
    assert_int_equal(world_wait(first.tcb, notification), WORLD_BLOCKED);
    assert_int_equal(world_wait(second.tcb, notification), WORLD_BLOCKED);
    assert_int_equal(world_signal(world.init.tcb, notification), SEL_ERROR_OK);
    assert_true(was_fast());
    assert_ptr_equal(percpu()->current, first.tcb);
    assert_int_equal(second.tcb->state, THREAD_WAIT);
    assert_int_equal(world_signal(first.tcb, notification), SEL_ERROR_OK);
    assert_ptr_equal(percpu()->current, first.tcb);
    assert_int_equal(second.tcb->state, THREAD_READY);
}

static void a_signal_wakes_who_waits_on_lent_time(void **state)
{
    (void)state;
    uint64_t notification = world_new(OBJECT_TYPE_NOTIFICATION, 0);
    struct world_thread waiter = world_waiter_new(SERVER_PRIORITY, notification);
    assert_int_equal(world_signal(world.init.tcb, notification), SEL_ERROR_OK);
    assert_true(was_fast());
    assert_int_equal(waiter.tcb->state, THREAD_WAIT);
    world_do(waiter.context_slot, METHOD_SCHED_CONTEXT_BIND, notification);
    assert_ptr_equal(percpu()->current, waiter.tcb);
}

static void a_signal_reaches_a_bound_receiver(void **state)
{
    (void)state;
    uint64_t notification = world_new(OBJECT_TYPE_NOTIFICATION, 0);
    struct world_thread receiver = world_thread_new(SERVER_PRIORITY);
    world_do(receiver.tcb_slot, METHOD_TCB_BIND_NOTIFICATION, notification);
    assert_int_equal(world_recv(receiver.tcb, world_new(OBJECT_TYPE_ENDPOINT, 0), 0), WORLD_BLOCKED);
    assert_int_equal(world_signal(world.init.tcb, notification), SEL_ERROR_OK);
    assert_true(was_fast());
    assert_ptr_equal(percpu()->current, receiver.tcb);
    assert_int_equal(world_tag(receiver.tcb), TAG_NOTIFICATION);
}

/* --- Wait, whether bits are there (W1) or not (W2) --- */

static void a_wait_takes_what_is_pending(void **state)
{
    (void)state;
    uint64_t notification = world_new(OBJECT_TYPE_NOTIFICATION, 0);
    struct world_thread other = world_thread_new(SERVER_PRIORITY);
    world_do(world.init.tcb_slot, METHOD_TCB_BIND_NOTIFICATION, notification);
    assert_int_equal(world_signal(other.tcb, world_mint(notification, 0x60)), SEL_ERROR_OK);
    assert_int_equal(world_signal(other.tcb, world_mint(notification, 0x3)), SEL_ERROR_OK);
    struct world_call call = {.cap = notification, .word = {11, 12, 13, 14, 15, 16, 17, 18}};
    assert_int_equal(world_syscall(world.init.tcb, SYSCALL_WAIT, call), SEL_ERROR_OK);
    assert_true(was_fast());
    assert_int_equal(world_badge(world.init.tcb), 0x63);
    assert_int_equal(pending(notification), 0);
    for (uint64_t i = 0; i < MESSAGE_REGISTER_WORDS; i++) {
        assert_int_equal(world_word(world.init.tcb, i), 11 + i);
    }
}

static void a_wait_that_is_refused(void **state)
{
    (void)state;
    uint64_t notification = world_new(OBJECT_TYPE_NOTIFICATION, 0);
    struct world_thread bound = world_thread_new(SERVER_PRIORITY);
    uint64_t taken = world_new(OBJECT_TYPE_NOTIFICATION, 0);
    world_do(bound.tcb_slot, METHOD_TCB_BIND_NOTIFICATION, taken);
    const struct refusal wrong[] = {
        {0, SEL_ERROR_INVALID_CAP},
        {1ul << 50, SEL_ERROR_INVALID_CAP},
        {world_new(OBJECT_TYPE_ENDPOINT, 0), SEL_ERROR_WRONG_TYPE},
        {world_copy(notification, SEL_RIGHT_WRITE), SEL_ERROR_RIGHTS},
        {taken, SEL_ERROR_BUSY},
    };
    assert_int_equal(world_signal(world.init.tcb, notification), SEL_ERROR_OK);
    assert_int_equal(world_signal(world.init.tcb, taken), SEL_ERROR_OK);
    assert_refused(SYSCALL_WAIT, wrong, sizeof(wrong) / sizeof(wrong[0]));
    assert_int_equal(pending(notification), 1);
    assert_int_equal(pending(taken), 1);
}

static void a_wait_blocks_until_the_signal(void **state)
{
    (void)state;
    uint64_t notification = world_new(OBJECT_TYPE_NOTIFICATION, 0);
    struct world_thread waiter = world_thread_new(SERVER_PRIORITY);
    assert_int_equal(world_wait(waiter.tcb, notification), WORLD_BLOCKED);
    assert_true(was_fast());
    assert_int_equal(waiter.tcb->state, THREAD_WAIT);
    assert_ptr_equal(percpu()->current, world.init.tcb);
    assert_int_equal(world_signal(world.init.tcb, world_mint(notification, 0x8)), SEL_ERROR_OK);
    assert_ptr_equal(percpu()->current, waiter.tcb);
    assert_int_equal(world_status(waiter.tcb), SEL_ERROR_OK);
    assert_int_equal(world_badge(waiter.tcb), 0x8);
}

/** An edge interrupt that is delivered to `notification`. */
static uint64_t interrupt_new(uint64_t notification)
{
    uint64_t slot = world_slots(1);
    world_do(WORLD_IRQ_CONTROL, METHOD_IRQ_CONTROL_GET, IRQ, IRQ_TRIGGER_EDGE, WORLD_CNODE, slot);
    world_do(slot, METHOD_IRQ_HANDLER_SET_NOTIFICATION, world_mint(notification, 0x20));
    return slot;
}

static void serve_interrupts(bool is_fast)
{
    fake.is_fast_off = !is_fast;
    uint64_t notification = world_new(OBJECT_TYPE_NOTIFICATION, 0);
    struct world_call call = {.cap = notification, .reply = interrupt_new(notification)};
    struct world_thread driver = world_thread_new(SERVER_PRIORITY);
    assert_false(fake.irq[IRQ].is_unmasked);
    assert_int_equal(world_syscall(driver.tcb, SYSCALL_WAIT, call), WORLD_BLOCKED);
    assert_int_equal(was_fast(), is_fast);
    assert_true(fake.irq[IRQ].is_unmasked);
    for (unsigned int round = 0; round < 3; round++) {
        world_irq(IRQ);
        assert_ptr_equal(percpu()->current, driver.tcb);
        assert_int_equal(world_badge(driver.tcb), 0x20);
        assert_int_equal(fake.irq[IRQ].state, FAKE_IRQ_ACTIVE);
        assert_int_equal(world_syscall(driver.tcb, SYSCALL_WAIT, call), WORLD_BLOCKED);
        assert_int_equal(fake.irq[IRQ].state, FAKE_IRQ_INACTIVE);
        assert_ptr_equal(percpu()->current, world.init.tcb);
    }
}

static void a_wait_acknowledges_an_interrupt(void **state)
{
    (void)state;
    serve_interrupts(true);
}

static void so_it_does_without_the_fastpath(void **state)
{
    (void)state;
    serve_interrupts(false);
}

/** It came again, and something else did, while its driver was busy: neither is lost. */
static void a_wait_acknowledges_before_it_takes(void **state)
{
    (void)state;
    uint64_t notification = world_new(OBJECT_TYPE_NOTIFICATION, 0);
    struct world_call call = {.cap = notification, .reply = interrupt_new(notification)};
    world_do(call.reply, METHOD_IRQ_HANDLER_ACKNOWLEDGE);
    world_irq(IRQ);
    assert_int_equal(world_poll(world.init.tcb, notification), SEL_ERROR_OK);
    fake_irq_raise(IRQ);
    assert_int_equal(world_signal(world.init.tcb, world_mint(notification, 0x2)), SEL_ERROR_OK);
    assert_int_equal(world_syscall(world.init.tcb, SYSCALL_WAIT, call), SEL_ERROR_OK);
    assert_int_equal(world_badge(world.init.tcb), 0x2);
    assert_int_equal(fake.irq[IRQ].state, FAKE_IRQ_ACTIVE); /* again, on the way out */
    assert_int_equal(pending(notification), 0x20);
}

static void a_wait_acknowledges_nothing_if_it_is_refused(void **state)
{
    (void)state;
    uint64_t notification = world_new(OBJECT_TYPE_NOTIFICATION, 0);
    uint64_t handler = interrupt_new(notification);
    const struct {
        uint64_t cap;
        uint64_t handler;
        uint64_t error;
    } wrong[] = {
        {notification, 1ul << 50, SEL_ERROR_INVALID_CAP},
        {notification, notification, SEL_ERROR_WRONG_TYPE},
        {world_copy(notification, SEL_RIGHT_WRITE), handler, SEL_ERROR_RIGHTS},
        {handler, handler, SEL_ERROR_WRONG_TYPE},
    };
    assert_int_equal(world_signal(world.init.tcb, world_mint(notification, 0x4)), SEL_ERROR_OK);
    for (uint64_t i = 0; i < sizeof(wrong) / sizeof(wrong[0]); i++) {
        struct world_call call = {.cap = wrong[i].cap, .reply = wrong[i].handler};
        world_syscall_refused(world.init.tcb, SYSCALL_WAIT, call, wrong[i].error);
        assert_false(was_fast());
        assert_false(fake.irq[IRQ].is_unmasked);
    }
    world_do(handler, METHOD_IRQ_HANDLER_CLEAR);
    struct world_call unbound = {.cap = notification, .reply = handler};
    world_syscall_refused(world.init.tcb, SYSCALL_WAIT, unbound, SEL_ERROR_NOT_BOUND);
    assert_false(was_fast());
    assert_false(fake.irq[IRQ].is_unmasked);
    assert_int_equal(pending(notification), 0x4);
}

/** The bits are there, but its time goes home while it waits: another one waits for that. */
static void a_wait_on_lent_time_gives_it_back(void **state)
{
    (void)state;
    uint64_t lender = world_new(OBJECT_TYPE_NOTIFICATION, 0);
    uint64_t other = world_new(OBJECT_TYPE_NOTIFICATION, 0);
    struct world_thread waiter = world_waiter_new(SERVER_PRIORITY, lender);
    world_do(waiter.context_slot, METHOD_SCHED_CONTEXT_BIND, lender);
    assert_int_equal(world_signal(world.init.tcb, lender), SEL_ERROR_OK);
    assert_ptr_equal(percpu()->current, waiter.tcb);
    assert_int_equal(world_signal(world.init.tcb, other), SEL_ERROR_OK);
    assert_int_equal(world_wait(waiter.tcb, other), WORLD_BLOCKED);
    assert_int_equal(waiter.tcb->state, THREAD_WAIT);
    assert_null(waiter.tcb->context);
    assert_int_equal(pending(other), 1);
}

/** Its caller's time stays with it, whatever it waits for. */
static void a_wait_on_a_callers_time_takes_what_is_pending(void **state)
{
    (void)state;
    uint64_t notification = world_new(OBJECT_TYPE_NOTIFICATION, 0);
    uint64_t endpoint = world_new(OBJECT_TYPE_ENDPOINT, 0);
    struct world_thread server = world_server_new(SERVER_PRIORITY, endpoint, world_new(OBJECT_TYPE_REPLY, 0));
    struct world_thread client = world_thread_new(CLIENT_PRIORITY);
    assert_int_equal(world_ipc_call(client.tcb, endpoint, 3, 1, 1), WORLD_BLOCKED);
    assert_int_equal(world_signal(server.tcb, world_mint(notification, 0x8)), SEL_ERROR_OK);
    assert_int_equal(world_wait(server.tcb, notification), SEL_ERROR_OK);
    assert_true(was_fast());
    assert_int_equal(world_badge(server.tcb), 0x8);
    assert_int_equal(pending(notification), 0);
    assert_ptr_equal(server.tcb->context, client.context);
}

/** Where its time came from, and comes from again at once. */
static void a_wait_at_the_lender_takes_what_is_pending(void **state)
{
    (void)state;
    uint64_t lender = world_new(OBJECT_TYPE_NOTIFICATION, 0);
    struct world_thread waiter = world_waiter_new(SERVER_PRIORITY, lender);
    world_do(waiter.context_slot, METHOD_SCHED_CONTEXT_BIND, lender);
    assert_int_equal(world_signal(world.init.tcb, lender), SEL_ERROR_OK);
    assert_int_equal(world_signal(waiter.tcb, world_mint(lender, 0x8)), SEL_ERROR_OK);
    assert_int_equal(world_wait(waiter.tcb, lender), SEL_ERROR_OK);
    assert_true(was_fast());
    assert_int_equal(world_badge(waiter.tcb), 0x8);
    assert_ptr_equal(waiter.tcb->lent_context, waiter.tcb->context);
    assert_ptr_equal(percpu()->current, waiter.tcb);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        world_test(a_signal_that_nobody_waits_for_is_kept),
        world_test(a_signal_goes_on_with_its_registers),
        world_test(a_signal_that_is_refused),
        world_test(a_signal_wakes_who_waits),
        world_test(a_signal_wakes_the_first_of_equals),
        world_test(a_signal_wakes_who_waits_on_lent_time),
        world_test(a_signal_reaches_a_bound_receiver),
        world_test(a_wait_takes_what_is_pending),
        world_test(a_wait_that_is_refused),
        world_test(a_wait_blocks_until_the_signal),
        world_test(a_wait_on_lent_time_gives_it_back),
        world_test(a_wait_on_a_callers_time_takes_what_is_pending),
        world_test(a_wait_at_the_lender_takes_what_is_pending),
        world_test(a_wait_acknowledges_an_interrupt),
        world_test(so_it_does_without_the_fastpath),
        world_test(a_wait_acknowledges_before_it_takes),
        world_test(a_wait_acknowledges_nothing_if_it_is_refused),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
