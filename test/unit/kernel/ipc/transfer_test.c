/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * What travels: registers, tags, badges, long messages of all lengths, capabilities; and what must not.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "kernel/object/cap.h"
#include "test/unit/kernel/harness/world.h"

#define ALL    0xful
#define CANARY 0x5a5a5a5a5a5a5a5aul

struct pair {
    struct world_thread sender;
    struct world_thread receiver;
    uint64_t endpoint;
};

static struct pair pair_new(void)
{
    return (struct pair){
        .sender = world_thread_new(10),
        .receiver = world_thread_new(20),
        .endpoint = world_new(OBJECT_TYPE_ENDPOINT, 0),
    };
}

static uint64_t word_of(uint64_t length, uint64_t index)
{
    return length << 32 | (index + 1);
}

/** Send `length` words and `caps` capabilities; the receiver waits already, or comes later. */
static uint64_t send_long(const struct pair *pair, uint64_t length, uint64_t caps, bool is_receiver_first)
{
    struct world_call call = {.cap = pair->endpoint, .tag = tag_make(0xabc, length, caps)};
    for (uint64_t i = 0; i < 120; i++) {
        pair->receiver.buffer[i] = CANARY;
        pair->sender.buffer[i] = word_of(length, i);
    }
    for (uint64_t i = 0; i < 8; i++) {
        call.word[i] = word_of(length, i);
    }
    if (is_receiver_first) {
        assert_int_equal(world_recv(pair->receiver.tcb, pair->endpoint, 0), WORLD_BLOCKED);
        assert_int_equal(world_syscall(pair->sender.tcb, SYSCALL_SEND, call), SEL_ERROR_OK);
    } else {
        assert_int_equal(world_syscall(pair->sender.tcb, SYSCALL_SEND, call), WORLD_BLOCKED);
        assert_int_equal(world_recv(pair->receiver.tcb, pair->endpoint, 0), SEL_ERROR_OK);
    }
    return world_tag(pair->receiver.tcb);
}

static void all_lengths_in_both_orders(void **state)
{
    (void)state;
    struct pair pair = pair_new();
    world.is_checked = false;
    for (uint64_t length = 0; length <= 120; length++) {
        uint64_t tag = send_long(&pair, length, 0, length % 2 == 0);
        assert_int_equal(tag, tag_make(0xabc, length, 0));
        for (uint64_t i = 0; i < 8; i++) {
            assert_int_equal(world_word(pair.receiver.tcb, i), word_of(length, i));
        }
        for (uint64_t i = 8; i < 120; i++) {
            assert_int_equal(pair.receiver.buffer[i], i < length ? word_of(length, i) : CANARY);
        }
    }
}

static void without_a_buffer_the_receiver_gets_eight_words(void **state)
{
    (void)state;
    struct pair pair = pair_new();
    uint64_t gift = world_new(OBJECT_TYPE_NOTIFICATION, 0);
    uint64_t *buffer = pair.receiver.buffer;
    pair.sender.buffer[IPC_BUFFER_CAPS] = gift;
    world_do(WORLD_CNODE, METHOD_CNODE_REVOKE, pair.receiver.buffer_slot);
    buffer[IPC_BUFFER_RECEIVE_INDEX] = world_slots(1);
    uint64_t tag = send_long(&pair, 20, 1, true);
    assert_int_equal(tag_length(tag), 8);
    assert_int_equal(tag_caps(tag), 0);
    assert_int_equal(world_word(pair.receiver.tcb, 7), word_of(20, 7));
}

static void a_sender_that_lost_its_buffer_sends_eight_words(void **state)
{
    (void)state;
    struct pair pair = pair_new();
    struct world_call call = {.cap = pair.endpoint, .tag = tag_make(1, 20, 0)};
    assert_int_equal(world_syscall(pair.sender.tcb, SYSCALL_SEND, call), WORLD_BLOCKED);
    world_do(WORLD_CNODE, METHOD_CNODE_REVOKE, pair.sender.buffer_slot);
    assert_int_equal(world_recv(pair.receiver.tcb, pair.endpoint, 0), SEL_ERROR_OK);
    assert_int_equal(tag_length(world_tag(pair.receiver.tcb)), 8);
}

