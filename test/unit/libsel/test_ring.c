/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * The shared ring: order, bounds, wake-ups, and a peer that lies.
 */
#include <stdlib.h>
#include <string.h>

#include "test/unit/libsel/fake_kernel.h"
#include <pthread.h>
#include <sched.h>

#define HEADER   sizeof(struct sel_ring_shared)
#define CAPACITY 64u

struct pair {
    _Alignas(64) uint8_t memory[HEADER + CAPACITY];
    struct sel_ring writer;
    struct sel_ring reader;
};

static struct pair pair;

static struct sel_ring_shared *shared(void)
{
    return (struct sel_ring_shared *)pair.memory;
}

static int open_pair(void **state)
{
    (void)state;
    memset(&pair, 0, sizeof(pair));
    assert_true(sel_ring_open_writer(&pair.writer, pair.memory, sizeof(pair.memory)));
    assert_true(sel_ring_open_reader(&pair.reader, pair.memory, sizeof(pair.memory)));
    return 0;
}

static void capacity_is_largest_power_of_two_that_fits(void **state)
{
    (void)state;
    static _Alignas(64) uint8_t memory[4096];
    struct sel_ring ring;
    assert_true(sel_ring_open_writer(&ring, memory, sizeof(memory)));
    assert_int_equal(ring.capacity, 2048); /* 4096 - 128 bytes of header */
    assert_true(sel_ring_open_writer(&ring, memory, HEADER + 64));
    assert_int_equal(ring.capacity, 64);
    assert_false(sel_ring_open_writer(&ring, memory, HEADER + 63));
    assert_false(sel_ring_open_reader(&ring, memory, 0));
}

static void bytes_arrive_in_order_across_the_end(void **state)
{
    (void)state;
    bool wake = false;
    uint8_t next_in = 0;
    uint8_t next_out = 0;
    for (int round = 0; round < 1000; round++) {
        uint8_t in[CAPACITY];
        const size_t want = (size_t)(round * 7 % 61) + 1;
        for (size_t i = 0; i < want; i++) {
            in[i] = (uint8_t)(next_in + i);
        }
        next_in = (uint8_t)(next_in + sel_ring_write(&pair.writer, in, want, &wake));
        uint8_t out[CAPACITY];
        const size_t count = sel_ring_read(&pair.reader, out, (size_t)(round * 11 % 59) + 1, &wake);
        for (size_t i = 0; i < count; i++) {
            assert_int_equal(out[i], next_out);
            next_out++;
        }
    }
    assert_true(next_out != 0);
}

static void single_bytes_go_in_until_it_is_full(void **state)
{
    (void)state;
    bool wake = false;
    for (unsigned i = 0; i < CAPACITY; i++) {
        assert_true(sel_ring_write_byte(&pair.writer, (uint8_t)i, &wake));
    }
    assert_true(wake);
    wake = false;
    assert_false(sel_ring_write_byte(&pair.writer, 0xff, &wake));
    assert_false(wake);
    uint8_t out[CAPACITY];
    assert_int_equal(sel_ring_read(&pair.reader, out, sizeof(out), &wake), CAPACITY);
    for (unsigned i = 0; i < CAPACITY; i++) {
        assert_int_equal(out[i], (uint8_t)i);
    }
    atomic_store(&shared()->consumed, CAPACITY + 1);
    assert_false(sel_ring_write_byte(&pair.writer, 1, &wake));
    assert_true(pair.writer.is_broken);
}

static void positions_may_wrap_around_32_bits(void **state)
{
    (void)state;
    atomic_store(&shared()->written, UINT32_MAX - 3);
    atomic_store(&shared()->consumed, UINT32_MAX - 3);
    assert_true(sel_ring_open_writer(&pair.writer, pair.memory, sizeof(pair.memory)));
    assert_true(sel_ring_open_reader(&pair.reader, pair.memory, sizeof(pair.memory)));
    bool wake = false;
    assert_int_equal(sel_ring_write(&pair.writer, "0123456789", 10, &wake), 10);
    char out[10];
    assert_int_equal(sel_ring_read(&pair.reader, out, 10, &wake), 10);
    assert_memory_equal(out, "0123456789", 10);
    assert_int_equal(sel_ring_room(&pair.writer), CAPACITY);
}

static void a_full_ring_takes_no_more(void **state)
{
    (void)state;
    const uint8_t bytes[CAPACITY + 1] = {0};
    bool wake = false;
    assert_int_equal(sel_ring_write(&pair.writer, bytes, CAPACITY + 1, &wake), CAPACITY);
    assert_int_equal(sel_ring_room(&pair.writer), 0);
    assert_int_equal(sel_ring_write(&pair.writer, bytes, 1, &wake), 0);
}

