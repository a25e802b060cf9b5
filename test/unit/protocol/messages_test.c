/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Messages that no stub would send: each is answered with the error of its kind, and no handler sees it.
 */
#include "test/unit/protocol/wire.h"

/** Deliver a message of these words from the client `badge`; the label of its answer. */
static uint64_t answer_to(uint64_t badge, uint64_t tag, uint64_t word0, uint64_t word1, uint64_t word2)
{
    struct sel_message message = {.tag = tag, .badge = badge, .words = {word0, word1, word2}};

    wire_deliver(&message);
    assert_int_equal(tag_length(message.tag), 0);
    assert_int_equal(tag_caps(message.tag), 0);
    assert_int_equal(wire_handled, 0);
    return tag_label(message.tag);
}

static void unknown_methods(void **state)
{
    (void)state;
    static const uint64_t labels[] = {0, 6, 255, SEL_CALL_FAILED, SEL_PROTOCOL_ERROR_FIRST, UINT64_MAX >> 16};

    for (size_t i = 0; i < sizeof(labels) / sizeof(labels[0]); i++) {
        assert_int_equal(answer_to(1, tag_make(labels[i], 0, 0), 0, 0, 0), SEL_CALL_UNKNOWN_METHOD);
    }
}

static void clients_that_the_spec_does_not_name(void **state)
{
    (void)state;
    static const uint64_t badges[] = {0, WIRE_CLIENT_COUNT + 1, UINT32_MAX, UINT64_MAX, 1ull << 63};

    for (size_t i = 0; i < sizeof(badges) / sizeof(badges[0]); i++) {
        assert_int_equal(answer_to(badges[i], tag_make(SIGN_PING_METHOD, 0, 0), 0, 0, 0), SEL_CALL_NOT_ALLOWED);
    }
}

static void lengths_of_values(void **state)
{
    (void)state;
    for (uint64_t length = 0; length <= MESSAGE_WORDS_MAX; length++) {
        if (length != 3) {
            assert_int_equal(answer_to(1, tag_make(SIGN_ADD_METHOD, length, 0), 1, 1, 0), SEL_CALL_BAD_LENGTH);
        }
        if (length != 0) {
            assert_int_equal(answer_to(1, tag_make(SIGN_PING_METHOD, length, 0), 0, 0, 0), SEL_CALL_BAD_LENGTH);
        }
    }
}

/* 3 header words, then ceil(9 / 8) words of data and ceil(1 / 8) of label: 6 words. */
static void lengths_of_bytes(void **state)
{
    (void)state;
    for (uint64_t length = 0; length <= MESSAGE_WORDS_MAX; length++) {
        if (length != 6) {
            assert_int_equal(answer_to(1, tag_make(SIGN_DIGEST_METHOD, length, 0), 0, 9, 1), SEL_CALL_BAD_LENGTH);
        }
    }
}

/* A size that makes the sum of words wrap round to one that fits is a size beyond the bound all the same. */
static void sizes_beyond_their_bound(void **state)
{
    (void)state;
    static const uint64_t sizes[] = {601, 960, 1u << 20, UINT64_MAX, UINT64_MAX - 6, 1ull << 63};

    for (size_t i = 0; i < sizeof(sizes) / sizeof(sizes[0]); i++) {
        for (uint64_t length = 3; length <= MESSAGE_WORDS_MAX; length++) {
            assert_int_equal(answer_to(1, tag_make(SIGN_DIGEST_METHOD, length, 0), 0, sizes[i], 0),
                             SEL_CALL_BAD_LENGTH);
            assert_int_equal(answer_to(1, tag_make(SIGN_DIGEST_METHOD, length, 0), 0, 0, sizes[i]),
                             SEL_CALL_BAD_LENGTH);
        }
    }
    assert_int_equal(answer_to(1, tag_make(SIGN_DIGEST_METHOD, 6, 0), 0, 0, 21), SEL_CALL_BAD_LENGTH);
}

static void values_outside_their_type(void **state)
{
    (void)state;
    const uint64_t add = tag_make(SIGN_ADD_METHOD, 3, 0);

    assert_int_equal(answer_to(1, add, (uint64_t)INT32_MAX + 1, 0, 0), SEL_CALL_BAD_VALUE);
    assert_int_equal(answer_to(1, add, (uint64_t)((int64_t)INT32_MIN - 1), 0, 0), SEL_CALL_BAD_VALUE);
    assert_int_equal(answer_to(1, add, UINT32_MAX, 0, 0), SEL_CALL_BAD_VALUE); /* -1 is sent with all its bits */
    assert_int_equal(answer_to(1, add, 0, 1ull << 32, 0), SEL_CALL_BAD_VALUE);
    assert_int_equal(answer_to(1, add, 0, 0, 2), SEL_CALL_BAD_VALUE);
    assert_int_equal(answer_to(1, tag_make(SIGN_DIGEST_METHOD, 3, 0), 256, 0, 0), SEL_CALL_BAD_VALUE);
}