/** A debugger writes a larger tag into a sender that waits: nothing beyond the message areas is touched. */
static void a_tag_changed_while_queued_is_cut(void **state)
{
    (void)state;
    struct pair pair = pair_new();
    struct world_call call = {.cap = pair.endpoint, .tag = tag_make(1, 8, 0)};
    uint64_t index = world_slots(8);
    uint64_t gift = world_new(OBJECT_TYPE_NOTIFICATION, 0);
    pair.receiver.buffer[IPC_BUFFER_RECEIVE_INDEX] = index;
    pair.receiver.buffer[IPC_BUFFER_RESERVED] = CANARY;
    for (uint64_t i = 0; i < 5; i++) {
        pair.sender.buffer[IPC_BUFFER_CAPS + i] = gift;
    }
    assert_int_equal(world_syscall(pair.sender.tcb, SYSCALL_SEND, call), WORLD_BLOCKED);
    world_do(pair.sender.tcb_slot, METHOD_TCB_WRITE_REGISTERS, 1, 1, tag_make(1, 127, 7));
    assert_int_equal(world_recv(pair.receiver.tcb, pair.endpoint, 0), SEL_ERROR_OK);
    assert_int_equal(tag_length(world_tag(pair.receiver.tcb)), 120);
    assert_true(tag_caps(world_tag(pair.receiver.tcb)) <= 4);
    assert_int_equal(pair.receiver.buffer[IPC_BUFFER_RECEIVE_INDEX], index);
    assert_int_equal(pair.receiver.buffer[IPC_BUFFER_RESERVED], CANARY);
}

/** Nor does the larger tag give away what the sender's capability does not let it: without GRANT no capability goes along. */
static void a_tag_changed_while_queued_grants_nothing(void **state)
{
    (void)state;
    struct pair pair = pair_new();
    uint64_t plain = world_copy(pair.endpoint, SEL_RIGHT_WRITE);
    struct world_call call = {.cap = plain, .tag = tag_make(1, 0, 0)};
    uint64_t index = world_slots(1);
    pair.receiver.buffer[IPC_BUFFER_RECEIVE_INDEX] = index;
    pair.sender.buffer[IPC_BUFFER_CAPS] = world_new(OBJECT_TYPE_NOTIFICATION, 0);
    assert_int_equal(world_syscall(pair.sender.tcb, SYSCALL_SEND, call), WORLD_BLOCKED);
    world_do(pair.sender.tcb_slot, METHOD_TCB_WRITE_REGISTERS, 1, 1, tag_make(1, 0, 1));
    assert_int_equal(world_recv(pair.receiver.tcb, pair.endpoint, 0), SEL_ERROR_OK);
    assert_int_equal(world_tag(pair.receiver.tcb), tag_make(1, 0, 0));
    assert_true(slot_is_empty(world_slot(index)));
}

static void users_cannot_forge_kernel_tags(void **state)
{
    (void)state;
    struct pair pair = pair_new();
    struct world_call call = {.cap = pair.endpoint, .tag = tag_make(1, 0, 0) | TAG_KERNEL | TAG_NOTIFICATION};
    assert_int_equal(world_recv(pair.receiver.tcb, pair.endpoint, 0), WORLD_BLOCKED);
    assert_int_equal(world_syscall(pair.sender.tcb, SYSCALL_SEND, call), SEL_ERROR_OK);
    assert_int_equal(world_tag(pair.receiver.tcb), tag_make(1, 0, 0));
}

static void the_badge_is_the_capabilitys(void **state)
{
    (void)state;
    struct pair pair = pair_new();
    uint64_t badged = world_mint(pair.endpoint, 0xfeed);
    assert_int_equal(world_recv(pair.receiver.tcb, pair.endpoint, 0), WORLD_BLOCKED);
    assert_int_equal(world_send(pair.sender.tcb, badged, 0, 0, 0), SEL_ERROR_OK);
    assert_int_equal(world_badge(pair.receiver.tcb), 0xfeed);
    assert_int_equal(world_send(pair.sender.tcb, badged, 0, 0, 0), WORLD_BLOCKED);
    assert_int_equal(world_recv(pair.receiver.tcb, pair.endpoint, 0), SEL_ERROR_OK);
    assert_int_equal(world_badge(pair.receiver.tcb), 0xfeed);
}

/* --- capabilities --- */

