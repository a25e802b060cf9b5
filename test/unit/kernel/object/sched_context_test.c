/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * SchedContext: homes, donation along calls, lending by a Notification, and what is refused.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "test/unit/kernel/harness/world.h"

#define MS 1000000ul

struct server {
    struct world_thread thread;
    uint64_t endpoint;
    uint64_t reply;
};

static struct server server_new(uint8_t priority)
{
    struct server server = {.endpoint = world_new(OBJECT_TYPE_ENDPOINT, 0), .reply = world_new(OBJECT_TYPE_REPLY, 0)};
    server.thread = world_server_new(priority, server.endpoint, server.reply);
    return server;
}

/* --- homes --- */

static void bind_gives_time_and_unbind_takes_it(void **state)
{
    (void)state;
    struct world_thread thread = world_passive_new(150);
    uint64_t context = world_context_new(1 * MS, 10 * MS);
    assert_int_equal(thread.tcb->state, THREAD_READY);
    assert_false(world_is_runnable(thread.tcb));
    world_do(context, METHOD_SCHED_CONTEXT_BIND, thread.tcb_slot);
    assert_ptr_equal(percpu()->current, thread.tcb);
    world_do(context, METHOD_SCHED_CONTEXT_UNBIND);
    assert_false(world_is_runnable(thread.tcb));
    assert_ptr_equal(percpu()->current, world.init.tcb);
    world_do(context, METHOD_SCHED_CONTEXT_BIND, thread.tcb_slot);
    assert_ptr_equal(percpu()->current, thread.tcb);
}

static void a_thread_may_unbind_its_own_time(void **state)
{
    (void)state;
    struct world_thread thread = world_thread_new(150);
    assert_int_equal(world_invoke(thread.tcb, thread.context_slot, METHOD_SCHED_CONTEXT_UNBIND), SEL_ERROR_OK);
    assert_null(thread.tcb->context);
    assert_ptr_equal(percpu()->current, world.init.tcb);
}

static void a_deleted_context_leaves_its_thread_passive(void **state)
{
    (void)state;
    struct world_thread thread = world_thread_new(150);
    world_do(WORLD_CNODE, METHOD_CNODE_DELETE, thread.context_slot);
    assert_int_equal(thread.tcb->state, THREAD_READY);
    assert_null(thread.tcb->context);
    assert_null(thread.tcb->home_context);
    assert_ptr_equal(percpu()->current, world.init.tcb);
}

static void a_deleted_thread_leaves_its_context_unbound(void **state)
{
    (void)state;
    struct world_thread thread = world_thread_new(150);
    world_do(WORLD_CNODE, METHOD_CNODE_DELETE, thread.tcb_slot);
    assert_null(thread.context->thread);
    assert_null(thread.context->home_thread);
    struct world_thread other = world_passive_new(150);
    world_do(thread.context_slot, METHOD_SCHED_CONTEXT_BIND, other.tcb_slot);
    assert_ptr_equal(percpu()->current, other.tcb);
}

static void a_context_out_of_budget_stays_so_over_unbind(void **state)
{
    (void)state;
    struct world_thread thread = world_passive_new(150);
    uint64_t context = world_context_new(1 * MS, 10 * MS);
    world_do(context, METHOD_SCHED_CONTEXT_BIND, thread.tcb_slot);
    world_advance(world_ticks(1 * MS));
    world_do(context, METHOD_SCHED_CONTEXT_UNBIND);
    assert_null(heap_first(&percpu()->releases));
    world_do(context, METHOD_SCHED_CONTEXT_BIND, thread.tcb_slot);
    assert_false(world_is_runnable(thread.tcb));
    world_advance(world_ticks(9 * MS));
    assert_ptr_equal(percpu()->current, thread.tcb);
}

/* --- donation --- */

