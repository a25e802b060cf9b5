/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Queues: exactly the wake-ups that the ring asks for become signals.
 */
#include <string.h>

#include "test/unit/libsel/fake_kernel.h"

static _Alignas(64) uint8_t memory[sizeof(struct sel_ring_shared) + 64];
static struct sel_queue writer;
static struct sel_queue reader;

static int open_queues(void **state)
{
    memset(memory, 0, sizeof(memory));
    writer.peer = 11;
    reader.peer = 22;
    assert_true(sel_ring_open_writer(&writer.ring, memory, sizeof(memory)));
    assert_true(sel_ring_open_reader(&reader.ring, memory, sizeof(memory)));
    return fake_reset(state);
}

static void first_bytes_signal_the_reader_once(void **state)
{
    (void)state;
    assert_int_equal(sel_queue_write(&writer, "ab", 2), 2);
    assert_int_equal(sel_queue_write(&writer, "cd", 2), 2);
    assert_int_equal(fake_call_count, 1);
    assert_int_equal(fake_calls[0].syscall, SYSCALL_SIGNAL);
    assert_int_equal(fake_calls[0].cap, 11);
}

static void room_in_a_full_queue_signals_the_writer(void **state)
{
    (void)state;
    uint64_t record[8] = {0};
    assert_true(sel_queue_put(&writer, record, sizeof(record)));
    assert_true(sel_queue_get(&reader, record, sizeof(record)));
    assert_int_equal(fake_call_count, 2);
    assert_int_equal(fake_calls[1].cap, 22);
    assert_int_equal(sel_queue_write(&writer, record, sizeof(record)), sizeof(record)); /* the same byte by byte */
    assert_int_equal(sel_queue_read(&reader, record, 1), 1);
    assert_int_equal(fake_call_count, 4);
    assert_int_equal(fake_calls[3].cap, 22);
}

static void nothing_moved_signals_nobody(void **state)
{
    (void)state;
    char out[4];
    uint64_t record[9] = {0};
    assert_int_equal(sel_queue_read(&reader, out, 4), 0);
    assert_false(sel_queue_put(&writer, record, sizeof(record)));
    assert_false(sel_queue_get(&reader, record, sizeof(record)));
    assert_int_equal(fake_call_count, 0);
}

static void a_polling_peer_is_not_signalled(void **state)
{
    (void)state;
    writer.peer = 0;
    assert_int_equal(sel_queue_write(&writer, "a", 1), 1);
    assert_int_equal(fake_call_count, 0);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup(first_bytes_signal_the_reader_once, open_queues),
        cmocka_unit_test_setup(room_in_a_full_queue_signals_the_writer, open_queues),
        cmocka_unit_test_setup(nothing_moved_signals_nobody, open_queues),
        cmocka_unit_test_setup(a_polling_peer_is_not_signalled, open_queues),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