static void capabilities_arrive_as_copies(void **state)
{
    (void)state;
    struct pair pair = pair_new();
    uint64_t plain = world_new(OBJECT_TYPE_NOTIFICATION, 0);
    uint64_t badged = world_mint(world_new(OBJECT_TYPE_ENDPOINT, 0), 0x77);
    uint64_t to = world_slots(4);
    for (uint64_t i = 0; i < 4; i++) {
        pair.sender.buffer[IPC_BUFFER_CAPS + i] = i % 2 == 0 ? plain : badged;
    }
    pair.receiver.buffer[IPC_BUFFER_RECEIVE_INDEX] = to;
    uint64_t tag = send_long(&pair, 9, 4, true);
    assert_int_equal(tag_caps(tag), 4);
    assert_int_equal(tag_length(tag), 9);
    for (uint64_t i = 0; i < 4; i++) {
        assert_ptr_equal(world_object(to + i), world_object(i % 2 == 0 ? plain : badged));
        assert_int_equal(cap_original(world_slot(to + i)->cap), 0);
        assert_int_equal(pair.receiver.buffer[IPC_BUFFER_CAPS + i], i % 2 == 0 ? 0 : 0x77);
    }
    world_do(WORLD_CNODE, METHOD_CNODE_REVOKE, badged);
    assert_true(slot_is_empty(world_slot(to + 1)));
    assert_false(slot_is_empty(world_slot(to)));
}

static void transfer_stops_where_one_cannot_go(void **state)
{
    (void)state;
    struct pair pair = pair_new();
    uint64_t notification = world_new(OBJECT_TYPE_NOTIFICATION, 0);
    uint64_t reply = world_new(OBJECT_TYPE_REPLY, 0);
    uint64_t last = (1ul << WORLD_CNODE_BITS) - 1;
    uint64_t to = world_slots(4);
    pair.sender.buffer[IPC_BUFFER_CAPS] = notification;
    pair.sender.buffer[IPC_BUFFER_CAPS + 1] = reply;
    pair.sender.buffer[IPC_BUFFER_CAPS + 2] = notification;
    pair.receiver.buffer[IPC_BUFFER_RECEIVE_INDEX] = to;
    assert_int_equal(tag_caps(send_long(&pair, 0, 3, true)), 1);
    assert_true(slot_is_empty(world_slot(to + 1)));
    assert_int_equal(tag_caps(send_long(&pair, 0, 1, false)), 0);
    pair.sender.buffer[IPC_BUFFER_CAPS + 1] = notification;
    pair.receiver.buffer[IPC_BUFFER_RECEIVE_INDEX] = last;
    assert_int_equal(tag_caps(send_long(&pair, 0, 2, true)), 1);
    pair.receiver.buffer[IPC_BUFFER_RECEIVE_INDEX] = UINT64_MAX;
    assert_int_equal(tag_caps(send_long(&pair, 0, 2, true)), 0);
    pair.receiver.buffer[IPC_BUFFER_RECEIVE_INDEX] = 0;
    assert_int_equal(tag_caps(send_long(&pair, 0, 2, true)), 0);
    pair.receiver.buffer[IPC_BUFFER_RECEIVE_INDEX] = to + 1;
    pair.sender.buffer[IPC_BUFFER_CAPS] = UINT64_MAX;
    assert_int_equal(tag_caps(send_long(&pair, 0, 1, true)), 0);
}

static void a_frame_arrives_unmapped(void **state)
{
    (void)state;
    struct pair pair = pair_new();
    uint64_t frame = world_new(OBJECT_TYPE_FRAME, 12);
    uint64_t to = world_slots(1);
    world_do(frame, METHOD_FRAME_MAP, WORLD_VSPACE, 0x200000, SEL_RIGHT_READ, FRAME_ATTRIBUTE_NORMAL);
    pair.sender.buffer[IPC_BUFFER_CAPS] = frame;
    pair.receiver.buffer[IPC_BUFFER_RECEIVE_INDEX] = to;
    assert_int_equal(tag_caps(send_long(&pair, 0, 1, true)), 1);
    assert_int_equal(frame_cap_mapped(world_slot(to)->cap), 0);
    assert_int_equal(frame_cap_mapped(world_slot(frame)->cap), 1);
}