static void a_call_donates_and_the_answer_returns(void **state)
{
    (void)state;
    struct server server = server_new(150);
    struct world_thread client = world_thread_new(110);
    uint64_t start = client.context->consumed;
    assert_int_equal(world_ipc_call(client.tcb, server.endpoint, 1, 1, 3), WORLD_BLOCKED);
    assert_ptr_equal(percpu()->current, server.thread.tcb);
    assert_ptr_equal(server.thread.tcb->context, client.context);
    world_advance(world_ticks(2 * MS));
    assert_int_equal(world_reply_recv(server.thread.tcb, server.endpoint, server.reply, 2, 1, 4), WORLD_BLOCKED);
    assert_null(server.thread.tcb->context);
    assert_ptr_equal(percpu()->current, client.tcb);
    assert_int_equal(world_word(client.tcb, 0), 4);
    assert_int_equal(client.context->consumed - start, 0);
    world_do(client.context_slot, METHOD_SCHED_CONTEXT_CONSUMED);
    assert_int_equal(world_word(world.init.tcb, 0), 2 * MS);
}

static void an_active_server_keeps_its_own_time(void **state)
{
    (void)state;
    uint64_t endpoint = world_new(OBJECT_TYPE_ENDPOINT, 0);
    uint64_t reply = world_new(OBJECT_TYPE_REPLY, 0);
    struct world_thread server = world_thread_new(150);
    struct world_thread client = world_thread_new(110);
    assert_int_equal(world_recv(server.tcb, endpoint, reply), WORLD_BLOCKED);
    assert_int_equal(world_ipc_call(client.tcb, endpoint, 1, 0, 0), WORLD_BLOCKED);
    assert_ptr_equal(server.tcb->context, server.context);
    assert_ptr_equal(client.tcb->context, client.context);
    assert_null(client.context->reply_top);
}

static void a_context_travels_along_a_chain_and_back(void **state)
{
    (void)state;
    struct server first = server_new(150);
    struct server second = server_new(160);
    struct server third = server_new(170);
    struct world_thread client = world_thread_new(110);
    assert_int_equal(world_ipc_call(client.tcb, first.endpoint, 1, 0, 0), WORLD_BLOCKED);
    assert_int_equal(world_ipc_call(first.thread.tcb, second.endpoint, 1, 0, 0), WORLD_BLOCKED);
    assert_int_equal(world_ipc_call(second.thread.tcb, third.endpoint, 1, 0, 0), WORLD_BLOCKED);
    assert_ptr_equal(third.thread.tcb->context, client.context);
    assert_int_equal(world_reply_recv(third.thread.tcb, third.endpoint, third.reply, 0, 0, 0), WORLD_BLOCKED);
    assert_ptr_equal(second.thread.tcb->context, client.context);
    assert_int_equal(world_reply_recv(second.thread.tcb, second.endpoint, second.reply, 0, 0, 0), WORLD_BLOCKED);
    assert_ptr_equal(first.thread.tcb->context, client.context);
    assert_int_equal(world_reply_recv(first.thread.tcb, first.endpoint, first.reply, 0, 0, 0), WORLD_BLOCKED);
    assert_ptr_equal(client.tcb->context, client.context);
    assert_ptr_equal(percpu()->current, client.tcb);
}

static void a_passive_server_stops_with_its_clients_budget(void **state)
{
    (void)state;
    struct server server = server_new(150);
    struct world_thread client = world_passive_new(110);
    uint64_t context = world_context_new(1 * MS, 10 * MS);
    world_do(context, METHOD_SCHED_CONTEXT_BIND, client.tcb_slot);
    assert_int_equal(world_ipc_call(client.tcb, server.endpoint, 1, 0, 0), WORLD_BLOCKED);
    world_advance(world_ticks(1 * MS));
    assert_ptr_equal(percpu()->current, world.init.tcb);
    world_advance(world_ticks(9 * MS));
    assert_ptr_equal(percpu()->current, server.thread.tcb);
}

