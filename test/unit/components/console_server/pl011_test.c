/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * The driver's register accesses, on plain memory in place of the device (ARM DDI 0183, chapter 3).
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <string.h>

#include <cmocka.h>

#include "components/console_server/uart.h"

#define DR    0
#define FR    (0x18 / 4)
#define LCR_H (0x2c / 4)
#define CR    (0x30 / 4)
#define IMSC  (0x38 / 4)
#define ICR   (0x44 / 4)

static uint32_t registers[0x1000 / 4];
static struct uart uart;

static int start(void **state)
{
    (void)state;
    memset(registers, 0, sizeof(registers));
    registers[FR] = 1u << 4; /* nothing received */
    uart_start(&uart, (uintptr_t)registers);
    return 0;
}

static void starting_switches_fifos_and_receive_interrupts_on(void **state)
{
    (void)state;
    assert_int_equal(registers[LCR_H], 0x70);
    assert_int_equal(registers[CR], 0x301);
    assert_int_equal(registers[IMSC], 0x50);
    assert_int_equal(registers[ICR], 0x7ff);
}

static void a_running_fifo_is_left_alone(void **state)
{
    (void)state;
    registers[LCR_H] = 0x1a; /* FIFO on with another format */
    uart_start(&uart, (uintptr_t)registers);
    assert_int_equal(registers[LCR_H], 0x1a);
}

static void writing_stops_at_a_full_fifo(void **state)
{
    (void)state;
    static const uint8_t text[] = {'a', 'b'};
    assert_int_equal(uart_send(&uart, text, 1), 1);
    assert_int_equal(registers[DR], 'a');
    assert_int_equal(uart_send(&uart, text, 2), 2);
    assert_int_equal(registers[DR], 'b');
    registers[FR] |= 1u << 5;
    assert_int_equal(uart_send(&uart, text, 2), 0);
    assert_int_equal(registers[DR], 'b');
}

static void reading_stops_at_an_empty_fifo(void **state)
{
    (void)state;
    uint8_t byte = 0;

    assert_false(uart_read(&uart, &byte));
    registers[FR] = 0;
    registers[DR] = 'q';
    assert_true(uart_read(&uart, &byte));
    assert_int_equal(byte, 'q');
}

static void waiting_for_room_adds_the_transmit_interrupt(void **state)
{
    (void)state;
    uart_wait_for_room(&uart, true);
    assert_int_equal(registers[IMSC], 0x70);
    uart_wait_for_room(&uart, false);
    assert_int_equal(registers[IMSC], 0x50);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup(starting_switches_fifos_and_receive_interrupts_on, start),
        cmocka_unit_test_setup(a_running_fifo_is_left_alone, start),
        cmocka_unit_test_setup(writing_stops_at_a_full_fifo, start),
        cmocka_unit_test_setup(reading_stops_at_an_empty_fifo, start),
        cmocka_unit_test_setup(waiting_for_room_adds_the_transmit_interrupt, start),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