static void replies_carry_words_and_capabilities(void **state)
{
    (void)state;
    struct pair pair = pair_new();
    uint64_t reply = world_new(OBJECT_TYPE_REPLY, 0);
    uint64_t gift = world_new(OBJECT_TYPE_NOTIFICATION, 0);
    uint64_t to = world_slots(1);
    assert_int_equal(world_recv(pair.receiver.tcb, pair.endpoint, reply), WORLD_BLOCKED);
    assert_int_equal(world_ipc_call(pair.sender.tcb, pair.endpoint, 1, 2, 40), WORLD_BLOCKED);
    pair.sender.buffer[IPC_BUFFER_RECEIVE_INDEX] = to;
    pair.receiver.buffer[IPC_BUFFER_CAPS] = gift;
    pair.receiver.buffer[99] = 0x9999;
    struct world_call call = {.cap = reply, .tag = tag_make(6, 100, 1), .word = {0x11}};
    assert_int_equal(world_syscall(pair.receiver.tcb, SYSCALL_SEND, call), SEL_ERROR_OK);
    assert_int_equal(world_status(pair.sender.tcb), SEL_ERROR_OK);
    assert_int_equal(world_tag(pair.sender.tcb), tag_make(6, 100, 1));
    assert_int_equal(world_badge(pair.sender.tcb), 0);
    assert_int_equal(world_word(pair.sender.tcb, 0), 0x11);
    assert_int_equal(pair.sender.buffer[99], 0x9999);
    assert_ptr_equal(world_object(to), world_object(gift));
}

/** The buffer was there when the message was checked, not when it is fetched. */
static void a_queued_sender_that_loses_its_buffer_sends_what_is_in_registers(void **state)
{
    (void)state;
    struct pair pair = pair_new();
    struct world_call call = {.cap = pair.endpoint, .tag = tag_make(7, 20, 1), .word = {1, 2, 3, 4, 5, 6, 7, 8}};
    uint64_t to = world_slots(1);
    pair.sender.buffer[IPC_BUFFER_CAPS] = pair.endpoint;
    pair.receiver.buffer[IPC_BUFFER_RECEIVE_INDEX] = to;
    assert_int_equal(world_syscall(pair.sender.tcb, SYSCALL_SEND, call), WORLD_BLOCKED);
    world_do(WORLD_CNODE, METHOD_CNODE_REVOKE, pair.sender.buffer_slot);
    assert_null(pair.sender.tcb->buffer);
    assert_int_equal(world_recv(pair.receiver.tcb, pair.endpoint, 0), SEL_ERROR_OK);
    assert_int_equal(world_tag(pair.receiver.tcb), tag_make(7, 8, 0));
    assert_int_equal(world_word(pair.receiver.tcb, 7), 8);
    assert_true(slot_is_empty(world_slot(to)));
}

/** What else lies in the buffer stays with the sender. */
static void as_many_capabilities_go_as_the_tag_says(void **state)
{
    (void)state;
    struct pair pair = pair_new();
    for (uint64_t i = 0; i < MESSAGE_CAPS_MAX; i++) {
        pair.sender.buffer[IPC_BUFFER_CAPS + i] = world_new(OBJECT_TYPE_NOTIFICATION, 0);
    }
    for (uint64_t count = 0; count <= MESSAGE_CAPS_MAX; count++) {
        uint64_t index = world_slots(MESSAGE_CAPS_MAX);
        pair.receiver.buffer[IPC_BUFFER_RECEIVE_INDEX] = index;
        assert_int_equal(tag_caps(send_long(&pair, 0, count, true)), count);
        for (uint64_t i = 0; i < MESSAGE_CAPS_MAX; i++) {
            assert_int_equal(slot_is_empty(world_slot(index + i)), i >= count);
        }
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        world_test(all_lengths_in_both_orders),
        world_test(without_a_buffer_the_receiver_gets_eight_words),
        world_test(a_sender_that_lost_its_buffer_sends_eight_words),
        world_test(a_tag_changed_while_queued_is_cut),
        world_test(a_tag_changed_while_queued_grants_nothing),
        world_test(users_cannot_forge_kernel_tags),
        world_test(the_badge_is_the_capabilitys),
        world_test(capabilities_arrive_as_copies),
        world_test(transfer_stops_where_one_cannot_go),
        world_test(a_frame_arrives_unmapped),
        world_test(replies_carry_words_and_capabilities),
        world_test(a_queued_sender_that_loses_its_buffer_sends_what_is_in_registers),
        world_test(as_many_capabilities_go_as_the_tag_says),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