static void unbind_in_mid_call_ends_the_donation_with_the_answer(void **state)
{
    (void)state;
    struct server server = server_new(150);
    struct world_thread client = world_thread_new(110);
    assert_int_equal(world_ipc_call(client.tcb, server.endpoint, 1, 0, 0), WORLD_BLOCKED);
    world_do(client.context_slot, METHOD_SCHED_CONTEXT_UNBIND);
    assert_ptr_equal(percpu()->current, server.thread.tcb);
    assert_int_equal(world_reply_recv(server.thread.tcb, server.endpoint, server.reply, 0, 0, 0), WORLD_BLOCKED);
    assert_null(server.thread.tcb->context);
    assert_int_equal(client.tcb->state, THREAD_READY);
    assert_null(client.tcb->context);
    assert_null(client.context->thread);
    assert_ptr_equal(percpu()->current, world.init.tcb);
}

/** The server waits for a signal in the middle of a call when its client's time is taken away. */
static void unbind_takes_the_time_of_a_server_that_waits(void **state)
{
    (void)state;
    struct server server = server_new(150);
    struct world_thread client = world_thread_new(110);
    uint64_t notification = world_new(OBJECT_TYPE_NOTIFICATION, 0);
    uint64_t badged = world_mint(notification, 1);
    assert_int_equal(world_ipc_call(client.tcb, server.endpoint, 1, 0, 0), WORLD_BLOCKED);
    assert_int_equal(world_wait(server.thread.tcb, notification), WORLD_BLOCKED);
    assert_ptr_equal(server.thread.tcb->context, client.context);
    world_do(client.context_slot, METHOD_SCHED_CONTEXT_UNBIND);
    assert_null(client.context->thread);
    assert_int_equal(world_signal(world.init.tcb, badged), SEL_ERROR_OK);
    assert_int_equal(server.thread.tcb->state, THREAD_WAIT);
    world_do(server.thread.context_slot, METHOD_SCHED_CONTEXT_BIND, server.thread.tcb_slot);
    assert_ptr_equal(percpu()->current, server.thread.tcb);
    assert_int_equal(world_badge(server.thread.tcb), 1);
}

/** Bound to a waiting thread while a server still runs on it: the new home is woken when it comes. */
static void a_context_comes_home_to_a_thread_that_waits(void **state)
{
    (void)state;
    struct server server = server_new(150);
    struct world_thread client = world_thread_new(110);
    uint64_t notification = world_new(OBJECT_TYPE_NOTIFICATION, 0);
    struct world_thread waiter = world_waiter_new(140, notification);
    uint64_t badged = world_mint(notification, 1);
    assert_int_equal(world_ipc_call(client.tcb, server.endpoint, 1, 0, 0), WORLD_BLOCKED);
    world_do(client.context_slot, METHOD_SCHED_CONTEXT_UNBIND);
    world_do(client.context_slot, METHOD_SCHED_CONTEXT_BIND, waiter.tcb_slot);
    assert_int_equal(world_signal(world.init.tcb, badged), SEL_ERROR_OK);
    assert_int_equal(waiter.tcb->state, THREAD_WAIT);
    assert_int_equal(world_reply_recv(server.thread.tcb, server.endpoint, server.reply, 0, 0, 0), WORLD_BLOCKED);
    assert_ptr_equal(waiter.tcb->context, client.context);
    assert_ptr_equal(percpu()->current, waiter.tcb);
    assert_int_equal(world_badge(waiter.tcb), 1);
}

static void a_second_context_waits_until_the_donated_one_goes(void **state)
{
    (void)state;
    struct server server = server_new(150);
    struct world_thread client = world_thread_new(110);
    uint64_t context = world_context_new(1 * MS, 10 * MS);
    assert_int_equal(world_ipc_call(client.tcb, server.endpoint, 1, 0, 0), WORLD_BLOCKED);
    world_do(context, METHOD_SCHED_CONTEXT_BIND, server.thread.tcb_slot);
    assert_ptr_equal(server.thread.tcb->context, client.context);
    assert_int_equal(world_reply_recv(server.thread.tcb, server.endpoint, server.reply, 0, 0, 0), WORLD_BLOCKED);
    assert_ptr_equal(server.thread.tcb->context, world_object(context));
    assert_ptr_equal(client.tcb->context, client.context);
}

