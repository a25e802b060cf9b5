/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * The console server between rings and stream: fairness, backpressure, and clients that misbehave.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "components/console_server/server.h"

#define RING_BYTES (sizeof(struct sel_ring_shared) + 128)
#define RS         "\x1e"

static uint32_t signals[3];

sel_err_t sel_signal(sel_cap_t cap)
{
    signals[cap]++;
    return SEL_ERROR_OK;
}

static void *memory[4]; /* to and from client 0, to and from client 1 */
static struct sel_console_client clients[2];
static struct console_channel channels[2];
static struct console_server server;
static struct sel_queue writers[2]; /* the clients' ends */
static struct sel_queue readers[2];

static int start(void **state)
{
    (void)state;
    struct sel_console_server_spec spec = {.client_count = 2, .front_channel = 1, .clients = clients};

    memset(signals, 0, sizeof(signals));
    for (uint32_t i = 0; i < 2; i++) {
        memory[2 * i] = aligned_alloc(64, RING_BYTES);
        memory[2 * i + 1] = aligned_alloc(64, RING_BYTES);
        memset(memory[2 * i], 0, RING_BYTES);
        memset(memory[2 * i + 1], 0, RING_BYTES);
        clients[i] = (struct sel_console_client){.name = "client",
                                                 .channel = i + 1,
                                                 .link = {.output_base = (uintptr_t)memory[2 * i],
                                                          .output_size = RING_BYTES,
                                                          .input_base = (uintptr_t)memory[2 * i + 1],
                                                          .input_size = RING_BYTES,
                                                          .peer_cap = i + 1}};
        assert_true(sel_ring_open_reader(&readers[i].ring, memory[2 * i], RING_BYTES));
        assert_true(sel_ring_open_writer(&writers[i].ring, memory[2 * i + 1], RING_BYTES));
    }
    console_server_start(&server, &spec, channels);
    return 0;
}

static int end(void **state)
{
    (void)state;
    for (uint32_t i = 0; i < 4; i++) {
        free(memory[i]);
    }
    return 0;
}

static void client_writes(uint32_t client, const char *text)
{
    bool wake = false;

    assert_int_equal(sel_ring_write(&writers[client].ring, text, strlen(text), &wake), strlen(text));
}

static const char *drain(void)
{
    static char bytes[ENCODER_BYTES + 1];
    const uint8_t *waiting = NULL;
    size_t length = encoder_waiting(&server.encoder, &waiting);

    memcpy(bytes, waiting, length);
    encoder_sent(&server.encoder, length);
    bytes[length] = '\0';
    return bytes;
}

static void host_types(const char *bytes)
{
    for (; *bytes != '\0'; bytes++) {
        console_server_receive(&server, (uint8_t)*bytes);
    }
}

static void text_of_all_clients_is_collected(void **state)
{
    (void)state;
    client_writes(0, "one\n");
    client_writes(1, "two\n");
    assert_true(console_server_collect(&server, 5));
    assert_string_equal(drain(), RS "[1@5]one\n" RS "[2@5]two\n");
    assert_false(console_server_collect(&server, 6));
}

static void a_client_takes_one_bounded_turn(void **state)
{
    (void)state;
    char text[129];

    memset(text, 'x', 128);
    text[128] = '\0';
    client_writes(0, text);
    client_writes(1, "two\n");
    assert_true(console_server_collect(&server, 5));
    const char *out = drain();
    assert_non_null(strstr(out, "two\n")); /* in the same turn, though the first still has text */
    assert_null(strstr(out, text));
}

static void text_waits_in_the_ring_while_the_uart_is_full(void **state)
{
    (void)state;
    char lines[129];
    uint32_t rounds = 0;

    memset(lines, '\n', 128);
    lines[128] = '\0';
    do {
        bool wake = false;
        sel_ring_write(&writers[0].ring, lines, sel_ring_room(&writers[0].ring), &wake);
        rounds++;
    } while (console_server_collect(&server, 1ull << 60) && rounds < 1000);
    assert_in_range(rounds, 2, 999);
    assert_int_equal(sel_ring_room(&writers[0].ring), 0); /* nothing was taken that could not be kept */
}

