/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * The kernel's console on the Zynq's UART (UG1087, module UART): a byte waits for room, but not for ever.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "kernel/drivers/cadence.c" /* NOLINT(bugprone-suspicious-include) */

static uint32_t control, fifo;
static uint64_t full_count; /* reads of the status that find the FIFO full */

uint32_t device_read(uint64_t address)
{
    assert_int_equal(address, PLATFORM_UART_BASE + 0x2c);
    assert_int_equal(control, 0x14); /* it is switched on by now */
    return full_count > 0 ? (uint32_t)(full_count-- != 0) << 4 : 0;
}

void device_write(uint64_t address, uint32_t value)
{
    uint32_t *to = address == PLATFORM_UART_BASE + 0x30 ? &fifo : &control;
    assert_true(to == &fifo || address == PLATFORM_UART_BASE);
    assert_true(to != &fifo || full_count == 0);
    *to = value;
}

static void a_byte_waits_for_room(void **state)
{
    (void)state;
    full_count = 3;
    arch_console_putc('x');
    assert_int_equal(fifo, 'x');
}

static void a_stuck_uart_does_not_stop_the_kernel(void **state)
{
    (void)state;
    full_count = WAIT_MAX;
    arch_console_putc('y');
    assert_int_equal(fifo, 'y');
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_byte_waits_for_room),
        cmocka_unit_test(a_stuck_uart_does_not_stop_the_kernel),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
