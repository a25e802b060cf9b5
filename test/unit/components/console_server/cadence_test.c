/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * The driver's register accesses, on plain memory in place of the device (UG1087, module UART).
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <string.h>

#include <cmocka.h>

#include "components/console_server/uart.h"

#define CONTROL      0
#define INTRPT_EN    (0x08 / 4)
#define INTRPT_DIS   (0x0c / 4)
#define CHNL_INT_STS (0x14 / 4)
#define RTRIG        (0x20 / 4)
#define CHANNEL_STS  (0x2c / 4)
#define FIFO         (0x30 / 4)
#define REMPTY       (1u << 1)
#define TFUL         (1u << 4)

static uint32_t registers[0x1000 / 4];
static struct uart uart;

static int start(void **state)
{
    (void)state;
    memset(registers, 0, sizeof(registers));
    registers[CHANNEL_STS] = REMPTY;
    uart_start(&uart, (uintptr_t)registers);
    return 0;
}

static void starting_asks_for_each_received_byte_only(void **state)
{
    (void)state;
    assert_int_equal(registers[CONTROL], 0x14); /* TXEN, RXEN; no reset: what waits in the FIFOs stays */
    assert_int_equal(registers[RTRIG], 1);
    assert_int_equal(registers[INTRPT_DIS], 0x1fff);
    assert_int_equal(registers[CHNL_INT_STS], 0x1fff);
    assert_int_equal(registers[INTRPT_EN], 1);
}

static void writing_stops_at_a_full_fifo(void **state)
{
    (void)state;
    static const uint8_t text[] = {'a', 'b'};
    assert_int_equal(uart_send(&uart, text, 2), 2);
    assert_int_equal(registers[FIFO], 'b');
    registers[CHANNEL_STS] |= TFUL;
    assert_int_equal(uart_send(&uart, text, 2), 0);
    assert_int_equal(registers[FIFO], 'b');
}

static void reading_stops_at_an_empty_fifo(void **state)
{
    (void)state;
    uint8_t byte = 0;

    assert_false(uart_read(&uart, &byte));
    registers[CHANNEL_STS] = 0;
    registers[FIFO] = 'q';
    assert_true(uart_read(&uart, &byte));
    assert_int_equal(byte, 'q');
}

static void waiting_for_room_is_switched_on_and_off(void **state)
{
    (void)state;
    registers[INTRPT_EN] = 0;
    registers[INTRPT_DIS] = 0;
    uart_wait_for_room(&uart, true);
    assert_int_equal(registers[INTRPT_EN], 1u << 3); /* TEMPTY */
    assert_int_equal(registers[INTRPT_DIS], 0);
    uart_wait_for_room(&uart, false);
    assert_int_equal(registers[INTRPT_DIS], 1u << 3);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup(starting_asks_for_each_received_byte_only, start),
        cmocka_unit_test_setup(writing_stops_at_a_full_fifo, start),
        cmocka_unit_test_setup(reading_stops_at_an_empty_fifo, start),
        cmocka_unit_test_setup(waiting_for_room_is_switched_on_and_off, start),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
