/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * The hang-free rules from a process's view (docs/design/kernel.md, H1..H10): whoever waits is woken, with a status that says why.
 */
#include "test/system/lib/check.h"
#include "test/system/lib/world.h"
#include "tests.h"

static sel_cap_t endpoint;
static sel_cap_t reply;
static volatile sel_err_t status_seen[4];
static volatile uint64_t badge_seen;

static void receive_without_reply(void *argument)
{
    struct sel_message message = {0};

    (void)argument;
    status_seen[0] = sel_recv_message(endpoint, 0, &message);
}

/** Wait until a thread that was started with time has begun to wait, then take its time away. */
static void make_passive(struct world_thread *thread)
{
    world_sleep_ms(3);
    if (sel_sched_context_unbind(thread->context) != SEL_ERROR_OK) {
        check_fail("hang_free.c", __LINE__, "unbind the context");
    }
}

void send_to_a_passive_receiver_returns_no_time(void)
{
    uint64_t words[MESSAGE_REGISTER_WORDS] = {0};

    endpoint = world_make(OBJECT_TYPE_ENDPOINT, 0);
    struct world_thread *thread = world_thread(receive_without_reply, NULL, WORLD_PRIORITY - 10);
    world_start(thread);
    make_passive(thread);
    CHECK_EQUAL(sel_send(endpoint, tag_make(1, 0, 0), words), SEL_ERROR_NO_TIME);
    CHECK_EQUAL(sel_nb_send(endpoint, tag_make(1, 0, 0), words), SEL_ERROR_NO_TIME);
    CHECK_EQUAL(sel_sched_context_bind(thread->context, thread->tcb), SEL_ERROR_OK);
    CHECK_EQUAL(sel_send(endpoint, tag_make(1, 0, 0), words), SEL_ERROR_OK); /* it kept waiting */
    world_join(thread);
}

static sel_cap_t notification;

static void wait_for_bits(void *argument)
{
    uint64_t bits = 0;

    (void)argument;
    status_seen[0] = sel_wait(notification, 0, &bits);
    badge_seen = bits;
}

void signal_to_a_passive_waiter_stays_pending(void)
{
    notification = world_make(OBJECT_TYPE_NOTIFICATION, 0);
    sel_cap_t signal = world_mint(notification, SEL_RIGHT_WRITE, 0x5);
    struct world_thread *thread = world_thread(wait_for_bits, NULL, WORLD_PRIORITY - 10);
    badge_seen = 0;
    world_start(thread);
    make_passive(thread);
    CHECK_EQUAL(sel_signal(signal), SEL_ERROR_OK);
    world_sleep_ms(3);
    CHECK_EQUAL(thread->is_done, false);
    CHECK_EQUAL(sel_sched_context_bind(thread->context, thread->tcb), SEL_ERROR_OK);
    world_join(thread);
    CHECK_EQUAL(badge_seen, 0x5);
}

static void receive_and_hold(void *argument)
{
    struct sel_message message = {0};

    (void)argument;
    (void)sel_recv_message(endpoint, reply, &message);
    (void)sel_recv_message(world_make(OBJECT_TYPE_ENDPOINT, 0), 0, &message); /* for ever */
}

static void call_once(void *argument)
{
    uint64_t index = (uintptr_t)argument;
    struct sel_message message = {.tag = tag_make(1, 0, 0)};

    status_seen[index] = sel_call_message(endpoint, &message);
}

static void send_once(void *argument)
{
    const sel_cap_t *cap = argument;
    uint64_t words[MESSAGE_REGISTER_WORDS] = {0};

    status_seen[*cap & 3] = sel_send(*cap, tag_make(1, 0, 0), words);
}

static void start_holding_server(struct world_thread **server, struct world_thread **client)
{
    endpoint = world_make(OBJECT_TYPE_ENDPOINT, 0);
    reply = world_make(OBJECT_TYPE_REPLY, 0);
    status_seen[1] = SEL_ERROR_OK;
    *server = world_thread(receive_and_hold, NULL, WORLD_PRIORITY - 10);
    *client = world_thread(call_once, (void *)1, WORLD_PRIORITY - 20);
    world_start(*server);
    world_start(*client);
    world_sleep_ms(5);
}

void death_of_the_server_wakes_the_caller(void)
{
    struct world_thread *server = NULL;
    struct world_thread *client = NULL;

    start_holding_server(&server, &client);
    CHECK_EQUAL(client->is_done, false);
    CHECK_EQUAL(sel_cnode_delete(sel_cap_cnode, server->tcb), SEL_ERROR_OK);
    world_join(client);
    CHECK_EQUAL(status_seen[1], SEL_ERROR_PEER_DIED);
}

void death_of_the_endpoint_wakes_the_queue(void)
{
    endpoint = world_make(OBJECT_TYPE_ENDPOINT, 0);
    struct world_thread *first = world_thread(call_once, (void *)1, WORLD_PRIORITY - 10);
    struct world_thread *second = world_thread(call_once, (void *)2, WORLD_PRIORITY - 10);
    world_start(first);
    world_start(second);
    world_sleep_ms(5);
    CHECK_EQUAL(sel_cnode_delete(sel_cap_cnode, endpoint), SEL_ERROR_OK);
    world_join(first);
    world_join(second);
    CHECK_EQUAL(status_seen[1], SEL_ERROR_PEER_DIED);
    CHECK_EQUAL(status_seen[2], SEL_ERROR_PEER_DIED);
}

