/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Contexts that are not where they belong: who keeps them, who gets them next, and that nobody is left asleep who could run (H2, H4, H6).
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "kernel/object/cap.h"
#include "test/unit/kernel/harness/world.h"

#define MS 1000000ul

struct server {
    struct world_thread thread; /* passive, waits */
    uint64_t endpoint;
    uint64_t reply;
};

static struct server server_new(uint8_t priority)
{
    struct server server = {.endpoint = world_new(OBJECT_TYPE_ENDPOINT, 0), .reply = world_new(OBJECT_TYPE_REPLY, 0)};
    server.thread = world_server_new(priority, server.endpoint, server.reply);
    return server;
}

static void call(const struct tcb *caller, const struct server *server)
{
    assert_int_equal(world_ipc_call((struct tcb *)caller, server->endpoint, 1, 0, 0), WORLD_BLOCKED);
}

static uint64_t answer(const struct server *server)
{
    return world_reply_recv(server->thread.tcb, server->endpoint, server->reply, 0, 1, 42);
}

/* --- along a chain --- */

static void a_helper_answers_while_the_server_calls_on(void **state)
{
    (void)state;
    struct server first = server_new(120);
    struct server second = server_new(130);
    struct world_thread client = world_thread_new(110);
    struct world_thread helper = world_thread_new(105);
    call(client.tcb, &first);
    call(first.thread.tcb, &second);
    assert_int_equal(world_send(helper.tcb, first.reply, 0, 1, 7), SEL_ERROR_OK);
    assert_int_equal(client.tcb->state, THREAD_READY);
    assert_int_equal(world_word(client.tcb, 0), 7);
    assert_ptr_equal(client.context->thread, second.thread.tcb);
    assert_int_equal(answer(&second), WORLD_BLOCKED);
    assert_ptr_equal(client.context->thread, first.thread.tcb);
    assert_int_equal(answer(&first), WORLD_BLOCKED);
    assert_int_equal(world_reply_status(first.thread.tcb), SEL_ERROR_PEER_DIED);
    assert_ptr_equal(percpu()->current, client.tcb);
}

/** Without the time that went with the answer it waits on, but nobody can be woken without time (H2). */
static void a_helper_answers_while_the_server_waits(void **state)
{
    (void)state;
    struct server server = server_new(120);
    struct world_thread client = world_thread_new(110);
    struct world_thread helper = world_thread_new(105);
    uint64_t notification = world_new(OBJECT_TYPE_NOTIFICATION, 0);
    uint64_t badged = world_mint(notification, 4);
    call(client.tcb, &server);
    assert_int_equal(world_wait(server.thread.tcb, notification), WORLD_BLOCKED);
    assert_int_equal(world_send(helper.tcb, server.reply, 0, 1, 7), SEL_ERROR_OK);
    assert_ptr_equal(client.context->thread, client.tcb);
    assert_int_equal(world_signal(world.init.tcb, badged), SEL_ERROR_OK);
    assert_int_equal(server.thread.tcb->state, THREAD_WAIT);
    world_do(server.thread.context_slot, METHOD_SCHED_CONTEXT_BIND, server.thread.tcb_slot);
    assert_ptr_equal(percpu()->current, server.thread.tcb);
    assert_int_equal(world_badge(server.thread.tcb), 4);
}

/** The Reply between two servers dies while the second one runs: it keeps the time until it waits, then the first one needs it. */
static void time_goes_back_one_link_when_the_reply_is_gone(void **state)
{
    (void)state;
    for (unsigned int has_own_time = 0; has_own_time < 2; has_own_time++) {
        struct server first = server_new(120);
        struct server second = server_new(130);
        struct world_thread client = world_thread_new(110);
        call(client.tcb, &first);
        call(first.thread.tcb, &second);
        world_do(WORLD_CNODE, METHOD_CNODE_DELETE, second.reply);
        assert_int_equal(world_status(first.thread.tcb), SEL_ERROR_PEER_DIED);
        assert_ptr_equal(client.context->thread, second.thread.tcb);
        if (has_own_time) {
            world_do(first.thread.context_slot, METHOD_SCHED_CONTEXT_BIND, first.thread.tcb_slot);
        }
        assert_int_equal(world_recv(second.thread.tcb, second.endpoint, 0), WORLD_BLOCKED);
        assert_ptr_equal(client.context->thread, has_own_time ? client.tcb : first.thread.tcb);
        assert_ptr_equal(percpu()->current, first.thread.tcb);
        assert_int_equal(answer(&first), WORLD_BLOCKED);
        assert_ptr_equal(client.context->thread, client.tcb);
        assert_int_equal(world_word(client.tcb, 0), 42);
        world_do(client.tcb_slot, METHOD_TCB_SUSPEND);
    }
}

