/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Console output over the kernel and over rings: nothing lost silently, nobody's wake-ups eaten. Tests run in order on one ring.
 */
#include <string.h>

#include "test/unit/libsel/fake_kernel.h"

#define CAPACITY 64u

static _Alignas(64) uint8_t output[sizeof(struct sel_ring_shared) + CAPACITY];
static _Alignas(64) uint8_t input[sizeof(struct sel_ring_shared) + CAPACITY];
static struct sel_ring server_in;
static struct sel_ring server_out;

static int use_rings(void **state)
{
    fake_reset(state);
    fake_spec.console_kind = SEL_CONSOLE_RING;
    fake_spec.notification_cap = 9;
    fake_spec.console = (struct sel_console_link){.output_base = (uintptr_t)output,
                                                  .output_size = sizeof(output),
                                                  .input_base = (uintptr_t)input,
                                                  .input_size = sizeof(input),
                                                  .peer_cap = 12,
                                                  .own_bit = 0};
    assert_true(sel_ring_open_reader(&server_in, output, sizeof(output)));
    assert_true(sel_ring_open_writer(&server_out, input, sizeof(input)));
    return 0;
}

static void server_reads(const char *expected)
{
    char bytes[CAPACITY + 1] = "";
    bool wake;
    bytes[sel_ring_read(&server_in, bytes, CAPACITY, &wake)] = '\0';
    assert_string_equal(bytes, expected);
}

static void the_kernel_takes_56_bytes_a_call(void **state)
{
    (void)state;
    char text[100];
    memset(text, 'x', sizeof(text));
    fake_spec.console_kind = SEL_CONSOLE_KERNEL;
    fake_spec.console_cap = 6;
    sel_console_output(text, sizeof(text));
    assert_int_equal(fake_call_count, 2);
    assert_int_equal(fake_calls[0].cap, 6);
    assert_int_equal(fake_calls[0].words[0], 56);
    assert_int_equal(fake_calls[1].words[0], 44);
}

static void without_a_console_nothing_happens(void **state)
{
    (void)state;
    char c;
    sel_console_print("hello");
    assert_int_equal(sel_console_input(&c, 1), 0);
    assert_int_equal(fake_call_count, 0);
}

static void text_reaches_the_server_with_one_signal(void **state)
{
    (void)state;
    sel_console_print("hello");
    assert_int_equal(fake_call_count, 1);
    assert_int_equal(fake_calls[0].syscall, SYSCALL_SIGNAL);
    assert_int_equal(fake_calls[0].cap, 12);
    server_reads("hello");
}

static void input_comes_from_the_server(void **state)
{
    (void)state;
    bool wake;
    char bytes[8] = "";
    (void)sel_ring_write(&server_out, "ls\n", 3, &wake);
    assert_int_equal(sel_console_input(bytes, sizeof(bytes)), 3);
    assert_string_equal(bytes, "ls\n");
}

static void a_full_ring_loses_with_a_note(void **state)
{
    (void)state;
    char text[CAPACITY + 6];
    memset(text, 'y', sizeof(text));
    sel_console_output(text, sizeof(text)); /* nobody will tell of room: own_bit is 0 */
    char bytes[CAPACITY];
    bool wake;
    assert_int_equal(sel_ring_read(&server_in, bytes, CAPACITY, &wake), CAPACITY);
    sel_console_print("next\n");
    server_reads("\n[6 bytes of output lost]\nnext\n");
}

static void a_full_ring_waits_if_the_server_can_tell(void **state)
{
    (void)state;
    char text[CAPACITY + 6];
    memset(text, 'z', sizeof(text));
    fake_spec.console.own_bit = 4;
    /*
     * First the signal for the bytes that fit, then one for the room needed at once, then a wait that brings another bit; the ring is not
     * emptied, so the room is asked for again, and then a wait fails.
     */
    fake_answers[2] = (struct fake_answer){.badge = 1};
    fake_answers[3] = (struct fake_answer){.badge = 4};
    fake_answers[5] = (struct fake_answer){.error = SEL_ERROR_PEER_DIED};
    fake_answer_count = 6;
    sel_console_output(text, sizeof(text));
    assert_int_equal(fake_calls[1].syscall, SYSCALL_SIGNAL);
    assert_int_equal(fake_calls[1].cap, 12);
    assert_int_equal(fake_calls[2].syscall, SYSCALL_WAIT);
    assert_int_equal(fake_calls[2].cap, 9);
    assert_int_equal(fake_calls[3].syscall, SYSCALL_WAIT);
    /* Neither the other bit nor the console's own, which may have told of input, is gone. */
    assert_int_equal(sel_event_wait(), 1 | 4);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup(the_kernel_takes_56_bytes_a_call, fake_reset),
        cmocka_unit_test_setup(without_a_console_nothing_happens, fake_reset),
        cmocka_unit_test_setup(text_reaches_the_server_with_one_signal, use_rings),
        cmocka_unit_test_setup(input_comes_from_the_server, use_rings),
        cmocka_unit_test_setup(a_full_ring_loses_with_a_note, use_rings),
        cmocka_unit_test_setup(a_full_ring_waits_if_the_server_can_tell, use_rings),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
