/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Answers that no server of the protocol would give: the client is told BAD_ANSWER and its results stay as they were.
 */
#include <string.h>

#include "test/unit/protocol/wire.h"

#define KEPT 0x5a

static void forge(uint64_t tag, uint64_t word0, uint64_t word1)
{
    wire_is_forged = true;
    wire_forged = (struct sel_message){.tag = tag, .words = {word0, word1}};
}

static void answers_of_another_length(void **state)
{
    (void)state;
    int64_t sum = KEPT;

    for (uint64_t length = 0; length <= MESSAGE_WORDS_MAX; length++) {
        if (length != 1) {
            forge(tag_make(0, length, 0), 1, 0);
            assert_int_equal(sign_add(&wire_channel, 1, 1, false, &sum), SEL_CALL_BAD_ANSWER);
        }
    }
    forge(tag_make(0, 1, 1), 1, 0);
    assert_int_equal(sign_add(&wire_channel, 1, 1, false, &sum), SEL_CALL_BAD_ANSWER);
    assert_true(sum == KEPT);
}

/* A label is an error of a call (256..262) or one of this protocol's two (4096, 4097), and then the answer is nothing else. */
static void labels_that_are_no_error(void **state)
{
    (void)state;
    static const uint64_t labels[] = {1, 27, 255, 263, 4095, 4098, 1ull << 32, UINT64_MAX >> 16};

    for (size_t i = 0; i < sizeof(labels) / sizeof(labels[0]); i++) {
        forge(tag_make(labels[i], 0, 0), 0, 0);
        assert_int_equal(sign_ping(&wire_channel), SEL_CALL_BAD_ANSWER);
    }
    forge(tag_make(SEL_CALL_NOT_ALLOWED, 1, 0), 0, 0);
    assert_int_equal(sign_ping(&wire_channel), SEL_CALL_BAD_ANSWER);
    forge(tag_make(SEL_CALL_NOT_ALLOWED, 0, 0), 0, 0);
    assert_int_equal(sign_ping(&wire_channel), SEL_CALL_NOT_ALLOWED);
    forge(tag_make(4097, 0, 0), 0, 0);
    assert_int_equal(sign_ping(&wire_channel), SIGN_ERROR_FULL);
}

/* Header words of digest's answer: length of the note, is_new; then 4 words of digest. */
static void results_that_would_not_fit(void **state)
{
    (void)state;
    static const uint64_t sizes[] = {101, 960, UINT64_MAX, UINT64_MAX - 6};
    uint8_t digest[SIGN_DIGEST_DIGEST_SIZE];
    uint8_t kept[SIGN_DIGEST_DIGEST_SIZE];
    char note[SIGN_DIGEST_NOTE_MAX + 1] = "kept";
    bool is_new = false;

    memset(digest, KEPT, sizeof(digest));
    memset(kept, KEPT, sizeof(kept));
    for (size_t i = 0; i < sizeof(sizes) / sizeof(sizes[0]); i++) {
        for (uint64_t length = 2; length <= MESSAGE_WORDS_MAX; length++) {
            forge(tag_make(0, length, 0), sizes[i], 1);
            assert_int_equal(sign_digest(&wire_channel, 0, NULL, 0, "", digest, note, &is_new), SEL_CALL_BAD_ANSWER);
        }
    }
    forge(tag_make(0, 6, 0), 0, 2);
    assert_int_equal(sign_digest(&wire_channel, 0, NULL, 0, "", digest, note, &is_new), SEL_CALL_BAD_ANSWER);
    assert_memory_equal(digest, kept, sizeof(kept));
    assert_string_equal(note, "kept");
    assert_false(is_new);
    forge(tag_make(0, 6, 0), 0, 1);
    assert_int_equal(sign_digest(&wire_channel, 0, NULL, 0, "", digest, note, &is_new), SEL_ERROR_OK);
    assert_true(is_new);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(answers_of_another_length, wire_start, wire_stop),
        cmocka_unit_test_setup_teardown(labels_that_are_no_error, wire_start, wire_stop),
        cmocka_unit_test_setup_teardown(results_that_would_not_fit, wire_start, wire_stop),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
