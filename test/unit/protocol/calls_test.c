/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Calls that go well, and those that end with an error: what a client gives arrives, what the server answers comes back.
 */
#include <string.h>

#include "test/unit/protocol/wire.h"

static void values_of_every_type_arrive(void **state)
{
    (void)state;
    int64_t sum = 0;

    assert_int_equal(sign_add(&wire_channel, INT32_MIN, UINT32_MAX, false, &sum), SEL_ERROR_OK);
    assert_true(sum == (int64_t)2147483647);
    assert_int_equal(sign_add(&wire_channel, -1, 0, true, &sum), SEL_ERROR_OK);
    assert_true(sum == 1);
    assert_int_equal(wire_handled, 2);
}

static void the_server_learns_the_clients_name(void **state)
{
    (void)state;
    int64_t sum = 0;

    wire_badge = WIRE_USER + 1;
    assert_int_equal(sign_add(&wire_channel, 1, 2, false, &sum), SEL_ERROR_OK);
    assert_string_equal(wire_caller->name, "logger");
    assert_string_equal(wire_caller->local, "sign");
    assert_int_equal(wire_caller->number, 1);
}

/* 3 header words: with 40 bytes of data and no label the message ends in the last register; then it needs the buffer. */
static void bytes_arrive_whole_whatever_their_number(void **state)
{
    (void)state;
    static const size_t sizes[] = {0, 1, 7, 8, 9, 39, 40, 41, 48, 511, 599, 600};
    uint8_t data[600];

    for (size_t i = 0; i < sizeof(data); i++) {
        data[i] = (uint8_t)(i * 7 + 1);
    }
    for (size_t i = 0; i < sizeof(sizes) / sizeof(sizes[0]); i++) {
        uint8_t digest[SIGN_DIGEST_DIGEST_SIZE];
        uint8_t wanted[SIGN_DIGEST_DIGEST_SIZE];
        char note[SIGN_DIGEST_NOTE_MAX + 1];
        bool is_new = false;
        assert_int_equal(sign_digest(&wire_channel, 200, data, sizes[i], "twenty letters long.", digest, note, &is_new),
                         SEL_ERROR_OK);
        memset(wanted, 200, sizeof(wanted));
        for (size_t byte = 0; byte < sizes[i]; byte++) {
            wanted[byte % sizeof(wanted)] ^= data[byte];
        }
        assert_memory_equal(digest, wanted, sizeof(wanted));
        assert_string_equal(note, "twenty letters long.!");
        assert_int_equal(is_new, sizes[i] != 0);
    }
}

static void more_values_than_registers_arrive(void **state)
{
    (void)state;
    uint8_t out[SIGN_MANY_OUT_MAX] = {0};
    size_t size = 99;
    int16_t last = 0;

    wire_out_size = 70;
    assert_int_equal(sign_many(&wire_channel, 1, 2, 3, 4, 5, 6, 7, 8, 65535, -128, out, &size, &last), SEL_ERROR_OK);
    assert_int_equal(size, 70);
    assert_int_equal(last, 3 * -128);
    assert_int_equal(out[0], (1 + 2 + 3 + 4 + 5 + 6 + 7 + 8 + 65535) & 0xff);
    assert_int_equal(out[69], out[0]);
}

static void what_is_too_long_is_refused_before_it_is_sent(void **state)
{
    (void)state;
    uint8_t data[601] = {0};
    uint8_t digest[SIGN_DIGEST_DIGEST_SIZE];
    char note[SIGN_DIGEST_NOTE_MAX + 1];
    bool is_new = false;

    assert_int_equal(sign_digest(&wire_channel, 0, data, 601, "", digest, note, &is_new), SEL_CALL_BAD_LENGTH);
    assert_int_equal(sign_digest(&wire_channel, 0, data, SIZE_MAX, "", digest, note, &is_new), SEL_CALL_BAD_LENGTH);
    assert_int_equal(sign_digest(&wire_channel, 0, data, 1, "twenty-one letters...", digest, note, &is_new),
                     SEL_CALL_BAD_LENGTH);
    assert_int_equal(wire_handled, 0);
}

static void a_role_decides_who_may_call(void **state)
{
    (void)state;
    static const uint8_t seed[SIGN_PUT_SEED_SIZE] = {0};
    uint8_t digest[SIGN_DIGEST_DIGEST_SIZE];
    char note[SIGN_DIGEST_NOTE_MAX + 1];
    bool is_new = false;

    wire_badge = WIRE_USER + 1;
    assert_int_equal(sign_put(&wire_channel, 9, seed), SEL_CALL_NOT_ALLOWED);
    assert_int_equal(sign_digest(&wire_channel, 0, NULL, 0, "", digest, note, &is_new), SEL_ERROR_OK);
    wire_badge = WIRE_STRANGER + 1;
    assert_int_equal(sign_digest(&wire_channel, 0, NULL, 0, "", digest, note, &is_new), SEL_CALL_NOT_ALLOWED);
    assert_int_equal(sign_ping(&wire_channel), SEL_ERROR_OK);
}

