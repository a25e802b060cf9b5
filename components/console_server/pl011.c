/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Arm PL011 UART: see uart.h. Offsets and bits by ARM DDI 0183, 3.2 and 3.3.
 */
#include "components/console_server/uart.h"

enum pl011_register { /* word indices */
    UARTDR = 0x00 / 4,
    UARTFR = 0x18 / 4,
    UARTLCR_H = 0x2c / 4,
    UARTCR = 0x30 / 4,
    UARTIFLS = 0x34 / 4,
    UARTIMSC = 0x38 / 4,
    UARTICR = 0x44 / 4,
};

#define DR_ERRORS     0xf00u
#define FR_BUSY       (1u << 3)
#define FR_RXFE       (1u << 4)
#define FR_TXFF       (1u << 5)
#define LCR_H_FEN     (1u << 4)
#define LCR_H_WLEN_8  (3u << 5)
#define CR_UARTEN     (1u << 0)
#define CR_TXE        (1u << 8)
#define CR_RXE        (1u << 9)
#define INTERRUPT_RX  (1u << 4)
#define INTERRUPT_TX  (1u << 5)
#define INTERRUPT_RT  (1u << 6) /* bytes wait below the FIFO's level */
#define INTERRUPT_ALL 0x7ffu

/* The FIFO is switched with the UART off (ARM DDI 0183, 3.3.8). */
static void enable_fifo(const struct uart *uart)
{
    if ((uart->registers[UARTLCR_H] & LCR_H_FEN) != 0) {
        return;
    }
    while ((uart->registers[UARTFR] & FR_BUSY) != 0) {
    }
    uart->registers[UARTCR] = 0;
    uart->registers[UARTLCR_H] = LCR_H_WLEN_8 | LCR_H_FEN;
}

void uart_start(struct uart *uart, uintptr_t base)
{
    uart->registers = (volatile uint32_t *)base;
    uart->registers[UARTIMSC] = 0;
    enable_fifo(uart);
    uart->registers[UARTIFLS] = 0; /* interrupts at 1/8 full when receiving, 1/8 full when sending */
    uart->registers[UARTICR] = INTERRUPT_ALL;
    uart->registers[UARTCR] = CR_UARTEN | CR_TXE | CR_RXE;
    uart->registers[UARTIMSC] = INTERRUPT_RX | INTERRUPT_RT;
}

size_t uart_send(const struct uart *uart, const uint8_t *bytes, size_t size)
{
    volatile uint32_t *registers = uart->registers;
    size_t count = 0;
    while (count < size && (registers[UARTFR] & FR_TXFF) == 0) {
        registers[UARTDR] = bytes[count++];
    }
    return count;
}

bool uart_read(const struct uart *uart, uint8_t *byte)
{
    while ((uart->registers[UARTFR] & FR_RXFE) == 0) {
        uint32_t data = uart->registers[UARTDR];
        if ((data & DR_ERRORS) == 0) {
            *byte = (uint8_t)data;
            return true;
        }
    }
    return false;
}

void uart_wait_for_room(const struct uart *uart, bool is_waiting)
{
    uart->registers[UARTIMSC] = INTERRUPT_RX | INTERRUPT_RT | (is_waiting ? INTERRUPT_TX : 0);
}

void uart_clear_interrupts(const struct uart *uart)
{
    uart->registers[UARTICR] = INTERRUPT_ALL;
}