/* --- lending --- */

struct lender {
    uint64_t notification;
    uint64_t badged;
    uint64_t context;
    struct world_thread waiter;
};

static struct lender lender_new(void)
{
    struct lender lender = {.notification = world_new(OBJECT_TYPE_NOTIFICATION, 0),
                            .context = world_context_new(1 * MS, 10 * MS)};
    lender.badged = world_mint(lender.notification, 1);
    lender.waiter = world_waiter_new(150, lender.notification);
    world_do(lender.context, METHOD_SCHED_CONTEXT_BIND, lender.notification);
    return lender;
}

static void a_notification_lends_its_context(void **state)
{
    (void)state;
    struct lender lender = lender_new();
    assert_int_equal(world_signal(world.init.tcb, lender.badged), SEL_ERROR_OK);
    assert_ptr_equal(percpu()->current, lender.waiter.tcb);
    assert_ptr_equal(lender.waiter.tcb->context, world_object(lender.context));
    assert_int_equal(world_wait(lender.waiter.tcb, lender.notification), WORLD_BLOCKED);
    assert_null(lender.waiter.tcb->context);
    assert_int_equal(world_signal(world.init.tcb, lender.badged), SEL_ERROR_OK);
    assert_ptr_equal(percpu()->current, lender.waiter.tcb);
}

static void binding_a_context_to_a_signalled_notification_wakes(void **state)
{
    (void)state;
    uint64_t notification = world_new(OBJECT_TYPE_NOTIFICATION, 0);
    struct world_thread waiter = world_waiter_new(150, notification);
    assert_int_equal(world_signal(world.init.tcb, world_mint(notification, 8)), SEL_ERROR_OK);
    assert_int_equal(waiter.tcb->state, THREAD_WAIT);
    world_do(world_context_new(1 * MS, 10 * MS), METHOD_SCHED_CONTEXT_BIND, notification);
    assert_ptr_equal(percpu()->current, waiter.tcb);
    assert_int_equal(world_badge(waiter.tcb), 8);
}

static void signals_while_it_is_lent_come_with_the_next_wait(void **state)
{
    (void)state;
    struct lender lender = lender_new();
    assert_int_equal(world_signal(world.init.tcb, lender.badged), SEL_ERROR_OK);
    assert_int_equal(world_signal(world.init.tcb, world_mint(lender.notification, 2)), SEL_ERROR_OK);
    assert_int_equal(world_wait(lender.waiter.tcb, lender.notification), SEL_ERROR_OK);
    assert_int_equal(world_badge(lender.waiter.tcb), 2);
    assert_ptr_equal(lender.waiter.tcb->context, world_object(lender.context));
}

static void a_lent_context_returns_when_the_borrower_stops(void **state)
{
    (void)state;
    struct lender lender = lender_new();
    struct world_thread second = world_waiter_new(140, lender.notification);
    assert_int_equal(world_signal(world.init.tcb, lender.badged), SEL_ERROR_OK);
    assert_int_equal(world_signal(world.init.tcb, lender.badged), SEL_ERROR_OK);
    assert_int_equal(second.tcb->state, THREAD_WAIT);
    world_do(lender.waiter.tcb_slot, METHOD_TCB_SUSPEND);
    assert_ptr_equal(percpu()->current, second.tcb);
    assert_ptr_equal(second.tcb->context, world_object(lender.context));
}

