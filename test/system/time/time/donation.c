/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Time that travels with a call, and comes home.
 */
#include "test/system/lib/check.h"
#include "test/system/lib/world.h"
#include "tests.h"

#define WORK_NS (2 * SEL_NS_PER_MS)

/** One passive server: its endpoint, its Reply object, and whom it asks in turn. */
struct server {
    sel_cap_t endpoint;
    sel_cap_t reply;
    sel_cap_t next; /* endpoint of the next server, 0 = it answers itself */
    struct world_thread *thread;
};

static struct server servers[3];
static volatile sel_err_t status_seen;
static volatile uint64_t answer_seen;

static void work(uint64_t ns)
{
    uint64_t end = sel_clock_ns() + ns;

    while (sel_clock_ns() < end) {
    }
}

/** Works for word 0 nanoseconds, asks the next server with the same words, and answers word 1 incremented. */
static void serve(void *argument)
{
    struct server *server = argument;
    struct sel_message message = {0};
    sel_err_t reply_status = SEL_ERROR_OK;
    sel_err_t status = sel_recv_message(server->endpoint, server->reply, &message);

    while (status == SEL_ERROR_OK) {
        work(message.words[0]);
        if (server->next != 0) {
            message.tag = tag_make(1, 2, 0);
            (void)sel_call_message(server->next, &message);
        }
        message.words[1]++;
        message.tag = tag_make(1, 2, 0);
        status =
            sel_reply_recv(server->endpoint, &message.tag, server->reply, message.words, &message.badge, &reply_status);
    }
}

/** A server that has started to wait and has no time of its own any more. */
static void start_passive_server(struct server *server, sel_cap_t next, uint64_t priority)
{
    *server = (struct server){
        .endpoint = world_make(OBJECT_TYPE_ENDPOINT, 0), .reply = world_make(OBJECT_TYPE_REPLY, 0), .next = next};
    server->thread = world_thread(serve, server, priority);
    world_start(server->thread);
    world_sleep_ms(2);
    if (sel_sched_context_unbind(server->thread->context) != SEL_ERROR_OK) {
        check_fail(__FILE__, __LINE__, "make the server passive");
    }
}

static void call_server(void *argument)
{
    const struct server *server = argument;
    struct sel_message message = {.tag = tag_make(1, 2, 0), .words = {WORK_NS, 100}};

    status_seen = sel_call_message(server->endpoint, &message);
    answer_seen = message.words[1];
}

static uint64_t consumed_ns(sel_cap_t context)
{
    uint64_t ns = 0;

    return sel_sched_context_consumed(context, &ns) == SEL_ERROR_OK ? ns : ~0ull;
}

void a_passive_server_runs_on_its_callers_time(void)
{
    start_passive_server(&servers[0], 0, WORLD_PRIORITY - 10);
    uint64_t before = consumed_ns(servers[0].thread->context);
    struct world_thread *client = world_thread(call_server, &servers[0], WORLD_PRIORITY - 20);
    world_start(client);
    world_join(client);
    CHECK_EQUAL(status_seen, SEL_ERROR_OK);
    CHECK_EQUAL(answer_seen, 101);
    CHECK(consumed_ns(client->context) >= WORK_NS);
    CHECK_EQUAL(consumed_ns(servers[0].thread->context), before);
}

void a_chain_of_passive_servers_answers(void)
{
    start_passive_server(&servers[2], 0, WORLD_PRIORITY - 5);
    start_passive_server(&servers[1], servers[2].endpoint, WORLD_PRIORITY - 6);
    start_passive_server(&servers[0], servers[1].endpoint, WORLD_PRIORITY - 7);
    struct world_thread *client = world_thread(call_server, &servers[0], WORLD_PRIORITY - 20);
    world_start(client);
    world_join(client);
    CHECK_EQUAL(status_seen, SEL_ERROR_OK);
    CHECK_EQUAL(answer_seen, 103);
    CHECK(consumed_ns(client->context) >= 3 * WORK_NS);
    /* Everybody waits again: a second call goes the same way. */
    client = world_thread(call_server, &servers[0], WORLD_PRIORITY - 20);
    world_start(client);
    world_join(client);
    CHECK_EQUAL(answer_seen, 103);
}

static void serve_for_ever(void *argument)
{
    struct server *server = argument;
    struct sel_message message = {0};

    (void)sel_recv_message(server->endpoint, server->reply, &message);
    for (;;) {
    }
}

void time_comes_home_when_the_server_dies(void)
{
    struct server *server = &servers[0];

    *server =
        (struct server){.endpoint = world_make(OBJECT_TYPE_ENDPOINT, 0), .reply = world_make(OBJECT_TYPE_REPLY, 0)};
    server->thread = world_thread(serve_for_ever, server, WORLD_PRIORITY - 10);
    world_start(server->thread);
    world_sleep_ms(2);
    CHECK_EQUAL(sel_sched_context_unbind(server->thread->context), SEL_ERROR_OK);
    struct world_thread *client = world_thread(call_server, server, WORLD_PRIORITY - 20);
    world_start(client);
    world_sleep_ms(5);
    CHECK_EQUAL(client->is_done, false);
    CHECK_EQUAL(sel_cnode_delete(sel_cap_cnode, server->thread->tcb), SEL_ERROR_OK);
    world_join(client); /* it runs again, so its time is back */
    CHECK_EQUAL(status_seen, SEL_ERROR_PEER_DIED);
}

void a_callers_budget_limits_its_server(void)
{
    start_passive_server(&servers[0], 0, WORLD_PRIORITY - 10);
    struct world_thread *client = world_thread(call_server, &servers[0], WORLD_PRIORITY - 20);
    client->context = world_context(SEL_NS_PER_MS, 10 * SEL_NS_PER_MS);
    CHECK_EQUAL(sel_sched_context_bind(client->context, client->tcb), SEL_ERROR_OK);
    uint64_t start = sel_clock_ns();
    CHECK_EQUAL(sel_tcb_resume(client->tcb), SEL_ERROR_OK);
    world_join(client);
    /* 2 ms of the server's work at 1 ms in each 10 ms: the second budget came a period later. */
    CHECK(sel_clock_ns() - start >= 10 * SEL_NS_PER_MS);
    CHECK_EQUAL(answer_seen, 101);
}

static sel_cap_t notification;
static volatile uint64_t wakes;

static void wait_for_ever(void *argument)
{
    uint64_t bits = 0;

    (void)argument;
    while (sel_wait(notification, 0, &bits) == SEL_ERROR_OK) {
        work(SEL_NS_PER_MS);
        wakes++;
    }
}

void a_notification_lends_its_context(void)
{
    notification = world_make(OBJECT_TYPE_NOTIFICATION, 0);
    wakes = 0;
    struct world_thread *thread = world_thread(wait_for_ever, NULL, WORLD_PRIORITY - 10);
    world_start(thread);
    world_sleep_ms(2);
    CHECK_EQUAL(sel_sched_context_unbind(thread->context), SEL_ERROR_OK);
    CHECK_EQUAL(sel_sched_context_bind(thread->context, notification), SEL_ERROR_OK);
    uint64_t before = consumed_ns(thread->context);
    for (uint64_t i = 1; i <= 3; i++) {
        CHECK_EQUAL(sel_signal(world_mint(notification, SEL_RIGHT_WRITE, i)), SEL_ERROR_OK);
        world_sleep_ms(5);
        CHECK_EQUAL(wakes, i);
    }
    CHECK(consumed_ns(thread->context) - before >= 3 * SEL_NS_PER_MS - 3000);
}