void cancelled_badge_wakes_its_senders_only(void)
{
    static sel_cap_t caps[2];

    endpoint = world_make(OBJECT_TYPE_ENDPOINT, 0);
    while ((world_slots(1) & 3) != 3) {
        /* the next two slots end in 0 and 1, by which send_once tells its result */
    }
    caps[0] = world_mint(endpoint, SEL_RIGHT_READ | SEL_RIGHT_WRITE, 10);
    caps[1] = world_mint(endpoint, SEL_RIGHT_READ | SEL_RIGHT_WRITE, 11);
    struct world_thread *first = world_thread(send_once, &caps[0], WORLD_PRIORITY - 10);
    struct world_thread *second = world_thread(send_once, &caps[1], WORLD_PRIORITY - 10);
    world_start(first);
    world_start(second);
    world_sleep_ms(5);
    CHECK_EQUAL(sel_cnode_cancel_badged_sends(sel_cap_cnode, caps[0]), SEL_ERROR_OK);
    world_join(first);
    CHECK_EQUAL(status_seen[0], SEL_ERROR_CANCELLED);
    CHECK_EQUAL(second->is_done, false);
}

void nonblocking_calls_do_not_block(void)
{
    uint64_t words[MESSAGE_REGISTER_WORDS] = {0};
    uint64_t tag = tag_make(1, 0, 0);
    uint64_t bits = 0;

    endpoint = world_make(OBJECT_TYPE_ENDPOINT, 0);
    notification = world_make(OBJECT_TYPE_NOTIFICATION, 0);
    CHECK_EQUAL(sel_nb_send(endpoint, tag, words), SEL_ERROR_WOULD_BLOCK);
    CHECK_EQUAL(sel_nb_recv(endpoint, &tag, 0, words, &bits), SEL_ERROR_WOULD_BLOCK);
    CHECK_EQUAL(sel_poll(notification, &bits), SEL_ERROR_WOULD_BLOCK);
    CHECK_EQUAL(sel_signal(world_mint(notification, SEL_RIGHT_WRITE, 3)), SEL_ERROR_OK);
    CHECK_EQUAL(sel_poll(notification, &bits), SEL_ERROR_OK);
    CHECK_EQUAL(bits, 3);
    CHECK_EQUAL(sel_poll(notification, &bits), SEL_ERROR_WOULD_BLOCK);
}

static void receive_twice(void *argument)
{
    struct sel_message message = {0};

    (void)argument;
    status_seen[2] = sel_recv_message(endpoint, reply, &message);
    status_seen[3] = sel_recv_message(endpoint, reply, &message);
    message.tag = tag_make(0, 0, 0);
    (void)sel_send(reply, message.tag, message.words);
}

void recv_on_a_busy_reply_is_refused(void)
{
    endpoint = world_make(OBJECT_TYPE_ENDPOINT, 0);
    reply = world_make(OBJECT_TYPE_REPLY, 0);
    struct world_thread *server = world_thread(receive_twice, NULL, WORLD_PRIORITY - 10);
    struct world_thread *client = world_thread(call_once, (void *)1, WORLD_PRIORITY - 20);
    world_start(server);
    world_start(client);
    world_join(client);
    CHECK_EQUAL(status_seen[2], SEL_ERROR_OK);
    CHECK_EQUAL(status_seen[3], SEL_ERROR_BUSY);
    CHECK_EQUAL(status_seen[1], SEL_ERROR_OK); /* the caller was not dropped: it got its answer */
}

static sel_cap_t victim;
static volatile sel_err_t reply_status_seen;

/** Kills its first caller, answers it all the same, and goes on to the next. */
static void answer_the_dead(void *argument)
{
    struct sel_message message = {0};
    sel_err_t reply_status = SEL_ERROR_OK;

    (void)argument;
    (void)sel_recv_message(endpoint, reply, &message);
    (void)sel_cnode_delete(sel_cap_cnode, victim);
    message.tag = tag_make(0, 0, 0);
    status_seen[2] = sel_reply_recv(endpoint, &message.tag, reply, message.words, &message.badge, &reply_status);
    reply_status_seen = reply_status;
    message.tag = tag_make(0, 0, 0);
    (void)sel_send(reply, message.tag, message.words);
}

void dead_callers_do_not_stop_a_server(void)
{
    endpoint = world_make(OBJECT_TYPE_ENDPOINT, 0);
    reply = world_make(OBJECT_TYPE_REPLY, 0);
    struct world_thread *server = world_thread(answer_the_dead, NULL, WORLD_PRIORITY - 10);
    struct world_thread *first = world_thread(call_once, (void *)0, WORLD_PRIORITY - 20);
    struct world_thread *second = world_thread(call_once, (void *)1, WORLD_PRIORITY - 30);
    victim = first->tcb;
    world_start(server);
    world_start(first);
    world_sleep_ms(5);
    world_start(second);
    world_join(second);
    CHECK_EQUAL(status_seen[2], SEL_ERROR_OK);
    CHECK_EQUAL(reply_status_seen, SEL_ERROR_PEER_DIED);
    CHECK_EQUAL(status_seen[1], SEL_ERROR_OK);
}
