/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * The Zynq UltraScale+'s UART, by Cadence: see uart.h. Offsets and bits by UG1087, module UART; UG1085, chapter 21.
 * An interrupt's bit stays set until it is cleared, and is set again only when its cause comes anew.
 */
#include "components/console_server/uart.h"

enum cadence_register { /* word indices */
    CONTROL = 0x00 / 4,
    INTRPT_EN = 0x08 / 4,
    INTRPT_DIS = 0x0c / 4,
    CHNL_INT_STS = 0x14 / 4,
    RCVR_FIFO_TRIGGER_LEVEL = 0x20 / 4,
    CHANNEL_STS = 0x2c / 4,
    TX_RX_FIFO = 0x30 / 4,
};

#define CONTROL_RXEN     (1u << 2)
#define CONTROL_TXEN     (1u << 4)
#define STATUS_REMPTY    (1u << 1)
#define STATUS_TFUL      (1u << 4)
#define INTERRUPT_RTRIG  (1u << 0) /* as many bytes wait as the trigger level says */
#define INTERRUPT_TEMPTY (1u << 3)
#define INTERRUPT_ALL    0x1fffu

void uart_start(struct uart *uart, uintptr_t base)
{
    uart->registers = (volatile uint32_t *)base;
    uart->registers[INTRPT_DIS] = INTERRUPT_ALL;
    uart->registers[CONTROL] = CONTROL_TXEN | CONTROL_RXEN;
    uart->registers[RCVR_FIFO_TRIGGER_LEVEL] = 1;
    uart->registers[CHNL_INT_STS] = INTERRUPT_ALL;
    uart->registers[INTRPT_EN] = INTERRUPT_RTRIG;
}

size_t uart_send(const struct uart *uart, const uint8_t *bytes, size_t size)
{
    volatile uint32_t *registers = uart->registers;
    size_t count = 0;
    while (count < size && (registers[CHANNEL_STS] & STATUS_TFUL) == 0) {
        registers[TX_RX_FIFO] = bytes[count++];
    }
    return count;
}

bool uart_read(const struct uart *uart, uint8_t *byte)
{
    if ((uart->registers[CHANNEL_STS] & STATUS_REMPTY) != 0) {
        return false;
    }
    *byte = (uint8_t)uart->registers[TX_RX_FIFO];
    return true;
}

/* Bits of the one register switch on, of the other off. */
void uart_wait_for_room(const struct uart *uart, bool is_waiting)
{
    uart->registers[is_waiting ? INTRPT_EN : INTRPT_DIS] = INTERRUPT_TEMPTY;
}

void uart_clear_interrupts(const struct uart *uart)
{
    uart->registers[CHNL_INT_STS] = INTERRUPT_ALL;
}
