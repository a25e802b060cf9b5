/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Arm PL011 UART as its driver uses it (ARM DDI 0183, chapter 3). The kernel's console writes to the same device at any time; it
 * only polls and writes data, so the driver owns everything else: interrupts, FIFOs, input.
 */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct pl011 {
    volatile uint32_t *registers;
};

/** Take the device over as firmware or kernel left its line settings: FIFOs on, receive interrupts on. */
void pl011_start(struct pl011 *uart, uintptr_t base);

/** Fill the transmit FIFO; returns how many bytes it took. */
size_t pl011_send(const struct pl011 *uart, const uint8_t *bytes, size_t size);

/** False if nothing was received. Bytes received with an error are skipped. */
bool pl011_read(const struct pl011 *uart, uint8_t *byte);

/** Interrupt when the transmit FIFO has room again, or no longer. */
void pl011_wait_for_room(const struct pl011 *uart, bool is_waiting);

/** Clear what the device's interrupt line stands for; then acknowledge the interrupt. */
void pl011_clear_interrupts(const struct pl011 *uart);
