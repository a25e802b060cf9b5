/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Generated invocation stubs: words and tags on the way in, results and refusals on the way out.
 */
#include <string.h>

#include "test/unit/libsel/fake_kernel.h"

static struct sel_ipc_buffer buffer;

static void arguments_are_words_in_order(void **state)
{
    (void)state;
    assert_int_equal(sel_cnode_mint(3, 10, 4, 11, SEL_RIGHT_WRITE, 77), SEL_ERROR_OK);
    const uint64_t words[] = {10, 4, 11, SEL_RIGHT_WRITE, 77, 0, 0, 0};
    assert_int_equal(fake_calls[0].cap, 3);
    assert_int_equal(fake_calls[0].tag, tag_make(METHOD_CNODE_MINT, 5, 0));
    assert_memory_equal(fake_calls[0].words, words, sizeof(words));
}

static void results_are_words_in_order(void **state)
{
    (void)state;
    fake_answers[0] = (struct fake_answer){.words = {100, 12}};
    fake_answer_count = 1;
    uint64_t physical = 0;
    uint64_t size_bits = 0;
    assert_int_equal(sel_frame_address(8, &physical, &size_bits), SEL_ERROR_OK);
    assert_int_equal(physical, 100);
    assert_int_equal(size_bits, 12);
}

static void a_refusal_leaves_results_alone_and_is_recorded(void **state)
{
    (void)state;
    fake_answers[0] = (struct fake_answer){.error = SEL_ERROR_NOT_MAPPED, .words = {1, 0x5000, 0}};
    fake_answer_count = 1;
    uint64_t next = 1, physical = 2, size_bits = 3, rights = 4;
    assert_int_equal(sel_vspace_inspect(6, 0x5000, &next, &physical, &size_bits, &rights), SEL_ERROR_NOT_MAPPED);
    assert_int_equal(next + physical + size_bits + rights, 10);
    assert_int_equal(sel_last_error.invocation, INVOCATION_VSPACE_INSPECT);
    assert_int_equal(sel_last_error.error, SEL_ERROR_NOT_MAPPED);
    assert_int_equal(sel_last_error.detail[1], 0x5000);
}

static void long_lists_go_on_in_the_ipc_buffer(void **state)
{
    (void)state;
    uint64_t registers[THREAD_REG_COUNT];
    for (uint64_t i = 0; i < THREAD_REG_COUNT; i++) {
        registers[i] = 1000 + i;
    }
    memset(&buffer, 0, sizeof(buffer));
    sel_ipc_buffer = &buffer;
    assert_int_equal(sel_tcb_write_registers(5, 0, THREAD_REG_COUNT, registers), SEL_ERROR_OK);
    assert_int_equal(tag_length(fake_calls[0].tag), 2 + THREAD_REG_COUNT);
    assert_int_equal(fake_calls[0].words[1], THREAD_REG_COUNT);
    assert_int_equal(fake_calls[0].words[2], 1000);
    assert_int_equal(fake_calls[0].words[7], 1005);
    assert_int_equal(buffer.message[7], 0);
    assert_int_equal(buffer.message[8], 1006);
    assert_int_equal(buffer.message[1 + THREAD_REG_COUNT], 1000 + THREAD_REG_COUNT - 1);
}

static void long_results_come_from_both_places(void **state)
{
    (void)state;
    sel_ipc_buffer = &buffer;
    buffer.message[8] = 88;
    buffer.message[9] = 99;
    fake_answers[0] = (struct fake_answer){.words = {1, 2, 3, 4, 5, 6, 7, 8}};
    fake_answer_count = 1;
    uint64_t registers[10] = {0};
    assert_int_equal(sel_tcb_read_registers(5, 0, 10, registers), SEL_ERROR_OK);
    const uint64_t expected[10] = {1, 2, 3, 4, 5, 6, 7, 8, 88, 99};
    assert_memory_equal(registers, expected, sizeof(expected));
}

static void without_a_buffer_long_lists_are_refused_here(void **state)
{
    (void)state;
    const uint64_t registers[MESSAGE_WORDS_MAX + 1] = {0};
    assert_int_equal(sel_tcb_write_registers(5, 0, 7, registers), SEL_ERROR_NO_BUFFER);
    assert_int_equal(sel_last_error.detail[1], 9);
    assert_int_equal(sel_last_error.detail[2], MESSAGE_REGISTER_WORDS);
    sel_ipc_buffer = &buffer;
    assert_int_equal(sel_tcb_write_registers(5, 0, 119, registers), SEL_ERROR_MESSAGE_TOO_LONG);
    assert_int_equal(sel_tcb_write_registers(5, 0, UINT64_MAX, registers), SEL_ERROR_MESSAGE_TOO_LONG);
    assert_int_equal(fake_call_count, 0);
}

static void bytes_are_packed_little_endian(void **state)
{
    (void)state;
    assert_int_equal(sel_console_write(5, 9, "abcdefghi"), SEL_ERROR_OK);
    assert_int_equal(tag_length(fake_calls[0].tag), 3);
    assert_int_equal(fake_calls[0].words[0], 9);
    assert_int_equal(fake_calls[0].words[1], 0x6867666564636261);
    assert_int_equal(fake_calls[0].words[2], 'i');
}

static void long_message_words_are_reached_by_index(void **state)
{
    (void)state;
    struct sel_message message = {.words = {5}};
    assert_int_equal(sel_message_word(&message, 0), 5);
    assert_int_equal(sel_message_word(&message, 8), 0);
    assert_false(sel_message_set_word(&message, 8, 1));
    sel_ipc_buffer = &buffer;
    assert_true(sel_message_set_word(&message, 119, 6));
    assert_int_equal(sel_message_word(&message, 119), 6);
    assert_false(sel_message_set_word(&message, 120, 6));
    assert_int_equal(sel_message_word(&message, 120), 0);
}

static void capabilities_travel_by_the_buffer(void **state)
{
    (void)state;
    struct sel_message message = {.tag = tag_make(3, 2, 0)};
    assert_false(sel_message_add_cap(&message, 40));
    assert_false(sel_receive_caps_at(50));
    sel_ipc_buffer = &buffer;
    for (uint64_t i = 0; i < MESSAGE_CAPS_MAX; i++) {
        assert_true(sel_message_add_cap(&message, 40 + i));
    }
    assert_false(sel_message_add_cap(&message, 44));
    assert_int_equal(message.tag, tag_make(3, 2, MESSAGE_CAPS_MAX));
    assert_int_equal(buffer.caps[3], 43);
    assert_true(sel_receive_caps_at(50));
    assert_int_equal(buffer.receive_index, 50);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup(arguments_are_words_in_order, fake_reset),
        cmocka_unit_test_setup(results_are_words_in_order, fake_reset),
        cmocka_unit_test_setup(a_refusal_leaves_results_alone_and_is_recorded, fake_reset),
        cmocka_unit_test_setup(long_lists_go_on_in_the_ipc_buffer, fake_reset),
        cmocka_unit_test_setup(long_results_come_from_both_places, fake_reset),
        cmocka_unit_test_setup(without_a_buffer_long_lists_are_refused_here, fake_reset),
        cmocka_unit_test_setup(bytes_are_packed_little_endian, fake_reset),
        cmocka_unit_test_setup(capabilities_travel_by_the_buffer, fake_reset),
        cmocka_unit_test_setup(long_message_words_are_reached_by_index, fake_reset),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
