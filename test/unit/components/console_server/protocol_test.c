/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Encoder and decoder of the console protocol, against docs/design/system.md. A reader written from that page alone must get back what
 * was written, whatever the text is.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "components/console_server/decoder.h"
#include "components/console_server/encoder.h"

#define RS "\x1e"

static struct encoder encoder;

static int start(void **state)
{
    (void)state;
    memset(&encoder, 0, sizeof(encoder));
    return 0;
}

/** All bytes of the stream as a string. */
static const char *drain(void)
{
    static char bytes[ENCODER_BYTES + 1];
    const uint8_t *waiting = NULL;
    size_t length = encoder_waiting(&encoder, &waiting);

    memcpy(bytes, waiting, length);
    encoder_sent(&encoder, length);
    bytes[length] = '\0';
    return bytes;
}

static void every_line_starts_with_channel_and_time(void **state)
{
    (void)state;
    struct encoder_stream one = {.channel = 1};

    assert_int_equal(encoder_put(&encoder, &one, "ab\ncd", 5, 1234), 5);
    assert_string_equal(drain(), RS "[1@1234]ab\n" RS "[1@1234]cd");
    assert_int_equal(encoder_put(&encoder, &one, "e\n", 2, 99), 2);
    assert_string_equal(drain(), "e\n");
    assert_int_equal(encoder_put(&encoder, &one, "\n", 1, 100), 1);
    assert_string_equal(drain(), RS "[1@100]\n");
}

static void a_switch_between_channels_is_marked(void **state)
{
    (void)state;
    struct encoder_stream one = {.channel = 1};
    struct encoder_stream two = {.channel = 22};

    encoder_put(&encoder, &one, "a", 1, 1);
    encoder_put(&encoder, &two, "b", 1, 2);
    encoder_put(&encoder, &one, "c", 1, 3);
    assert_string_equal(drain(), RS "[1@1]a" RS "[22@2]b" RS "[1@3]c");
}

static void a_literal_rs_is_doubled_and_followed_by_a_marker(void **state)
{
    (void)state;
    struct encoder_stream one = {.channel = 1};

    assert_int_equal(encoder_put(&encoder, &one, "a" RS "[0]b", 6, 7), 6);
    assert_string_equal(drain(), RS "[1@7]a" RS RS RS "[1@7][0]b");
}

static void what_does_not_fit_is_not_taken(void **state)
{
    (void)state;
    struct encoder_stream one = {.channel = 1};
    char text[ENCODER_BYTES];
    size_t taken = 0;

    memset(text, 'x', sizeof(text));
    taken = encoder_put(&encoder, &one, text, sizeof(text), 5);
    assert_in_range(taken, 1, sizeof(text) - 1);
    assert_int_equal(encoder_put(&encoder, &one, text, 1, 5), 0);
    const char *out = drain();
    assert_int_equal(strlen(out), strlen(RS "[1@5]") + taken);
    assert_int_equal(encoder_put(&encoder, &one, text, 1, 5), 1);
}

/* The reader of the stream, from the protocol's page: enough for what a console server writes. */
struct reader {
    int state; /* 0 text, 1 after RS, 2 in a channel's number, 3 in the time */
    uint32_t channel;
    uint32_t number;
    char text[3][6000];
    size_t length[3];
};

static void read_byte(struct reader *reader, char byte)
{
    if (reader->state == 0 && byte == '\x1e') {
        reader->state = 1;
    } else if (reader->state == 1 && byte == '[') {
        reader->state = 2;
        reader->number = 0;
    } else if (reader->state == 2 && byte == '@') {
        reader->state = 3;
    } else if (reader->state >= 2 && byte == ']') {
        reader->channel = reader->number;
        reader->state = 0;
    } else if (reader->state == 2) {
        reader->number = reader->number * 10 + (uint32_t)(byte - '0');
    } else if (reader->state != 3) {
        reader->text[reader->channel][reader->length[reader->channel]++] = byte;
        reader->state = 0;
    }
}

static void any_text_comes_back_whole(void **state)
{
    (void)state;
    static const char alphabet[] = "ab\n\x1e[]@<019";
    struct encoder_stream streams[2] = {{.channel = 1}, {.channel = 2}};
    char written[3][6000];
    size_t length[3] = {0};
    struct reader reader = {0};
    uint32_t random = 7;

    for (uint32_t i = 0; i < 1000; i++) {
        char text[9];
        size_t size = 1 + i % sizeof(text);
        for (size_t k = 0; k < size; k++) {
            random = random * 1664525u + 1013904223u;
            text[k] = alphabet[(random >> 8) % (sizeof(alphabet) - 1)];
        }
        uint32_t which = random >> 31;
        assert_int_equal(encoder_put(&encoder, &streams[which], text, size, i), size);
        memcpy(&written[which + 1][length[which + 1]], text, size);
        length[which + 1] += size;
        const char *out = drain();
        for (size_t k = 0; out[k] != '\0'; k++) {
            read_byte(&reader, out[k]);
        }
    }
    for (uint32_t channel = 1; channel <= 2; channel++) {
        assert_int_equal(reader.length[channel], length[channel]);
        assert_memory_equal(reader.text[channel], written[channel], length[channel]);
    }
    assert_int_equal(reader.length[0], 0);
}

/** Feed a string; returns how many bytes of text came out, the last one in `*last`. */
static uint32_t feed(struct decoder *decoder, const char *bytes, size_t size, uint8_t *last)
{
    uint32_t count = 0;

    for (size_t i = 0; i < size; i++) {
        count += decoder_take(decoder, (uint8_t)bytes[i], last);
    }
    return count;
}

static void input_goes_to_the_front_until_another_is_selected(void **state)
{
    (void)state;
    struct decoder decoder;
    uint8_t byte = 0;

    decoder_start(&decoder, 3);
    assert_int_equal(feed(&decoder, "x", 1, &byte), 1);
    assert_int_equal(decoder.channel, 3);
    assert_int_equal(feed(&decoder, RS "[12]y", 6, &byte), 1);
    assert_int_equal(byte, 'y');
    assert_int_equal(decoder.channel, 12);
    assert_int_equal(feed(&decoder, RS RS, 2, &byte), 1);
    assert_int_equal(byte, 0x1e);
    assert_int_equal(decoder.channel, 12);
}

static void malformed_markers_select_nothing(void **state)
{
    (void)state;
    static const char *const bad[] = {RS "[]", RS "[1x", RS "[-1]", RS "[99999999999999999999]", RS "x", RS "[1\n"};
    struct decoder decoder;
    uint8_t byte = 0;

    for (size_t i = 0; i < sizeof(bad) / sizeof(bad[0]); i++) {
        decoder_start(&decoder, 3);
        feed(&decoder, bad[i], strlen(bad[i]), &byte);
        assert_int_equal(decoder.channel, 3);
        assert_int_equal(feed(&decoder, RS "[4]z", 5, &byte), 1); /* and the next marker is understood */
        assert_int_equal(decoder.channel, 4);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup(every_line_starts_with_channel_and_time, start),
        cmocka_unit_test_setup(a_switch_between_channels_is_marked, start),
        cmocka_unit_test_setup(a_literal_rs_is_doubled_and_followed_by_a_marker, start),
        cmocka_unit_test_setup(what_does_not_fit_is_not_taken, start),
        cmocka_unit_test_setup(any_text_comes_back_whole, start),
        cmocka_unit_test_setup(input_goes_to_the_front_until_another_is_selected, start),
        cmocka_unit_test_setup(malformed_markers_select_nothing, start),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
