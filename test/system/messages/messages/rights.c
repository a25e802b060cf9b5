/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Rights, badges and refusals as a process sees them.
 */
#include "test/system/lib/check.h"
#include "test/system/lib/world.h"
#include "tests.h"

static sel_cap_t endpoint;
static volatile uint64_t received_badge;

static void receive_badge(void *argument)
{
    struct sel_message message = {0};

    (void)argument;
    if (sel_recv_message(endpoint, 0, &message) == SEL_ERROR_OK) {
        received_badge = message.badge;
    }
}

void badge_names_the_sender(void)
{
    static const uint64_t badges[] = {1, 0x8000000000000000ull, ~0ull};
    uint64_t words[MESSAGE_REGISTER_WORDS] = {0};

    endpoint = world_make(OBJECT_TYPE_ENDPOINT, 0);
    for (uint64_t i = 0; i < 3; i++) {
        sel_cap_t badged = world_mint(endpoint, SEL_RIGHT_WRITE, badges[i]);
        struct world_thread *thread = world_thread(receive_badge, NULL, WORLD_PRIORITY - 10);
        received_badge = 0;
        world_start(thread);
        CHECK_EQUAL(sel_send(badged, tag_make(1, 0, 0), words), SEL_ERROR_OK);
        world_join(thread);
        CHECK_EQUAL(received_badge, badges[i]);
    }
    /* A badge is given once. */
    sel_cap_t badged = world_mint(endpoint, SEL_RIGHT_WRITE, 5);
    CHECK_EQUAL(sel_cnode_mint(sel_cap_cnode, world_slots(1), sel_cap_cnode, badged, SEL_RIGHT_WRITE, 6),
                SEL_ERROR_INVALID_ARGUMENT);
}

void sending_needs_write(void)
{
    uint64_t words[MESSAGE_REGISTER_WORDS] = {0};
    uint64_t tag = tag_make(1, 0, 0);

    endpoint = world_make(OBJECT_TYPE_ENDPOINT, 0);
    sel_cap_t read_only = world_mint(endpoint, SEL_RIGHT_READ, 0);
    CHECK_EQUAL(sel_send(read_only, tag, words), SEL_ERROR_RIGHTS);
    CHECK_EQUAL(sel_nb_send(read_only, tag, words), SEL_ERROR_RIGHTS);
    CHECK_EQUAL(sel_call(read_only, &tag, words), SEL_ERROR_RIGHTS);
    sel_cap_t notification = world_mint(world_make(OBJECT_TYPE_NOTIFICATION, 0), SEL_RIGHT_READ, 0);
    CHECK_EQUAL(sel_signal(notification), SEL_ERROR_RIGHTS);
}

void receiving_needs_read(void)
{
    uint64_t words[MESSAGE_REGISTER_WORDS] = {0};
    uint64_t tag = 0;
    uint64_t badge = 0;

    endpoint = world_make(OBJECT_TYPE_ENDPOINT, 0);
    sel_cap_t write_only = world_mint(endpoint, SEL_RIGHT_WRITE, 0);
    CHECK_EQUAL(sel_nb_recv(write_only, &tag, 0, words, &badge), SEL_ERROR_RIGHTS);
    CHECK_EQUAL(sel_recv(write_only, &tag, 0, words, &badge), SEL_ERROR_RIGHTS);
    sel_cap_t notification = world_mint(world_make(OBJECT_TYPE_NOTIFICATION, 0), SEL_RIGHT_WRITE, 0);
    CHECK_EQUAL(sel_poll(notification, &badge), SEL_ERROR_RIGHTS);
    CHECK_EQUAL(sel_wait(notification, 0, &badge), SEL_ERROR_RIGHTS);
}

void wrong_types_and_empty_slots_are_refused(void)
{
    uint64_t words[MESSAGE_REGISTER_WORDS] = {0};
    uint64_t tag = tag_make(1, 0, 0);
    uint64_t badge = 0;
    sel_cap_t notification = world_make(OBJECT_TYPE_NOTIFICATION, 0);

    endpoint = world_make(OBJECT_TYPE_ENDPOINT, 0);
    CHECK_EQUAL(sel_send(0, tag, words), SEL_ERROR_INVALID_CAP);
    CHECK_EQUAL(sel_send(world_slots(1), tag, words), SEL_ERROR_INVALID_CAP);
    CHECK_EQUAL(sel_send(sel_spec.cnode_slot_count, tag, words), SEL_ERROR_INVALID_CAP);
    CHECK_EQUAL(sel_send(~0ull, tag, words), SEL_ERROR_INVALID_CAP);
    CHECK_EQUAL(sel_signal(endpoint), SEL_ERROR_WRONG_TYPE);
    CHECK_EQUAL(sel_wait(endpoint, 0, &badge), SEL_ERROR_WRONG_TYPE);
    CHECK_EQUAL(sel_nb_recv(sel_cap_cnode, &tag, 0, words, &badge), SEL_ERROR_WRONG_TYPE);
    CHECK_EQUAL(sel_nb_recv(endpoint, &tag, notification, words, &badge), SEL_ERROR_WRONG_TYPE); /* no Reply object */
}

void unknown_methods_are_refused(void)
{
    uint64_t words[MESSAGE_REGISTER_WORDS] = {0};
    uint64_t tag = tag_make(0, 8, 0);

    CHECK_EQUAL(sel_call(sel_cap_cnode, &tag, words), SEL_ERROR_INVALID_METHOD);
    tag = tag_make(999, 8, 0);
    CHECK_EQUAL(sel_call(sel_cap_tcb, &tag, words), SEL_ERROR_INVALID_METHOD);
    tag = tag_make(METHOD_CNODE_COPY, 3, 0);
    CHECK_EQUAL(sel_call(sel_cap_cnode, &tag, words), SEL_ERROR_TOO_FEW_ARGUMENTS);
}

void refusals_carry_details(void)
{
    sel_cap_t page = world_make(OBJECT_TYPE_FRAME, 12);

    CHECK_EQUAL(sel_frame_map(page, sel_cap_vspace, world_address() + 1, SEL_RIGHT_READ, 0), SEL_ERROR_ALIGNMENT);
    CHECK_EQUAL(sel_last_error.error, SEL_ERROR_ALIGNMENT);
    CHECK_EQUAL(sel_last_error.detail[0], 2);
    CHECK_EQUAL(sel_last_error.detail[1] & 0xfff, 1);
    CHECK_EQUAL(sel_last_error.detail[2], 4096);
}
