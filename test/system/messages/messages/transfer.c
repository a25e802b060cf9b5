/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Capabilities that travel with messages. Sender and receiver share one CNode here; where a capability arrived is seen by inspection.
 */
#include "test/system/lib/check.h"
#include "test/system/lib/world.h"
#include "tests.h"

static sel_cap_t endpoint;
static sel_cap_t reply;
static sel_cap_t landing; /* first of four empty slots */
static volatile uint64_t arrived_caps;
static volatile uint64_t arrived_badge;

static void receive_caps(void *argument)
{
    struct sel_message message = {0};

    (void)argument;
    (void)sel_receive_caps_at(landing);
    if (sel_recv_message(endpoint, 0, &message) == SEL_ERROR_OK) {
        arrived_caps = tag_caps(message.tag);
        arrived_badge = sel_ipc_buffer->caps[0];
    }
}

static struct world_thread *start_receiver(void)
{
    endpoint = world_make(OBJECT_TYPE_ENDPOINT, 0);
    reply = world_make(OBJECT_TYPE_REPLY, 0);
    landing = world_slots(4);
    arrived_caps = 99;
    struct world_thread *thread = world_thread(receive_caps, NULL, WORLD_PRIORITY - 10);
    world_start(thread);
    return thread;
}

static uint64_t type_in(sel_cap_t slot, uint64_t *rights, uint64_t *badge)
{
    uint64_t word0 = 0;
    uint64_t object = 0;
    uint64_t size_bits = 0;

    if (sel_cnode_inspect(sel_cap_cnode, slot, &word0, badge, &object, &size_bits) != SEL_ERROR_OK) {
        return ~0ull;
    }
    *rights = word0 >> 5 & 0xf;
    return word0 & 0x1f;
}

void capability_arrives_with_its_rights(void)
{
    struct world_thread *thread = start_receiver();
    sel_cap_t notification = world_mint(world_make(OBJECT_TYPE_NOTIFICATION, 0), SEL_RIGHT_WRITE, 0x77);
    struct sel_message message = {.tag = tag_make(1, 0, 0)};
    uint64_t rights = 0;
    uint64_t badge = 0;

    CHECK(sel_message_add_cap(&message, notification));
    CHECK_EQUAL(sel_send(endpoint, message.tag, message.words), SEL_ERROR_OK);
    world_join(thread);
    CHECK_EQUAL(arrived_caps, 1);
    CHECK_EQUAL(type_in(landing, &rights, &badge), CAP_TYPE_NOTIFICATION);
    CHECK_EQUAL(rights, SEL_RIGHT_WRITE);
    CHECK_EQUAL(badge, 0x77);
    CHECK_EQUAL(type_in(notification, &rights, &badge), CAP_TYPE_NOTIFICATION); /* a copy went, the original stayed */
}

void transfer_needs_grant(void)
{
    struct world_thread *thread = start_receiver();
    sel_cap_t notification = world_make(OBJECT_TYPE_NOTIFICATION, 0);
    sel_cap_t ungranting = world_mint(endpoint, SEL_RIGHT_WRITE, 0);
    struct sel_message message = {.tag = tag_make(1, 0, 0)};
    uint64_t rights = 0;
    uint64_t badge = 0;

    CHECK(sel_message_add_cap(&message, notification));
    sel_err_t status = sel_nb_send(ungranting, message.tag, message.words);
    CHECK(status == SEL_ERROR_RIGHTS || status == SEL_ERROR_WOULD_BLOCK || status == SEL_ERROR_OK);
    world_sleep_ms(5); /* the receiver waits by now */
    status = sel_nb_send(ungranting, message.tag, message.words);
    if (status == SEL_ERROR_OK) {
        world_join(thread);
        CHECK_EQUAL(arrived_caps, 0);
    } else {
        CHECK_EQUAL(status, SEL_ERROR_RIGHTS);
    }
    CHECK_EQUAL(type_in(landing, &rights, &badge), CAP_TYPE_NULL);
}

void occupied_slots_receive_nothing(void)
{
    struct world_thread *thread = start_receiver();
    sel_cap_t notification = world_make(OBJECT_TYPE_NOTIFICATION, 0);
    struct sel_message message = {.tag = tag_make(1, 0, 0)};
    uint64_t rights = 0;
    uint64_t badge = 0;

    CHECK_EQUAL(sel_cnode_copy(sel_cap_cnode, landing, sel_cap_cnode, endpoint, SEL_RIGHT_READ), SEL_ERROR_OK);
    CHECK(sel_message_add_cap(&message, notification));
    CHECK_EQUAL(sel_send(endpoint, message.tag, message.words), SEL_ERROR_OK);
    world_join(thread);
    CHECK_EQUAL(arrived_caps, 0);
    CHECK_EQUAL(type_in(landing, &rights, &badge), CAP_TYPE_ENDPOINT);
}

void several_capabilities_arrive_in_order(void)
{
    struct world_thread *thread = start_receiver();
    sel_cap_t source = world_make(OBJECT_TYPE_NOTIFICATION, 0);
    struct sel_message message = {.tag = tag_make(1, 0, 0)};
    uint64_t rights = 0;
    uint64_t badge = 0;

    for (uint64_t i = 1; i <= MESSAGE_CAPS_MAX; i++) {
        CHECK(sel_message_add_cap(&message, world_mint(source, SEL_RIGHT_WRITE, i)));
    }
    CHECK_EQUAL(sel_send(endpoint, message.tag, message.words), SEL_ERROR_OK);
    world_join(thread);
    CHECK_EQUAL(arrived_caps, MESSAGE_CAPS_MAX);
    CHECK_EQUAL(arrived_badge, 1);
    for (uint64_t i = 1; i <= MESSAGE_CAPS_MAX; i++) {
        CHECK_EQUAL(type_in(landing + i - 1, &rights, &badge), CAP_TYPE_NOTIFICATION);
        CHECK_EQUAL(badge, i);
    }
}

static void answer_with_cap(void *argument)
{
    sel_cap_t notification = *(const sel_cap_t *)argument;
    struct sel_message message = {0};

    if (sel_recv_message(endpoint, reply, &message) == SEL_ERROR_OK) {
        message.tag = tag_make(2, 0, 0);
        (void)sel_message_add_cap(&message, notification);
        (void)sel_send(reply, message.tag, message.words);
    }
}

void reply_carries_capabilities(void)
{
    endpoint = world_make(OBJECT_TYPE_ENDPOINT, 0);
    reply = world_make(OBJECT_TYPE_REPLY, 0);
    landing = world_slots(4);
    sel_cap_t notification = world_mint(world_make(OBJECT_TYPE_NOTIFICATION, 0), SEL_RIGHT_READ, 0x99);
    struct world_thread *thread = world_thread(answer_with_cap, &notification, WORLD_PRIORITY - 10);
    struct sel_message message = {.tag = tag_make(1, 0, 0)};
    uint64_t rights = 0;
    uint64_t badge = 0;

    world_start(thread);
    CHECK(sel_receive_caps_at(landing));
    CHECK_EQUAL(sel_call_message(endpoint, &message), SEL_ERROR_OK);
    CHECK_EQUAL(tag_caps(message.tag), 1);
    CHECK_EQUAL(type_in(landing, &rights, &badge), CAP_TYPE_NOTIFICATION);
    CHECK_EQUAL(badge, 0x99);
    CHECK(sel_receive_caps_at(0));
}