static void an_answer_does_not_end_the_loan(void **state)
{
    (void)state;
    struct lender lender = lender_new();
    uint64_t endpoint = world_new(OBJECT_TYPE_ENDPOINT, 0);
    uint64_t reply = world_new(OBJECT_TYPE_REPLY, 0);
    struct world_thread client = world_thread_new(110);
    assert_int_equal(world_signal(world.init.tcb, lender.badged), SEL_ERROR_OK);
    assert_int_equal(world_recv(lender.waiter.tcb, endpoint, reply), WORLD_BLOCKED);
    assert_int_equal(world_ipc_call(client.tcb, endpoint, 1, 0, 0), WORLD_BLOCKED);
    assert_int_equal(world_wait(lender.waiter.tcb, lender.notification), WORLD_BLOCKED);
    world_do(client.tcb_slot, METHOD_TCB_SUSPEND);
    assert_int_equal(world_signal(world.init.tcb, lender.badged), SEL_ERROR_OK);
    assert_ptr_equal(lender.waiter.tcb->context, world_object(lender.context));
    assert_int_equal(world_nb_send(lender.waiter.tcb, reply, 0, 0, 0), SEL_ERROR_PEER_DIED);
    assert_int_equal(world_nb_recv(lender.waiter.tcb, endpoint, reply), SEL_ERROR_WOULD_BLOCK);
    assert_ptr_equal(lender.waiter.tcb->context, world_object(lender.context));
}

/** The borrower, itself a server, has answered with Send: it goes on running on what it was lent. */
static void a_borrower_that_answers_goes_on(void **state)
{
    (void)state;
    struct lender lender = lender_new();
    uint64_t endpoint = world_new(OBJECT_TYPE_ENDPOINT, 0);
    uint64_t reply = world_new(OBJECT_TYPE_REPLY, 0);
    struct world_thread server = world_thread_new(120);
    struct world_thread client = world_thread_new(110);
    assert_int_equal(world_recv(server.tcb, endpoint, reply), WORLD_BLOCKED);
    assert_int_equal(world_ipc_call(client.tcb, endpoint, 1, 0, 0), WORLD_BLOCKED);
    assert_int_equal(world_signal(world.init.tcb, lender.badged), SEL_ERROR_OK);
    assert_int_equal(world_nb_send(lender.waiter.tcb, reply, 0, 0, 0), SEL_ERROR_OK);
    assert_ptr_equal(lender.waiter.tcb->context, world_object(lender.context));
    assert_int_equal(client.tcb->state, THREAD_READY);
}

/** The borrower stopped in the middle of its call; when the server is done, the next waiter gets the context. */
static void a_context_that_comes_home_finds_the_pending_signal(void **state)
{
    (void)state;
    struct lender lender = lender_new();
    struct server server = server_new(160);
    struct world_thread second = world_waiter_new(140, lender.notification);
    assert_int_equal(world_signal(world.init.tcb, lender.badged), SEL_ERROR_OK);
    assert_int_equal(world_ipc_call(lender.waiter.tcb, server.endpoint, 1, 0, 0), WORLD_BLOCKED);
    world_do(lender.waiter.tcb_slot, METHOD_TCB_SUSPEND);
    assert_int_equal(world_signal(world.init.tcb, lender.badged), SEL_ERROR_OK);
    assert_int_equal(second.tcb->state, THREAD_WAIT);
    assert_int_equal(world_reply_recv(server.thread.tcb, server.endpoint, server.reply, 0, 0, 0), WORLD_BLOCKED);
    assert_ptr_equal(percpu()->current, second.tcb);
    assert_ptr_equal(second.tcb->context, world_object(lender.context));
}

static void unbind_takes_a_lent_context_away(void **state)
{
    (void)state;
    struct lender lender = lender_new();
    assert_int_equal(world_signal(world.init.tcb, lender.badged), SEL_ERROR_OK);
    world_do(lender.context, METHOD_SCHED_CONTEXT_UNBIND);
    assert_null(lender.waiter.tcb->context);
    assert_null(lender.waiter.tcb->lent_context);
    assert_ptr_equal(percpu()->current, world.init.tcb);
}