/** The first one has had time of its own meanwhile, waited on it for signals and lost it: one that came is taken as soon as time is back. */
static void time_that_goes_back_wakes_for_pending_bits(void **state)
{
    (void)state;
    struct server first = server_new(120);
    struct server second = server_new(130);
    struct world_thread client = world_thread_new(110);
    uint64_t notification = world_new(OBJECT_TYPE_NOTIFICATION, 0);
    uint64_t badged = world_mint(notification, 4);
    call(client.tcb, &first);
    call(first.thread.tcb, &second);
    world_do(WORLD_CNODE, METHOD_CNODE_DELETE, second.reply);
    world_do(first.thread.context_slot, METHOD_SCHED_CONTEXT_BIND, first.thread.tcb_slot);
    assert_int_equal(world_wait(first.thread.tcb, notification), WORLD_BLOCKED);
    world_do(first.thread.context_slot, METHOD_SCHED_CONTEXT_UNBIND);
    assert_int_equal(world_signal(world.init.tcb, badged), SEL_ERROR_OK);
    assert_int_equal(first.thread.tcb->state, THREAD_WAIT);
    assert_int_equal(world_recv(second.thread.tcb, second.endpoint, 0), WORLD_BLOCKED);
    assert_ptr_equal(percpu()->current, first.thread.tcb);
    assert_int_equal(world_badge(first.thread.tcb), 4);
    assert_int_equal(answer(&first), WORLD_BLOCKED);
    assert_ptr_equal(percpu()->current, client.tcb);
}

/** Unbinding does not take the time from under whom a living chain needs, even if it waits. */
static void unbind_leaves_the_end_of_a_chain_its_time(void **state)
{
    (void)state;
    struct server first = server_new(120);
    struct server second = server_new(130);
    struct world_thread client = world_thread_new(110);
    uint64_t notification = world_new(OBJECT_TYPE_NOTIFICATION, 0);
    uint64_t badged = world_mint(notification, 1);
    call(client.tcb, &first);
    call(first.thread.tcb, &second);
    assert_int_equal(world_wait(second.thread.tcb, notification), WORLD_BLOCKED);
    world_do(client.context_slot, METHOD_SCHED_CONTEXT_UNBIND);
    assert_ptr_equal(client.context->thread, second.thread.tcb);
    assert_int_equal(world_signal(world.init.tcb, badged), SEL_ERROR_OK);
    assert_ptr_equal(percpu()->current, second.thread.tcb);
    assert_int_equal(answer(&second), WORLD_BLOCKED);
    assert_ptr_equal(client.context->thread, first.thread.tcb);
    assert_int_equal(answer(&first), WORLD_BLOCKED);
    assert_null(client.context->thread);
}

/** Its own context was bound while it ran on its client's. */
static void a_server_with_a_home_falls_back_on_it(void **state)
{
    (void)state;
    struct server server = server_new(120);
    struct world_thread client = world_thread_new(110);
    uint64_t notification = world_new(OBJECT_TYPE_NOTIFICATION, 0);
    uint64_t badged = world_mint(notification, 1);
    call(client.tcb, &server);
    world_do(server.thread.context_slot, METHOD_SCHED_CONTEXT_BIND, server.thread.tcb_slot);
    assert_int_equal(world_wait(server.thread.tcb, notification), WORLD_BLOCKED);
    world_do(client.context_slot, METHOD_SCHED_CONTEXT_UNBIND);
    assert_ptr_equal(server.thread.tcb->context, server.thread.context);
    assert_int_equal(world_signal(world.init.tcb, badged), SEL_ERROR_OK);
    assert_ptr_equal(percpu()->current, server.thread.tcb);
}

