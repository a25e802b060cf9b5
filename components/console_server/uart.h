/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * A UART as the console server uses it. One driver is linked, the board's: pl011.c or cadence.c. The kernel's console writes to the same
 * device at any time; it only polls and writes data, so the driver owns everything else: interrupts, FIFOs, input.
 */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct uart {
    volatile uint32_t *registers;
};

/** Take the device over as firmware or kernel left its line settings: FIFOs on, receive interrupts on. */
void uart_start(struct uart *uart, uintptr_t base);

/** Fill the transmit FIFO; returns how many bytes it took. */
size_t uart_send(const struct uart *uart, const uint8_t *bytes, size_t size);

/** False if nothing was received. Bytes known to have been received with an error are skipped. */
bool uart_read(const struct uart *uart, uint8_t *byte);

/** Interrupt when the transmit FIFO has room again, or no longer. */
void uart_wait_for_room(const struct uart *uart, bool is_waiting);

/** Clear what the device's interrupt line stands for; then read all there is to read, and acknowledge: what comes after the clearing raises the line again. */
void uart_clear_interrupts(const struct uart *uart);