static void a_dead_notification_leaves_its_context_unbound(void **state)
{
    (void)state;
    struct lender lender = lender_new();
    struct sched_context *context = world_object(lender.context);
    world_do(WORLD_CNODE, METHOD_CNODE_REVOKE, lender.notification);
    world_do(WORLD_CNODE, METHOD_CNODE_DELETE, lender.notification);
    assert_null(context->home_notification);
    assert_null(context->thread);
    assert_int_equal(world_status(lender.waiter.tcb), SEL_ERROR_PEER_DIED);
    world_do(lender.context, METHOD_SCHED_CONTEXT_BIND, lender.waiter.tcb_slot);
    assert_ptr_equal(percpu()->current, lender.waiter.tcb);
}

/* --- refusals --- */

static void refusals(void **state)
{
    (void)state;
    struct tcb *init = world.init.tcb;
    struct world_thread thread = world_thread_new(50);
    uint64_t blank = world_new(OBJECT_TYPE_SCHED_CONTEXT, 0);
    uint64_t context = world_context_new(1 * MS, 1 * MS);
    uint64_t notification = world_new(OBJECT_TYPE_NOTIFICATION, 0);
    world_do(world_context_new(1 * MS, 1 * MS), METHOD_SCHED_CONTEXT_BIND, notification);
    world_refused(SEL_ERROR_NOT_BOUND, init, blank, METHOD_SCHED_CONTEXT_BIND, thread.tcb_slot);
    world_refused(SEL_ERROR_NOT_BOUND, init, context, METHOD_SCHED_CONTEXT_UNBIND);
    world_refused(SEL_ERROR_ALREADY_BOUND, init, thread.context_slot, METHOD_SCHED_CONTEXT_BIND, notification);
    assert_int_equal(world_word(init, 0), 0);
    world_refused(SEL_ERROR_ALREADY_BOUND, init, context, METHOD_SCHED_CONTEXT_BIND, thread.tcb_slot);
    assert_int_equal(world_word(init, 0), 1);
    world_refused(SEL_ERROR_ALREADY_BOUND, init, context, METHOD_SCHED_CONTEXT_BIND, notification);
    world_refused(SEL_ERROR_WRONG_TYPE, init, context, METHOD_SCHED_CONTEXT_BIND, WORLD_CNODE);
    world_refused(SEL_ERROR_INVALID_CAP, init, context, METHOD_SCHED_CONTEXT_BIND, world_slots(1));
    world_refused(SEL_ERROR_TOO_FEW_ARGUMENTS, init, context, METHOD_SCHED_CONTEXT_BIND);
    world_refused(SEL_ERROR_INVALID_METHOD, init, context, METHOD_COUNT_SCHED_CONTEXT + 1);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        world_test(bind_gives_time_and_unbind_takes_it),
        world_test(a_thread_may_unbind_its_own_time),
        world_test(a_deleted_context_leaves_its_thread_passive),
        world_test(a_deleted_thread_leaves_its_context_unbound),
        world_test(a_context_out_of_budget_stays_so_over_unbind),
        world_test(a_call_donates_and_the_answer_returns),
        world_test(an_active_server_keeps_its_own_time),
        world_test(a_context_travels_along_a_chain_and_back),
        world_test(a_passive_server_stops_with_its_clients_budget),
        world_test(unbind_in_mid_call_ends_the_donation_with_the_answer),
        world_test(unbind_takes_the_time_of_a_server_that_waits),
        world_test(a_context_comes_home_to_a_thread_that_waits),
        world_test(a_second_context_waits_until_the_donated_one_goes),
        world_test(a_notification_lends_its_context),
        world_test(binding_a_context_to_a_signalled_notification_wakes),
        world_test(signals_while_it_is_lent_come_with_the_next_wait),
        world_test(a_lent_context_returns_when_the_borrower_stops),
        world_test(an_answer_does_not_end_the_loan),
        world_test(a_borrower_that_answers_goes_on),
        world_test(a_context_that_comes_home_finds_the_pending_signal),
        world_test(unbind_takes_a_lent_context_away),
        world_test(a_dead_notification_leaves_its_context_unbound),
        world_test(refusals),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