static void reader_is_woken_only_when_it_had_all(void **state)
{
    (void)state;
    bool wake = false;
    char out[8];
    (void)sel_ring_write(&pair.writer, "a", 1, &wake);
    assert_true(wake);
    wake = false;
    (void)sel_ring_write(&pair.writer, "b", 1, &wake);
    assert_false(wake);
    (void)sel_ring_read(&pair.reader, out, 1, &wake);
    (void)sel_ring_write(&pair.writer, "c", 1, &wake);
    assert_false(wake);
    (void)sel_ring_read(&pair.reader, out, 2, &wake);
    (void)sel_ring_write(&pair.writer, "d", 1, &wake);
    assert_true(wake);
}

static void writer_is_woken_only_when_it_was_full(void **state)
{
    (void)state;
    const uint8_t bytes[CAPACITY] = {0};
    uint8_t out[CAPACITY];
    bool wake = false;
    (void)sel_ring_write(&pair.writer, bytes, CAPACITY - 1, &wake);
    wake = false;
    (void)sel_ring_read(&pair.reader, out, 1, &wake);
    assert_false(wake);
    (void)sel_ring_write(&pair.writer, bytes, 2, &wake);
    assert_false(wake);
    (void)sel_ring_read(&pair.reader, out, 1, &wake);
    assert_true(wake);
}

static void a_lying_reader_breaks_only_the_ring(void **state)
{
    (void)state;
    bool wake = false;
    (void)sel_ring_write(&pair.writer, "abc", 3, &wake);
    atomic_store(&shared()->consumed, 4); /* more than was written */
    assert_int_equal(sel_ring_room(&pair.writer), 0);
    assert_true(pair.writer.is_broken);
    assert_int_equal(sel_ring_write(&pair.writer, "d", 1, &wake), 0);
    atomic_store(&shared()->consumed, 3);
    assert_int_equal(sel_ring_write(&pair.writer, "d", 1, &wake), 0);
}

static void a_lying_writer_breaks_only_the_ring(void **state)
{
    (void)state;
    bool wake = false;
    char out[2 * CAPACITY];
    atomic_store(&shared()->written, CAPACITY + 1);
    assert_int_equal(sel_ring_read(&pair.reader, out, sizeof(out), &wake), 0);
    assert_true(pair.reader.is_broken);
    assert_false(wake);
    assert_false(sel_ring_open_reader(&pair.reader, pair.memory, sizeof(pair.memory)));
}

static void own_position_is_not_taken_from_shared_memory(void **state)
{
    (void)state;
    bool wake = false;
    (void)sel_ring_write(&pair.writer, "abc", 3, &wake);
    atomic_store(&shared()->written, 60); /* the reader scribbles over the writer's word */
    (void)sel_ring_write(&pair.writer, "d", 1, &wake);
    assert_int_equal(atomic_load(&shared()->written), 4);
}

static void every_pair_of_positions_is_safe(void **state)
{
    (void)state;
    static const uint32_t places[] = {0, 1, 63, 64, 65, 127, 128, 1u << 31, UINT32_MAX - 64, UINT32_MAX};
    const size_t count = sizeof(places) / sizeof(places[0]);
    for (size_t i = 0; i < count * count; i++) {
        const uint32_t written = places[i / count];
        const uint32_t consumed = places[i % count];
        atomic_store(&shared()->written, written);
        atomic_store(&shared()->consumed, consumed);
        const bool is_possible = written - consumed <= CAPACITY;
        assert_int_equal(sel_ring_open_writer(&pair.writer, pair.memory, sizeof(pair.memory)), is_possible);
        assert_int_equal(sel_ring_open_reader(&pair.reader, pair.memory, sizeof(pair.memory)), is_possible);
        assert_int_equal(sel_ring_used(&pair.reader), is_possible ? written - consumed : 0);
        assert_int_equal(sel_ring_room(&pair.writer), is_possible ? CAPACITY - (written - consumed) : 0);
        uint8_t out[2 * CAPACITY];
        bool wake = false;
        assert_in_range(sel_ring_read(&pair.reader, out, sizeof(out), &wake), 0, CAPACITY);
    }
}

static void records_move_whole_or_not_at_all(void **state)
{
    (void)state;
    const uint64_t record[3] = {1, 2, 3};
    uint64_t out[3];
    bool wake = false;
    assert_false(sel_ring_get(&pair.reader, out, sizeof(out), &wake));
    assert_true(sel_ring_put(&pair.writer, record, sizeof(record), &wake));
    assert_true(sel_ring_put(&pair.writer, record, sizeof(record), &wake));
    assert_false(sel_ring_put(&pair.writer, record, sizeof(record), &wake)); /* 16 of 24 bytes free */
    assert_int_equal(sel_ring_used(&pair.reader), 48);
    assert_true(sel_ring_get(&pair.reader, out, sizeof(out), &wake));
    assert_memory_equal(out, record, sizeof(out));
}

