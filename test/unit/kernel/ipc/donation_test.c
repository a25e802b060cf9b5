/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Time along call chains: donation, answers, and where a context goes when a link dies (H3, H4, H6, H10).
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "kernel/object/cap.h"
#include "test/unit/kernel/harness/world.h"

#define LINKS 3

/** client -> server[0] -> server[1] -> server[2], all servers passive. */
struct chain {
    struct world_thread client;
    struct world_thread server[LINKS];
    uint64_t endpoint[LINKS];
    uint64_t reply[LINKS];
};

static struct chain chain_new(void)
{
    struct chain chain = {.client = world_thread_new(10)};
    for (unsigned int i = 0; i < LINKS; i++) {
        chain.endpoint[i] = world_new(OBJECT_TYPE_ENDPOINT, 0);
        chain.reply[i] = world_new(OBJECT_TYPE_REPLY, 0);
        chain.server[i] = world_thread_new((uint8_t)(20 + i));
        assert_int_equal(world_recv(chain.server[i].tcb, chain.endpoint[i], chain.reply[i]), WORLD_BLOCKED);
        world_do(chain.server[i].context_slot, METHOD_SCHED_CONTEXT_UNBIND);
        assert_null(chain.server[i].tcb->context);
    }
    return chain;
}

/** Call down to server `last`. */
static void chain_call(const struct chain *chain, unsigned int last)
{
    struct tcb *tcb = chain->client.tcb;
    for (unsigned int i = 0; i <= last; i++) {
        assert_int_equal(world_ipc_call(tcb, chain->endpoint[i], i, 1, i), WORLD_BLOCKED);
        tcb = chain->server[i].tcb;
        assert_ptr_equal(chain->client.context->thread, tcb);
    }
}

static uint64_t answer(const struct chain *chain, unsigned int index)
{
    return world_reply_recv(chain->server[index].tcb, chain->endpoint[index], chain->reply[index], 0, 1, 100 + index);
}

static void a_chain_runs_on_the_clients_time(void **state)
{
    (void)state;
    struct chain chain = chain_new();
    for (unsigned int round = 0; round < 3; round++) {
        chain_call(&chain, LINKS - 1);
        for (unsigned int i = LINKS; i-- > 0;) {
            assert_int_equal(answer(&chain, i), WORLD_BLOCKED);
            const struct tcb *caller = i == 0 ? chain.client.tcb : chain.server[i - 1].tcb;
            assert_ptr_equal(chain.client.context->thread, caller);
            assert_int_equal(world_word(caller, 0), 100 + i);
            assert_int_equal(world_status(caller), SEL_ERROR_OK);
        }
        assert_null(chain.client.context->reply_top);
    }
}

static void an_active_server_uses_its_own_time(void **state)
{
    (void)state;
    uint64_t endpoint = world_new(OBJECT_TYPE_ENDPOINT, 0);
    uint64_t reply = world_new(OBJECT_TYPE_REPLY, 0);
    struct world_thread server = world_thread_new(20);
    struct world_thread client = world_thread_new(10);
    assert_int_equal(world_recv(server.tcb, endpoint, reply), WORLD_BLOCKED);
    assert_int_equal(world_ipc_call(client.tcb, endpoint, 0, 0, 0), WORLD_BLOCKED);
    assert_ptr_equal(client.context->thread, client.tcb);
    assert_ptr_equal(server.context->thread, server.tcb);
    assert_null(((struct reply *)world_object(reply))->context);
}

/* --- a link dies --- */

static void the_last_server_dies(void **state)
{
    (void)state;
    struct chain chain = chain_new();
    chain_call(&chain, 1);
    world_do(WORLD_CNODE, METHOD_CNODE_DELETE, chain.server[1].tcb_slot);
    assert_int_equal(world_status(chain.server[0].tcb), SEL_ERROR_PEER_DIED);
    assert_ptr_equal(chain.client.context->thread, chain.server[0].tcb);
    assert_int_equal(answer(&chain, 0), WORLD_BLOCKED);
    assert_int_equal(world_word(chain.client.tcb, 0), 100);
    assert_ptr_equal(chain.client.context->thread, chain.client.tcb);
}

static void a_middle_server_dies(void **state)
{
    (void)state;
    struct chain chain = chain_new();
    chain_call(&chain, 1);
    world_do(WORLD_CNODE, METHOD_CNODE_DELETE, chain.server[0].tcb_slot);
    assert_int_equal(world_status(chain.client.tcb), SEL_ERROR_PEER_DIED);
    assert_ptr_equal(chain.client.context->thread, chain.server[1].tcb);
    assert_int_equal(answer(&chain, 1), WORLD_BLOCKED);
    assert_int_equal(world_reply_status(chain.server[1].tcb), SEL_ERROR_PEER_DIED);
    assert_ptr_equal(chain.client.context->thread, chain.client.tcb);
    assert_true(world_is_runnable(chain.client.tcb));
}