static void a_queued_call_without_time_is_refused_by_a_passive_server(void **state)
{
    (void)state;
    uint64_t endpoint = world_new(OBJECT_TYPE_ENDPOINT, 0);
    struct server server = server_new(120);
    struct world_thread late = world_thread_new(105);
    struct world_thread client = world_thread_new(110);
    assert_int_equal(world_ipc_call(late.tcb, endpoint, 0, 0, 0), WORLD_BLOCKED);
    world_do(late.context_slot, METHOD_SCHED_CONTEXT_UNBIND);
    call(client.tcb, &server);
    assert_int_equal(world_reply_recv(server.thread.tcb, endpoint, server.reply, 0, 1, 42), WORLD_BLOCKED);
    assert_int_equal(world_status(late.tcb), SEL_ERROR_NO_TIME);
    assert_ptr_equal(percpu()->current, client.tcb);
}

/* --- lent by a Notification --- */

struct lender {
    uint64_t notification;
    uint64_t badged;
    struct sched_context *context;
    struct world_thread borrower; /* runs on the lent context; its own is bound to it, too */
};

static struct lender lender_new(void)
{
    uint64_t context = world_context_new(1 * MS, 10 * MS);
    struct lender lender = {.notification = world_new(OBJECT_TYPE_NOTIFICATION, 0), .context = world_object(context)};
    lender.badged = world_mint(lender.notification, 1);
    lender.borrower = world_waiter_new(150, lender.notification);
    world_do(context, METHOD_SCHED_CONTEXT_BIND, lender.notification);
    assert_int_equal(world_signal(world.init.tcb, lender.badged), SEL_ERROR_OK);
    assert_ptr_equal(lender.borrower.tcb->context, lender.context);
    world_do(lender.borrower.context_slot, METHOD_SCHED_CONTEXT_BIND, lender.borrower.tcb_slot);
    return lender;
}

/** It calls a passive server on the lent time, has its own meanwhile, and goes on with that: nobody uses the lent one. */
static struct lender lender_with_idle_loan(void)
{
    struct lender lender = lender_new();
    struct server server = server_new(160);
    call(lender.borrower.tcb, &server);
    assert_ptr_equal(lender.context->thread, server.thread.tcb);
    assert_ptr_equal(lender.borrower.tcb->context, lender.borrower.context);
    assert_int_equal(answer(&server), WORLD_BLOCKED);
    assert_ptr_equal(percpu()->current, lender.borrower.tcb);
    assert_ptr_equal(lender.borrower.tcb->context, lender.borrower.context);
    assert_null(lender.context->thread);
    return lender;
}

static void a_borrower_with_a_home_goes_on_with_its_own(void **state)
{
    (void)state;
    struct lender lender = lender_with_idle_loan();
    assert_int_equal(world_wait(lender.borrower.tcb, lender.notification), WORLD_BLOCKED);
    assert_int_equal(world_signal(world.init.tcb, lender.badged), SEL_ERROR_OK);
    assert_ptr_equal(lender.borrower.tcb->context, lender.borrower.context);
    assert_null(lender.context->thread);
}

/** The loan ends with the borrower; the signal that came meanwhile wakes the next one in line, whoever used the context. */
static void a_loan_that_ends_unused_wakes_the_next(void **state)
{
    (void)state;
    struct lender lender = lender_with_idle_loan();
    struct world_thread next = world_waiter_new(140, lender.notification);
    assert_int_equal(world_signal(world.init.tcb, lender.badged), SEL_ERROR_OK);
    assert_int_equal(next.tcb->state, THREAD_WAIT);
    world_do(lender.borrower.tcb_slot, METHOD_TCB_SUSPEND);
    assert_int_equal(next.tcb->state, THREAD_READY);
    assert_ptr_equal(next.tcb->context, lender.context);
    assert_int_equal(world_badge(next.tcb), 1);
}

