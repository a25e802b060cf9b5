/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * The guest's UART: Arm PrimeCell PL011 (DDI 0183), as QEMU models it where the manual leaves or QEMU takes freedom: transmission
 * takes no time, the receive interrupt comes with the first byte. Bytes go to and come from the console rings (services.h).
 * When the output ring is full, bytes wait in the transmit FIFO; only a guest that ignores FR.TXFF loses any.
 */
#pragma once

#include <stdbool.h>
#include <stdint.h>

enum {
    PL011_FIFO_DEPTH = 16,
    PL011_REGISTER_DR = 0x00,
    PL011_REGISTER_FR = 0x18,
    PL011_REGISTER_LCR_H = 0x2c,
    PL011_REGISTER_RIS = 0x3c,
    PL011_REGISTER_MIS = 0x40,
};

struct pl011_fifo {
    uint16_t data[PL011_FIFO_DEPTH];
    unsigned first;
    unsigned count;
};

struct pl011 {
    struct pl011_fifo receive;
    struct pl011_fifo transmit;
    uint32_t line_control;
    uint32_t control;
    uint32_t receive_status;
    uint32_t low_power_divisor;
    uint32_t integer_divisor;
    uint32_t fractional_divisor;
    uint32_t fifo_levels;
    uint32_t interrupt_mask;
    uint32_t interrupt_raw;
    uint32_t dma_control;
    uint32_t modem_flags; /* FR bits that loopback drives */
    uint32_t flags;       /* FR: kept current, for guests read it before every byte */
};

void pl011_reset(struct pl011 *uart);

/** offset < 0x1000, aligned to size. Registers are 32 bits wide; narrower accesses see the low bytes, 64-bit ones two registers. */
uint64_t pl011_read(struct pl011 *uart, uint64_t offset, unsigned size);
void pl011_write(struct pl011 *uart, uint64_t offset, unsigned size, uint64_t value);

/** The register at `offset` (a multiple of 4 below 0x1000) as a load would see it, without the load's effects. */
uint32_t pl011_peek(const struct pl011 *uart, uint64_t offset);

/** Whether a load of any register has no effect: nothing received waits, and no status or interrupt would go with it. */
bool pl011_is_quiet(const struct pl011 *uart);

/** Take what the console has to give, send what waits. */
void pl011_poll(struct pl011 *uart);

/** The combined interrupt line UARTINTR. */
bool pl011_line(const struct pl011 *uart);