static void the_client_dies(void **state)
{
    (void)state;
    struct chain chain = chain_new();
    chain_call(&chain, 2);
    world_do(WORLD_CNODE, METHOD_CNODE_DELETE, chain.client.tcb_slot);
    assert_ptr_equal(chain.client.context->thread, chain.server[2].tcb);
    assert_int_equal(answer(&chain, 2), WORLD_BLOCKED);
    assert_int_equal(answer(&chain, 1), WORLD_BLOCKED);
    assert_ptr_equal(chain.client.context->thread, chain.server[0].tcb);
    assert_int_equal(answer(&chain, 0), WORLD_BLOCKED);
    assert_null(chain.client.context->thread);
    struct world_thread next = world_thread_new(10);
    assert_int_equal(world_ipc_call(next.tcb, chain.endpoint[0], 0, 0, 0), WORLD_BLOCKED);
    assert_ptr_equal(next.context->thread, chain.server[0].tcb);
}

/** A server without a CSpace is stopped, and still owes its answer: the context that was donated to it goes with its home. */
static void a_stopped_server_does_not_keep_an_unbound_context(void **state)
{
    (void)state;
    struct chain chain = chain_new();
    chain_call(&chain, 0);
    tcb_stop(chain.server[0].tcb);
    assert_ptr_equal(chain.client.context->thread, chain.server[0].tcb);
    world_do(chain.client.context_slot, METHOD_SCHED_CONTEXT_UNBIND);
    assert_null(chain.client.context->thread);
    assert_null(chain.server[0].tcb->context);
}

static void the_reply_object_in_the_middle_dies(void **state)
{
    (void)state;
    struct chain chain = chain_new();
    chain_call(&chain, 1);
    world_do(WORLD_CNODE, METHOD_CNODE_DELETE, chain.reply[1]);
    assert_int_equal(world_status(chain.server[0].tcb), SEL_ERROR_PEER_DIED);
    assert_ptr_equal(chain.client.context->thread, chain.server[1].tcb);
    assert_int_equal(world_recv(chain.server[1].tcb, chain.endpoint[1], 0), WORLD_BLOCKED);
    assert_ptr_equal(chain.client.context->thread, chain.server[0].tcb);
    assert_int_equal(answer(&chain, 0), WORLD_BLOCKED);
    assert_ptr_equal(chain.client.context->thread, chain.client.tcb);
    assert_int_equal(world_word(chain.client.tcb, 0), 100);
}

static void the_reply_object_of_the_client_dies(void **state)
{
    (void)state;
    struct chain chain = chain_new();
    chain_call(&chain, 1);
    world_do(WORLD_CNODE, METHOD_CNODE_DELETE, chain.reply[0]);
    assert_int_equal(world_status(chain.client.tcb), SEL_ERROR_PEER_DIED);
    assert_int_equal(answer(&chain, 1), WORLD_BLOCKED);
    assert_ptr_equal(chain.client.context->thread, chain.server[0].tcb);
    assert_int_equal(world_recv(chain.server[0].tcb, chain.endpoint[0], 0), WORLD_BLOCKED);
    assert_ptr_equal(chain.client.context->thread, chain.client.tcb);
    assert_true(world_is_runnable(chain.client.tcb));
}

static void the_context_dies_under_a_server(void **state)
{
    (void)state;
    struct chain chain = chain_new();
    chain_call(&chain, 1);
    world_do(WORLD_CNODE, METHOD_CNODE_DELETE, chain.client.context_slot);
    assert_null(chain.server[1].tcb->context);
    world_do(chain.server[1].tcb_slot, METHOD_TCB_SUSPEND);
    assert_int_equal(world_status(chain.server[0].tcb), SEL_ERROR_PEER_DIED);
    world_do(chain.server[0].tcb_slot, METHOD_TCB_SUSPEND);
    assert_int_equal(world_status(chain.client.tcb), SEL_ERROR_PEER_DIED);
}