#define STREAM_BYTES 200000u

static void *stream_out(void *unused)
{
    (void)unused;
    bool wake;
    for (uint32_t i = 0; i < STREAM_BYTES;) {
        const uint8_t bytes[3] = {(uint8_t)(i * 31), (uint8_t)((i + 1) * 31), (uint8_t)((i + 2) * 31)};
        const uint32_t left = STREAM_BYTES - i;
        const size_t count = sel_ring_write(&pair.writer, bytes, left < 3 ? left : 3, &wake);
        i += (uint32_t)count;
        if (count == 0) {
            sched_yield(); /* a busy machine may have no processor for the other one else */
        }
    }
    return NULL;
}

static void two_threads_see_one_stream(void **state)
{
    (void)state;
    pthread_t thread;
    assert_int_equal(pthread_create(&thread, NULL, stream_out, NULL), 0);
    bool wake;
    uint32_t wrong = 0;
    for (uint32_t i = 0; i < STREAM_BYTES;) {
        uint8_t out[16];
        const size_t count = sel_ring_read(&pair.reader, out, sizeof(out), &wake);
        for (size_t j = 0; j < count; j++, i++) {
            wrong += out[j] != (uint8_t)(i * 31);
        }
        if (count == 0) {
            sched_yield();
        }
    }
    assert_int_equal(pthread_join(thread, NULL), 0);
    assert_int_equal(wrong, 0);
    assert_int_equal(sel_ring_used(&pair.reader), 0);
}

static atomic_bool is_over;

/* A peer that stores anything anywhere in the shared memory, all the time. */
static void *scribble(void *memory)
{
    struct sel_ring_shared *target = memory;
    uint32_t value = 1;
    while (!atomic_load(&is_over)) {
        value = value * 1664525 + 1013904223;
        atomic_store(&target->written, value >> (value % 32));
        atomic_store(&target->consumed, value >> (value % 29));
    }
    return NULL;
}

static void a_scribbling_peer_reaches_nothing_else(void **state)
{
    (void)state;
    const size_t size = HEADER + CAPACITY;
    void *memory = aligned_alloc(64, size); /* of its own, so that the sanitizer sees a step beyond it */
    assert_non_null(memory);
    memset(memory, 0, size);
    pthread_t thread;
    atomic_store(&is_over, false);
    assert_int_equal(pthread_create(&thread, NULL, scribble, memory), 0);
    uint32_t opened = 0;
    for (int i = 0; i < 100000; i++) {
        uint8_t bytes[2 * CAPACITY] = {0};
        bool wake;
        struct sel_ring ring;
        if (i % 2 == 0 ? sel_ring_open_writer(&ring, memory, size) : sel_ring_open_reader(&ring, memory, size)) {
            opened++;
            const size_t count = i % 2 == 0 ? sel_ring_write(&ring, bytes, sizeof(bytes), &wake)
                                            : sel_ring_read(&ring, bytes, sizeof(bytes), &wake);
            assert_true(count <= CAPACITY);
        }
    }
    atomic_store(&is_over, true);
    assert_int_equal(pthread_join(thread, NULL), 0);
    free(memory);
    assert_true(opened > 0);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(capacity_is_largest_power_of_two_that_fits),
        cmocka_unit_test_setup(bytes_arrive_in_order_across_the_end, open_pair),
        cmocka_unit_test_setup(single_bytes_go_in_until_it_is_full, open_pair),
        cmocka_unit_test_setup(positions_may_wrap_around_32_bits, open_pair),
        cmocka_unit_test_setup(a_full_ring_takes_no_more, open_pair),
        cmocka_unit_test_setup(reader_is_woken_only_when_it_had_all, open_pair),
        cmocka_unit_test_setup(writer_is_woken_only_when_it_was_full, open_pair),
        cmocka_unit_test_setup(a_lying_reader_breaks_only_the_ring, open_pair),
        cmocka_unit_test_setup(a_lying_writer_breaks_only_the_ring, open_pair),
        cmocka_unit_test_setup(own_position_is_not_taken_from_shared_memory, open_pair),
        cmocka_unit_test_setup(every_pair_of_positions_is_safe, open_pair),
        cmocka_unit_test_setup(records_move_whole_or_not_at_all, open_pair),
        cmocka_unit_test_setup(two_threads_see_one_stream, open_pair),
        cmocka_unit_test(a_scribbling_peer_reaches_nothing_else),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
