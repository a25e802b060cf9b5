/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * How stores raise and lower the interrupt line of the board's UART while its transmit FIFO is empty, which it is when a byte has been sent. One
 * is linked, the board's: pl011_line.c or cadence_line.c.
 */
#pragma once

#include <stdint.h>

struct uart_line {
    uint32_t data; /* offset of the register that sends a byte */
    uint32_t raise;
    uint32_t raise_value;
    uint32_t lower;
    uint32_t lower_value;
};

extern const struct uart_line uart_line;