/** A server that waits for an answer is given a context and loses it: what it was called with stays in its chain. */
static void a_context_that_was_not_donated_leaves_the_chain(void **state)
{
    (void)state;
    struct chain chain = chain_new();
    chain_call(&chain, 1);
    assert_int_equal(world_recv(chain.server[1].tcb, chain.endpoint[2], 0), WORLD_BLOCKED);
    world_do(chain.server[0].context_slot, METHOD_SCHED_CONTEXT_BIND, chain.server[0].tcb_slot);
    world_do(chain.server[0].context_slot, METHOD_SCHED_CONTEXT_UNBIND);
    assert_ptr_equal(chain.client.context->thread, chain.server[1].tcb);
    assert_ptr_equal(chain.client.context->reply_top, world_object(chain.reply[1]));
}

/** A server that runs on its dead client's time, a context of its own at home: it has time when it waits. */
static struct chain server_with_time_at_home(void)
{
    struct chain chain = chain_new();
    chain_call(&chain, 0);
    world_do(chain.server[0].context_slot, METHOD_SCHED_CONTEXT_BIND, chain.server[0].tcb_slot);
    world_do(WORLD_CNODE, METHOD_CNODE_DELETE, chain.reply[0]);
    assert_ptr_equal(chain.client.context->thread, chain.server[0].tcb);
    return chain;
}

static void assert_everybody_is_at_home(const struct chain *chain)
{
    assert_ptr_equal(chain->client.context->thread, chain->client.tcb);
    assert_ptr_equal(chain->server[0].context->thread, chain->server[0].tcb);
    assert_int_equal(chain->server[0].tcb->state, THREAD_READY);
}

static void a_server_with_time_at_home_takes_signals(void **state)
{
    (void)state;
    struct chain chain = server_with_time_at_home();
    uint64_t notification = world_new(OBJECT_TYPE_NOTIFICATION, 0);
    world_do(chain.server[0].tcb_slot, METHOD_TCB_BIND_NOTIFICATION, notification);
    assert_int_equal(world_signal(world.init.tcb, notification), SEL_ERROR_OK);
    assert_int_equal(world_wait(chain.server[0].tcb, notification), SEL_ERROR_OK);
    assert_everybody_is_at_home(&chain);
    assert_int_equal(world_signal(world.init.tcb, notification), SEL_ERROR_OK);
    assert_int_equal(world_recv(chain.server[0].tcb, chain.endpoint[0], 0), SEL_ERROR_OK);
}

static void a_server_with_time_at_home_takes_sends(void **state)
{
    (void)state;
    struct chain chain = server_with_time_at_home();
    struct world_thread sender = world_thread_new(5);
    assert_int_equal(world_send(sender.tcb, chain.endpoint[0], 0, 1, 77), WORLD_BLOCKED);
    assert_int_equal(world_recv(chain.server[0].tcb, chain.endpoint[0], 0), SEL_ERROR_OK);
    assert_int_equal(world_word(chain.server[0].tcb, 0), 77);
    assert_everybody_is_at_home(&chain);
}

static void the_context_dies_while_its_server_waits(void **state)
{
    (void)state;
    struct chain chain = chain_new();
    struct tcb *server = chain.server[1].tcb;
    uint64_t notification = world_new(OBJECT_TYPE_NOTIFICATION, 0);
    chain_call(&chain, 1);
    assert_int_equal(world_wait(server, notification), WORLD_BLOCKED);
    assert_ptr_equal(chain.client.context->thread, server);
    world_do(WORLD_CNODE, METHOD_CNODE_DELETE, chain.client.context_slot);
    assert_null(server->context);
    assert_true(server->is_passive_waiter);
    assert_int_equal(world_signal(world.init.tcb, notification), SEL_ERROR_OK);
    assert_int_equal(server->state, THREAD_WAIT);
}

static void a_cancelled_caller_is_no_error_for_the_server(void **state)
{
    (void)state;
    struct chain chain = chain_new();
    chain_call(&chain, 0);
    world_do(chain.client.tcb_slot, METHOD_TCB_SUSPEND);
    assert_int_equal(answer(&chain, 0), WORLD_BLOCKED);
    assert_int_equal(world_reply_status(chain.server[0].tcb), SEL_ERROR_PEER_DIED);
    assert_ptr_equal(chain.client.context->thread, chain.client.tcb);
    world_do(chain.client.tcb_slot, METHOD_TCB_RESUME);
    assert_int_equal(world_status(chain.client.tcb), SEL_ERROR_CANCELLED);
    assert_int_equal(world_ipc_call(chain.client.tcb, chain.endpoint[0], 0, 0, 0), WORLD_BLOCKED);
}

/* --- replies by others, several callers --- */