/** It keeps it while it is stopped by a fault, as it keeps its callers; once one of these goes the loan ends (sched_context_unlend). */
static void a_stopped_borrower_gives_the_loan_back_with_its_caller(void **state)
{
    (void)state;
    struct lender lender = lender_with_idle_loan();
    struct world_thread next = world_waiter_new(140, lender.notification);
    struct world_thread client = world_thread_new(110);
    uint64_t endpoint = world_new(OBJECT_TYPE_ENDPOINT, 0);
    assert_int_equal(world_ipc_call(client.tcb, endpoint, 1, 0, 0), WORLD_BLOCKED);
    assert_int_equal(world_nb_recv(lender.borrower.tcb, endpoint, world_new(OBJECT_TYPE_REPLY, 0)), SEL_ERROR_OK);
    world_fault(lender.borrower.tcb, FAULT_MEMORY, (const uint64_t[]){1, 2, 3, 0}, 4);
    assert_ptr_equal(lender.context->lent_to, lender.borrower.tcb);
    assert_int_equal(world_signal(world.init.tcb, lender.badged), SEL_ERROR_OK);
    assert_int_equal(next.tcb->state, THREAD_WAIT);
    world_do(client.tcb_slot, METHOD_TCB_SUSPEND);
    assert_ptr_equal(lender.context->thread, next.tcb);
    assert_ptr_equal(percpu()->current, next.tcb);
}

/** A stray context goes home when its user waits; bits that wait are taken on the user's own time, not on the lent one. */
static void pending_bits_are_taken_on_the_time_that_remains(void **state)
{
    (void)state;
    struct server server = server_new(120);
    struct world_thread client = world_thread_new(110);
    uint64_t lent = world_context_new(1 * MS, 10 * MS);
    uint64_t notification = world_new(OBJECT_TYPE_NOTIFICATION, 0);
    uint64_t badged = world_mint(notification, 4);
    world_do(lent, METHOD_SCHED_CONTEXT_BIND, notification);
    call(client.tcb, &server);
    world_do(server.thread.context_slot, METHOD_SCHED_CONTEXT_BIND, server.thread.tcb_slot);
    world_do(client.tcb_slot, METHOD_TCB_SUSPEND);
    assert_int_equal(world_signal(world.init.tcb, badged), SEL_ERROR_OK);
    assert_int_equal(world_wait(server.thread.tcb, notification), SEL_ERROR_OK);
    assert_int_equal(world_badge(server.thread.tcb), 4);
    assert_ptr_equal(server.thread.tcb->context, server.thread.context);
    assert_ptr_equal(client.context->thread, client.tcb);
    assert_null(((struct sched_context *)world_object(lent))->thread);
}

static void pending_bits_wait_for_time(void **state)
{
    (void)state;
    struct server server = server_new(120);
    struct world_thread client = world_thread_new(110);
    uint64_t notification = world_new(OBJECT_TYPE_NOTIFICATION, 0);
    uint64_t badged = world_mint(notification, 4);
    call(client.tcb, &server);
    world_do(client.tcb_slot, METHOD_TCB_SUSPEND);
    assert_int_equal(world_signal(world.init.tcb, badged), SEL_ERROR_OK);
    assert_int_equal(world_wait(server.thread.tcb, notification), WORLD_BLOCKED);
    assert_ptr_equal(client.context->thread, client.tcb);
    assert_int_equal(((struct notification *)world_object(notification))->pending, 4);
    world_do(server.thread.context_slot, METHOD_SCHED_CONTEXT_BIND, server.thread.tcb_slot);
    assert_ptr_equal(percpu()->current, server.thread.tcb);
    assert_int_equal(world_badge(server.thread.tcb), 4);
}

/** Bound to a Notification while a server still runs on it. */
static void a_context_in_use_is_lent_when_it_is_free(void **state)
{
    (void)state;
    struct server server = server_new(120);
    struct world_thread client = world_thread_new(110);
    uint64_t notification = world_new(OBJECT_TYPE_NOTIFICATION, 0);
    uint64_t badged = world_mint(notification, 4);
    struct world_thread waiter = world_waiter_new(130, notification);
    call(client.tcb, &server);
    world_do(client.context_slot, METHOD_SCHED_CONTEXT_UNBIND);
    assert_int_equal(world_signal(world.init.tcb, badged), SEL_ERROR_OK);
    world_do(client.context_slot, METHOD_SCHED_CONTEXT_BIND, notification);
    assert_int_equal(waiter.tcb->state, THREAD_WAIT);
    assert_int_equal(answer(&server), WORLD_BLOCKED);
    assert_ptr_equal(waiter.tcb->context, client.context);
    assert_ptr_equal(percpu()->current, waiter.tcb);
}