static void a_capability_is_the_handlers_until_it_returns(void **state)
{
    (void)state;
    static const uint8_t seed[SIGN_PUT_SEED_SIZE] = {0};

    assert_int_equal(sign_put(&wire_channel, 9, seed), SEL_ERROR_OK);
    assert_int_equal(wire_page, WIRE_RECEIVE_INDEX);
    assert_int_equal(wire_receive_inside, 0); /* a server that it calls cannot put anything there */
    assert_int_equal(wire_deleted, 1);
    assert_int_equal(wire_last_deleted, WIRE_RECEIVE_INDEX);
    assert_int_equal(sel_ipc_buffer->caps[0], 9);
}

static void the_protocols_own_errors_come_back_by_name(void **state)
{
    (void)state;
    uint8_t seed[SIGN_PUT_SEED_SIZE];

    memset(seed, 0xff, sizeof(seed));
    const sel_err_t error = sign_put(&wire_channel, 9, seed);
    assert_int_equal(error, SIGN_ERROR_FULL);
    assert_string_equal(sign_error_name(error), "FULL");
    assert_string_equal(sign_error_name(SEL_CALL_NOT_ALLOWED), "NOT_ALLOWED");
    assert_string_equal(sign_error_name(SEL_ERROR_PEER_DIED), "PEER_DIED");
}

static void errors_read_as_sentences(void **state)
{
    (void)state;
    char sentence[128];

    (void)sel_error_sentence_of(&(struct sel_error_info){.error = SEL_CALL_NOT_ALLOWED}, sentence, sizeof(sentence));
    assert_string_equal(sentence, "the spec gives this client no role that may call the method");
    (void)sel_error_sentence_of(&(struct sel_error_info){.error = SIGN_ERROR_FULL}, sentence, sizeof(sentence));
    assert_string_equal(sentence, "error 2 of the protocol's own");
    (void)sel_error_sentence_of(&(struct sel_error_info){.error = SEL_CALL_ERROR_END}, sentence, sizeof(sentence));
    assert_string_equal(sentence, "unknown error 263");
}

static void a_server_that_breaks_its_contract_fails_alone(void **state)
{
    (void)state;
    static const sel_err_t outcomes[] = {SEL_ERROR_PEER_DIED, SEL_CALL_BAD_LENGTH, SEL_PROTOCOL_ERROR_FIRST + 2,
                                         UINT32_MAX};
    uint8_t out[SIGN_MANY_OUT_MAX];
    size_t size = 5;
    int16_t last = 0;
    uint8_t digest[SIGN_DIGEST_DIGEST_SIZE];
    char note[SIGN_DIGEST_NOTE_MAX + 1];
    bool is_new = false;

    for (size_t i = 0; i < sizeof(outcomes) / sizeof(outcomes[0]); i++) {
        wire_outcome = outcomes[i];
        assert_int_equal(sign_ping(&wire_channel), SEL_CALL_FAILED);
    }
    wire_outcome = SEL_ERROR_OK;
    wire_out_size = SIGN_MANY_OUT_MAX + 1;
    assert_int_equal(sign_many(&wire_channel, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, out, &size, &last), SEL_CALL_FAILED);
    assert_int_equal(size, 5);
    wire_is_note_endless = true;
    assert_int_equal(sign_digest(&wire_channel, 0, NULL, 0, "", digest, note, &is_new), SEL_CALL_FAILED);
}

static void without_a_buffer_long_calls_fail_and_short_ones_do_not(void **state)
{
    (void)state;
    const uint8_t data[100] = {0};
    static const uint8_t seed[SIGN_PUT_SEED_SIZE] = {0};
    uint8_t digest[SIGN_DIGEST_DIGEST_SIZE];
    char note[SIGN_DIGEST_NOTE_MAX + 1];
    bool is_new = false;
    int64_t sum = 0;

    wire_server_has_buffer = false;
    assert_int_equal(sign_digest(&wire_channel, 0, data, sizeof(data), "", digest, note, &is_new), SEL_CALL_BAD_LENGTH);
    sel_ipc_buffer = NULL;
    wire_client_has_buffer = false;
    assert_int_equal(sign_add(&wire_channel, 1, 1, false, &sum), SEL_ERROR_OK);
    assert_int_equal(sign_put(&wire_channel, 9, seed), SEL_ERROR_NO_BUFFER);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(values_of_every_type_arrive, wire_start, wire_stop),
        cmocka_unit_test_setup_teardown(the_server_learns_the_clients_name, wire_start, wire_stop),
        cmocka_unit_test_setup_teardown(bytes_arrive_whole_whatever_their_number, wire_start, wire_stop),
        cmocka_unit_test_setup_teardown(more_values_than_registers_arrive, wire_start, wire_stop),
        cmocka_unit_test_setup_teardown(what_is_too_long_is_refused_before_it_is_sent, wire_start, wire_stop),
        cmocka_unit_test_setup_teardown(a_role_decides_who_may_call, wire_start, wire_stop),
        cmocka_unit_test_setup_teardown(a_capability_is_the_handlers_until_it_returns, wire_start, wire_stop),
        cmocka_unit_test_setup_teardown(the_protocols_own_errors_come_back_by_name, wire_start, wire_stop),
        cmocka_unit_test_setup_teardown(errors_read_as_sentences, wire_start, wire_stop),
        cmocka_unit_test_setup_teardown(a_server_that_breaks_its_contract_fails_alone, wire_start, wire_stop),
        cmocka_unit_test_setup_teardown(without_a_buffer_long_calls_fail_and_short_ones_do_not, wire_start, wire_stop),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