static void a_server_with_two_callers_keeps_the_first_ones_time(void **state)
{
    (void)state;
    struct chain chain = chain_new();
    struct world_thread second = world_thread_new(11);
    uint64_t spare = world_new(OBJECT_TYPE_REPLY, 0);
    chain_call(&chain, 0);
    assert_int_equal(world_recv(chain.server[0].tcb, chain.endpoint[0], spare), WORLD_BLOCKED);
    assert_ptr_equal(chain.client.context->thread, chain.server[0].tcb);
    assert_int_equal(world_ipc_call(second.tcb, chain.endpoint[0], 0, 0, 0), WORLD_BLOCKED);
    assert_ptr_equal(second.context->thread, second.tcb);
    assert_int_equal(world_nb_send(chain.server[0].tcb, spare, 7, 0, 0), SEL_ERROR_OK);
    assert_int_equal(tag_label(world_tag(second.tcb)), 7);
    assert_ptr_equal(chain.client.context->thread, chain.server[0].tcb);
    assert_int_equal(answer(&chain, 0), WORLD_BLOCKED);
    assert_ptr_equal(chain.client.context->thread, chain.client.tcb);
}

static void an_answer_by_another_thread_brings_the_time_back(void **state)
{
    (void)state;
    struct chain chain = chain_new();
    struct world_thread colleague = world_thread_new(30);
    chain_call(&chain, 0);
    assert_int_equal(world_nb_send(colleague.tcb, chain.reply[0], 9, 0, 0), SEL_ERROR_OK);
    assert_int_equal(tag_label(world_tag(chain.client.tcb)), 9);
    assert_ptr_equal(chain.client.context->thread, chain.client.tcb);
    assert_null(chain.server[0].tcb->context);
    assert_int_equal(world_nb_send(colleague.tcb, chain.reply[0], 9, 0, 0), SEL_ERROR_PEER_DIED);
}

static void an_answer_out_of_order_leaves_the_time_where_it_works(void **state)
{
    (void)state;
    struct chain chain = chain_new();
    struct world_thread colleague = world_thread_new(30);
    chain_call(&chain, 1);
    assert_int_equal(world_nb_send(colleague.tcb, chain.reply[0], 9, 0, 0), SEL_ERROR_OK);
    assert_int_equal(world_status(chain.client.tcb), SEL_ERROR_OK);
    assert_ptr_equal(chain.client.context->thread, chain.server[1].tcb);
    assert_int_equal(answer(&chain, 1), WORLD_BLOCKED);
    assert_ptr_equal(chain.client.context->thread, chain.server[0].tcb);
    assert_int_equal(answer(&chain, 0), WORLD_BLOCKED);
    assert_ptr_equal(chain.client.context->thread, chain.client.tcb);
    assert_true(world_is_runnable(chain.client.tcb));
}

static void a_call_at_the_lowest_priority_lets_equals_go_first(void **state)
{
    (void)state;
    uint64_t endpoint = world_new(OBJECT_TYPE_ENDPOINT, 0);
    struct world_thread server = world_server_new(0, endpoint, world_new(OBJECT_TYPE_REPLY, 0));
    struct world_thread client = world_thread_new(0);
    struct world_thread equal = world_thread_new(0);
    assert_int_equal(world_wait(world.init.tcb, world_new(OBJECT_TYPE_NOTIFICATION, 0)), WORLD_BLOCKED);
    assert_int_equal(world_ipc_call(client.tcb, endpoint, 0, 0, 0), WORLD_BLOCKED);
    assert_ptr_equal(percpu()->current, equal.tcb);
    assert_true(server.tcb->is_queued);
}

/** The chain is cut while its middle servers still owe answers; one of them is given time along the same call once more. */
static void a_cut_chain_leaves_no_link_behind(void **state)
{
    (void)state;
    struct chain chain = chain_new();
    const struct reply *bottom = world_object(chain.reply[0]);
    uint64_t first = world_context_new(10000000, 10000000);
    uint64_t second = world_context_new(10000000, 10000000);
    chain_call(&chain, 2);
    world_do(first, METHOD_SCHED_CONTEXT_BIND, chain.server[1].tcb_slot);
    assert_int_equal(answer(&chain, 2), WORLD_BLOCKED);
    assert_ptr_equal(chain.client.context->thread, chain.client.tcb);
    world_do(second, METHOD_SCHED_CONTEXT_BIND, chain.server[0].tcb_slot);
    world_do(first, METHOD_SCHED_CONTEXT_UNBIND);
    assert_ptr_equal(chain.server[1].tcb->context, world_object(second));
    assert_int_equal(answer(&chain, 1), WORLD_BLOCKED);
    assert_ptr_equal(chain.server[0].tcb->context, world_object(second));
    assert_null(bottom->above);
    assert_int_equal(answer(&chain, 0), WORLD_BLOCKED);
    assert_int_equal(world_status(chain.client.tcb), SEL_ERROR_OK);
}