/** H1: who would have no time of its own left takes no plain Send, whoever is further down in the chain of the time it runs on. */
static void a_stray_server_takes_no_send_before_it_waits(void **state)
{
    (void)state;
    struct server first = server_new(120);
    struct server second = server_new(130);
    struct world_thread client = world_thread_new(110);
    struct world_thread sender = world_thread_new(105);
    call(client.tcb, &first);
    call(first.thread.tcb, &second);
    world_do(WORLD_CNODE, METHOD_CNODE_DELETE, second.reply);
    assert_int_equal(world_send(sender.tcb, second.endpoint, 1, 0, 0), WORLD_BLOCKED);
    assert_int_equal(world_recv(second.thread.tcb, second.endpoint, 0), WORLD_BLOCKED);
    assert_int_equal(world_status(sender.tcb), SEL_ERROR_NO_TIME);
    assert_ptr_equal(client.context->thread, first.thread.tcb);
    assert_int_equal(answer(&first), WORLD_BLOCKED);
    assert_ptr_equal(percpu()->current, client.tcb);
}

/**
 * The server of a borrower keeps the loan when its Reply dies, and then calls the borrower, whose own time is taken meanwhile: the loan is back
 * as the time of a call (H10). It ends all the same when the borrower waits, who could not serve a plain Send on it (H1).
 */
static void a_loan_that_came_back_by_a_call_still_ends(void **state)
{
    (void)state;
    struct lender lender = lender_new();
    struct server server = server_new(160);
    struct world_thread sender = world_thread_new(105);
    uint64_t endpoint = world_new(OBJECT_TYPE_ENDPOINT, 0);
    uint64_t reply = world_new(OBJECT_TYPE_REPLY, 0);
    call(lender.borrower.tcb, &server);
    world_do(WORLD_CNODE, METHOD_CNODE_DELETE, server.reply);
    assert_ptr_equal(lender.context->thread, server.thread.tcb);
    assert_ptr_equal(lender.borrower.tcb->context, lender.borrower.context);
    assert_int_equal(world_ipc_call(server.thread.tcb, endpoint, 1, 0, 0), WORLD_BLOCKED);
    assert_int_equal(world_nb_recv(lender.borrower.tcb, endpoint, reply), SEL_ERROR_OK);
    world_do(lender.borrower.context_slot, METHOD_SCHED_CONTEXT_UNBIND);
    assert_ptr_equal(lender.borrower.tcb->context, lender.context);
    assert_ptr_equal(lender.borrower.tcb->lent_context, lender.context);
    assert_int_equal(world_send(sender.tcb, endpoint, 1, 0, 0), WORLD_BLOCKED);
    assert_int_equal(world_recv(lender.borrower.tcb, endpoint, 0), WORLD_BLOCKED);
    assert_int_equal(world_status(sender.tcb), SEL_ERROR_NO_TIME);
    assert_null(lender.context->lent_to);
    assert_null(lender.borrower.tcb->context);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        world_test(a_helper_answers_while_the_server_calls_on),
        world_test(a_helper_answers_while_the_server_waits),
        world_test(time_goes_back_one_link_when_the_reply_is_gone),
        world_test(time_that_goes_back_wakes_for_pending_bits),
        world_test(unbind_leaves_the_end_of_a_chain_its_time),
        world_test(a_server_with_a_home_falls_back_on_it),
        world_test(a_queued_call_without_time_is_refused_by_a_passive_server),
        world_test(a_borrower_with_a_home_goes_on_with_its_own),
        world_test(a_loan_that_ends_unused_wakes_the_next),
        world_test(a_stopped_borrower_gives_the_loan_back_with_its_caller),
        world_test(pending_bits_are_taken_on_the_time_that_remains),
        world_test(pending_bits_wait_for_time),
        world_test(a_context_in_use_is_lent_when_it_is_free),
        world_test(a_stray_server_takes_no_send_before_it_waits),
        world_test(a_loan_that_came_back_by_a_call_still_ends),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