static void values_in_the_buffer_outside_their_type(void **state)
{
    (void)state;
    const uint64_t many = tag_make(SIGN_MANY_METHOD, 10, 0);

    *wire_server_word(8) = 65536;
    assert_int_equal(answer_to(1, many, 0, 0, 0), SEL_CALL_BAD_VALUE);
    *wire_server_word(8) = 0;
    *wire_server_word(9) = 128;
    assert_int_equal(answer_to(1, many, 0, 0, 0), SEL_CALL_BAD_VALUE);
}

static void a_text_with_a_zero_inside(void **state)
{
    (void)state;
    struct sel_message message = {.tag = tag_make(SIGN_DIGEST_METHOD, 4, 0), .badge = 1, .words = {0, 0, 3, 0x610061}};

    wire_deliver(&message);
    assert_int_equal(tag_label(message.tag), SEL_CALL_BAD_VALUE);
    assert_int_equal(wire_handled, 0);
}

static void capabilities_that_no_method_takes(void **state)
{
    (void)state;
    assert_int_equal(answer_to(1, tag_make(SIGN_PING_METHOD, 0, 1), 0, 0, 0), SEL_CALL_BAD_CAPS);
    assert_int_equal(wire_deleted, 1);
    assert_int_equal(answer_to(1, tag_make(SIGN_PUT_METHOD, 2, 4), 0, 0, 0), SEL_CALL_BAD_CAPS);
    assert_int_equal(wire_deleted, 5);
    assert_int_equal(wire_last_deleted, WIRE_RECEIVE_INDEX + 3);
    assert_int_equal(answer_to(WIRE_CLIENT_COUNT + 1, tag_make(SIGN_PUT_METHOD, 2, 1), 0, 0, 0), SEL_CALL_NOT_ALLOWED);
    assert_int_equal(answer_to(1, tag_make(77, 0, 1), 0, 0, 0), SEL_CALL_UNKNOWN_METHOD);
    assert_int_equal(wire_deleted, 7);
}

static void a_capability_that_did_not_arrive(void **state)
{
    (void)state;
    assert_int_equal(answer_to(1, tag_make(SIGN_PUT_METHOD, 2, 0), 0, 0, 0), SEL_CALL_BAD_CAPS);
    assert_int_equal(wire_deleted, 0);
}

static void a_method_of_another_role(void **state)
{
    (void)state;
    assert_int_equal(answer_to(WIRE_USER + 1, tag_make(SIGN_PUT_METHOD, 2, 1), 0, 0, 0), SEL_CALL_NOT_ALLOWED);
    assert_int_equal(answer_to(WIRE_STRANGER + 1, tag_make(SIGN_DIGEST_METHOD, 3, 0), 0, 0, 0), SEL_CALL_NOT_ALLOWED);
}

/* The kernel alone sets that bit; such a message names no method whatever its label. */
static void faults_are_no_calls(void **state)
{
    (void)state;
    assert_int_equal(answer_to(1, tag_make(SIGN_PING_METHOD, 0, 0) | TAG_KERNEL, 0, 0, 0), SEL_CALL_BAD_LENGTH);
}

static void notifications_are_handed_over_unanswered(void **state)
{
    (void)state;
    struct sel_message message = {.tag = TAG_NOTIFICATION, .badge = 0x11};

    wire_deliver(&message);
    assert_int_equal(wire_events, 0x11);
    assert_int_equal(wire_handled, 0);
    wire_serving.on_events = NULL;
    wire_deliver(&message);
    assert_int_equal(wire_events, 0x11);
}

/* Capabilities are taken from the first message on. */
static void serving_begins_with_free_slots(void **state)
{
    (void)state;
    sel_ipc_buffer->receive_index = 0;
    assert_int_equal(sign_serve((const struct sign_service *)wire_serving.service, NULL), SEL_ERROR_PEER_DIED);
    assert_int_equal(sel_ipc_buffer->receive_index, WIRE_RECEIVE_INDEX);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(unknown_methods, wire_start, wire_stop),
        cmocka_unit_test_setup_teardown(clients_that_the_spec_does_not_name, wire_start, wire_stop),
        cmocka_unit_test_setup_teardown(lengths_of_values, wire_start, wire_stop),
        cmocka_unit_test_setup_teardown(lengths_of_bytes, wire_start, wire_stop),
        cmocka_unit_test_setup_teardown(sizes_beyond_their_bound, wire_start, wire_stop),
        cmocka_unit_test_setup_teardown(values_outside_their_type, wire_start, wire_stop),
        cmocka_unit_test_setup_teardown(values_in_the_buffer_outside_their_type, wire_start, wire_stop),
        cmocka_unit_test_setup_teardown(a_text_with_a_zero_inside, wire_start, wire_stop),
        cmocka_unit_test_setup_teardown(capabilities_that_no_method_takes, wire_start, wire_stop),
        cmocka_unit_test_setup_teardown(a_capability_that_did_not_arrive, wire_start, wire_stop),
        cmocka_unit_test_setup_teardown(a_method_of_another_role, wire_start, wire_stop),
        cmocka_unit_test_setup_teardown(faults_are_no_calls, wire_start, wire_stop),
        cmocka_unit_test_setup_teardown(serving_begins_with_free_slots, wire_start, wire_stop),
        cmocka_unit_test_setup_teardown(notifications_are_handed_over_unanswered, wire_start, wire_stop),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