/* --- time lent by a Notification --- */

static void a_lent_context_is_donated_and_comes_back(void **state)
{
    (void)state;
    struct chain chain = chain_new();
    uint64_t notification = world_new(OBJECT_TYPE_NOTIFICATION, 0);
    uint64_t lent = world_context_new(10000000, 10000000);
    struct sched_context *context = world_object(lent);
    struct world_thread driver = world_thread_new(15);
    assert_int_equal(world_wait(driver.tcb, notification), WORLD_BLOCKED);
    world_do(driver.context_slot, METHOD_SCHED_CONTEXT_UNBIND);
    world_do(lent, METHOD_SCHED_CONTEXT_BIND, notification);
    assert_int_equal(world_signal(world.init.tcb, world_mint(notification, 4)), SEL_ERROR_OK);
    assert_ptr_equal(context->thread, driver.tcb);
    assert_int_equal(world_badge(driver.tcb), 4);
    assert_int_equal(world_ipc_call(driver.tcb, chain.endpoint[0], 0, 0, 0), WORLD_BLOCKED);
    assert_ptr_equal(context->thread, chain.server[0].tcb);
    world_do(WORLD_CNODE, METHOD_CNODE_DELETE, chain.server[0].tcb_slot);
    assert_int_equal(world_status(driver.tcb), SEL_ERROR_PEER_DIED);
    assert_ptr_equal(context->thread, driver.tcb);
    assert_int_equal(world_wait(driver.tcb, notification), WORLD_BLOCKED);
    assert_null(context->thread);
    assert_null(driver.tcb->context);
}

static void signals_reach_a_passive_server_between_calls(void **state)
{
    (void)state;
    struct chain chain = chain_new();
    uint64_t notification = world_new(OBJECT_TYPE_NOTIFICATION, 0);
    uint64_t lent = world_context_new(10000000, 10000000);
    struct sched_context *context = world_object(lent);
    struct tcb *server = chain.server[0].tcb;
    world_do(lent, METHOD_SCHED_CONTEXT_BIND, notification);
    world_do(chain.server[0].tcb_slot, METHOD_TCB_BIND_NOTIFICATION, notification);
    chain_call(&chain, 0);
    assert_int_equal(world_signal(world.init.tcb, world_mint(notification, 2)), SEL_ERROR_OK);
    assert_int_equal(answer(&chain, 0), SEL_ERROR_OK);
    assert_int_equal(world_tag(server), TAG_NOTIFICATION);
    assert_int_equal(world_badge(server), 2);
    assert_int_equal(world_reply_status(server), SEL_ERROR_OK);
    assert_ptr_equal(context->thread, server);
    assert_ptr_equal(chain.client.context->thread, chain.client.tcb);
    assert_int_equal(world_ipc_call(chain.client.tcb, chain.endpoint[0], 5, 0, 0), WORLD_BLOCKED);
    assert_int_equal(world_recv(server, chain.endpoint[0], chain.reply[0]), SEL_ERROR_OK);
    assert_int_equal(tag_label(world_tag(server)), 5);
    assert_null(context->thread);
    assert_ptr_equal(chain.client.context->thread, server);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        world_test(a_chain_runs_on_the_clients_time),
        world_test(an_active_server_uses_its_own_time),
        world_test(the_last_server_dies),
        world_test(a_middle_server_dies),
        world_test(the_client_dies),
        world_test(a_stopped_server_does_not_keep_an_unbound_context),
        world_test(the_reply_object_in_the_middle_dies),
        world_test(the_reply_object_of_the_client_dies),
        world_test(the_context_dies_under_a_server),
        world_test(a_context_that_was_not_donated_leaves_the_chain),
        world_test(a_server_with_time_at_home_takes_signals),
        world_test(a_server_with_time_at_home_takes_sends),
        world_test(the_context_dies_while_its_server_waits),
        world_test(a_cancelled_caller_is_no_error_for_the_server),
        world_test(a_server_with_two_callers_keeps_the_first_ones_time),
        world_test(an_answer_by_another_thread_brings_the_time_back),
        world_test(an_answer_out_of_order_leaves_the_time_where_it_works),
        world_test(a_call_at_the_lowest_priority_lets_equals_go_first),
        world_test(a_cut_chain_leaves_no_link_behind),
        world_test(a_lent_context_is_donated_and_comes_back),
        world_test(signals_reach_a_passive_server_between_calls),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
