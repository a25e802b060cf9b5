/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Random messages to the dispatch function and random answers to the calls, under ASan: nothing is read or written outside of what there
 * is, and every answer is one of the protocol's. SEL_SEED=n draws others.
 */
#include <stdio.h>
#include <stdlib.h>

#include "test/unit/protocol/wire.h"

#define MESSAGE_COUNT 300000u

static uint64_t chance;

/* xorshift64* (Vigna, An experimental exploration of Marsaglia's xorshift generators). */
static uint64_t draw(uint64_t bound)
{
    chance ^= chance >> 12;
    chance ^= chance << 25;
    chance ^= chance >> 27;
    return bound == 0 ? chance * 2685821657736338717ull : (chance * 2685821657736338717ull >> 16) % bound;
}

/** Small numbers, numbers near a bound of the protocol, and any. */
static uint64_t draw_word(void)
{
    static const uint64_t bounds[] = {1, 20, 30, 70, 100, 127, 255, 600, 960, INT32_MAX, UINT32_MAX, UINT64_MAX};

    switch (draw(4)) {
    case 0:
        return draw(24);
    case 1:
        return bounds[draw(sizeof(bounds) / sizeof(bounds[0]))] + draw(3) - 1;
    case 2:
        return draw(601);
    default:
        return draw(0);
    }
}

static uint64_t draw_length(uint64_t sized, uint64_t header)
{
    return draw(3) == 0 ? draw(MESSAGE_WORDS_MAX + 1) : (header + (sized + 7) / 8) % (MESSAGE_WORDS_MAX + 1);
}

static void draw_message(struct sel_message *message)
{
    message->badge = draw(8) == 0 ? draw(0) : 1 + draw(WIRE_CLIENT_COUNT);
    for (uint64_t i = 0; i < MESSAGE_REGISTER_WORDS; i++) {
        message->words[i] = draw_word();
    }
    for (uint64_t i = MESSAGE_REGISTER_WORDS; i < MESSAGE_WORDS_MAX; i++) {
        *wire_server_word(i) = draw(16) == 0 ? draw_word() : 0x0101010101010101 * draw(256);
    }
    if (draw(2) == 0) {
        message->words[2] = draw(21);
    }
    const uint64_t labelled = message->words[1] < 1000 && message->words[2] < 1000
                                  ? ((message->words[1] + 7) & ~7ull) + message->words[2]
                                  : 0;
    message->tag = tag_make(draw(16) == 0 ? draw(0) >> 16 : draw(7), draw_length(draw(2) == 0 ? labelled : 0, draw(5)),
                            draw(6) == 0 ? draw(5) : 0);
    if (tag_label(message->tag) == SIGN_PUT_METHOD && draw(2) == 0) {
        message->tag = tag_make(SIGN_PUT_METHOD, 2, 1);
    } else if (tag_label(message->tag) == SIGN_DIGEST_METHOD && draw(2) == 0) {
        message->words[0] &= 0xff;
        message->tag =
            tag_make(SIGN_DIGEST_METHOD, (3 + labelled / 8 + (labelled % 8 != 0)) % (MESSAGE_WORDS_MAX + 1), 0);
    } else if (tag_label(message->tag) == SIGN_MANY_METHOD && draw(2) == 0) {
        message->tag = tag_make(SIGN_MANY_METHOD, 10, 0);
        *wire_server_word(8) &= 0xffff;
        *wire_server_word(9) &= 0x7f;
    }
}

static void random_messages(void **state)
{
    (void)state;
    unsigned well = 0;

    for (unsigned i = 0; i < MESSAGE_COUNT; i++) {
        struct sel_message message;
        draw_message(&message);
        wire_server_has_buffer =
            tag_length(message.tag) > MESSAGE_REGISTER_WORDS || tag_caps(message.tag) != 0 || draw(2) == 0;
        wire_out_size = draw(SIGN_MANY_OUT_MAX + 2);
        const unsigned before = wire_handled;
        wire_deliver(&message);
        const uint64_t label = tag_label(message.tag);
        if (label == 0) {
            assert_int_equal(wire_handled, before + 1);
            assert_true(tag_length(message.tag) <= MESSAGE_WORDS_MAX);
            well++;
        } else {
            assert_true((label >= SEL_CALL_ERROR_FIRST && label < SEL_CALL_BAD_ANSWER) || label == SIGN_ERROR_FULL);
            assert_true(message.tag == tag_make(label, 0, 0));
        }
    }
    print_message("%u of %u messages were answered well\n", well, MESSAGE_COUNT);
    assert_true(well > MESSAGE_COUNT / 20 && well < MESSAGE_COUNT - MESSAGE_COUNT / 20);
}

static void random_answers(void **state)
{
    (void)state;
    unsigned well = 0;

    wire_is_forged = true;
    for (unsigned i = 0; i < MESSAGE_COUNT; i++) {
        draw_message(&wire_forged);
        if (draw(2) == 0) {
            wire_forged.words[0] = draw(101);
            wire_forged.words[1] = draw(2);
            wire_forged.tag = tag_make(0, draw(2) == 0 ? 6 + (wire_forged.words[0] + 7) / 8 : draw(20), 0);
        }
        uint8_t *const digest = malloc(SIGN_DIGEST_DIGEST_SIZE); /* on the heap, where a byte too many is seen */
        char *const note = malloc(SIGN_DIGEST_NOTE_MAX + 1);
        uint8_t *const out = malloc(SIGN_MANY_OUT_MAX);
        size_t size = 0;
        bool is_new = false;
        int16_t last = 0;
        well += sign_digest(&wire_channel, 1, NULL, 0, "", digest, note, &is_new) == SEL_ERROR_OK;
        if (sign_many(&wire_channel, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, out, &size, &last) == SEL_ERROR_OK) {
            assert_true(size <= SIGN_MANY_OUT_MAX);
            well++;
        }
        free(digest);
        free(note);
        free(out);
    }
    print_message("%u of %u answers were taken\n", well, 2 * MESSAGE_COUNT);
    assert_true(well > MESSAGE_COUNT / 20);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(random_messages, wire_start, wire_stop),
        cmocka_unit_test_setup_teardown(random_answers, wire_start, wire_stop),
    };
    const char *seed = getenv("SEL_SEED");

    chance = seed != NULL ? strtoull(seed, NULL, 0) * 2 + 1 : 88172645463325252ull;
    return cmocka_run_group_tests(tests, NULL, NULL);
}