static void a_writer_that_waits_for_room_is_woken(void **state)
{
    (void)state;
    char text[129];

    memset(text, 'x', 128);
    text[128] = '\0';
    client_writes(0, text);
    assert_int_equal(signals[1], 0);
    console_server_collect(&server, 5);
    assert_int_equal(signals[1], 1);
}

static void input_reaches_the_selected_client(void **state)
{
    (void)state;
    char bytes[8] = {0};
    bool wake = false;

    host_types("ab" RS "[2]cd");
    assert_int_equal(sel_ring_read(&readers[0].ring, bytes, 8, &wake), 2);
    assert_memory_equal(bytes, "ab", 2);
    assert_int_equal(sel_ring_read(&readers[1].ring, bytes, 8, &wake), 2);
    assert_memory_equal(bytes, "cd", 2);
    assert_int_equal(signals[1], 1);
    assert_int_equal(signals[2], 1);
}

static void lost_input_is_counted_and_told(void **state)
{
    (void)state;
    for (uint32_t i = 0; i < 130; i++) {
        host_types("x");
    }
    assert_false(console_server_collect(&server, 5));
    assert_string_equal(drain(), RS "[1@5][console: 2 bytes of input lost, nobody reads them]\n");
    assert_false(console_server_collect(&server, 6));
    assert_string_equal(drain(), "");
}

static void input_for_nobody_is_told(void **state)
{
    (void)state;
    host_types(RS "[9]abc");
    assert_false(console_server_collect(&server, 5));
    assert_string_equal(drain(), RS "[1@5][console: 3 bytes of input for a console that does not exist]\n");
}

static void a_client_that_breaks_its_ring_is_told_and_left(void **state)
{
    (void)state;
    struct sel_ring_shared *shared = memory[1];

    client_writes(1, "two\n");
    atomic_store(&shared->written, 0x80000000u);
    for (uint32_t i = 0; i < 3; i++) {
        console_server_collect(&server, 5);
    }
    const char *out = drain();
    assert_non_null(strstr(out, "[console: the client broke its ring and is no longer heard]\n"));
    assert_null(strstr(strstr(out, "no longer heard") + 1, "no longer heard"));
    assert_non_null(strstr(out, RS "[2@5]two\n"));
}

/* Positions change at random under the server's feet: it must neither crash nor stop serving the other client. */
static void a_hostile_client_harms_nobody(void **state)
{
    (void)state;
    struct sel_ring_shared *shared[2] = {memory[0], memory[1]};
    uint32_t random = 3;
    uint32_t heard = 0;

    for (uint32_t i = 0; i < 5000; i++) {
        random = random * 1664525u + 1013904223u;
        atomic_store((random & 1) != 0 ? &shared[0]->consumed : &shared[1]->written, random >> (random >> 27));
        client_writes(1, "#\n");
        console_server_receive(&server, (uint8_t)(random >> 16));
        console_server_collect(&server, i);
        for (const char *out = drain(); *out != '\0'; out++) {
            heard += *out == '#';
        }
    }
    assert_in_range(heard, 5000, 10000); /* every mark of client 1, besides what the hostile ring contained */
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(text_of_all_clients_is_collected, start, end),
        cmocka_unit_test_setup_teardown(a_client_takes_one_bounded_turn, start, end),
        cmocka_unit_test_setup_teardown(text_waits_in_the_ring_while_the_uart_is_full, start, end),
        cmocka_unit_test_setup_teardown(a_writer_that_waits_for_room_is_woken, start, end),
        cmocka_unit_test_setup_teardown(input_reaches_the_selected_client, start, end),
        cmocka_unit_test_setup_teardown(lost_input_is_counted_and_told, start, end),
        cmocka_unit_test_setup_teardown(input_for_nobody_is_told, start, end),
        cmocka_unit_test_setup_teardown(a_client_that_breaks_its_ring_is_told_and_left, start, end),
        cmocka_unit_test_setup_teardown(a_hostile_client_harms_nobody, start, end),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
