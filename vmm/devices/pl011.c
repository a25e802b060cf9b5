/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * See pl011.h. Invariant: a FIFO never holds more than its depth (16, or 1 while LCR_H.FEN is 0), whatever order the guest writes
 * control registers in.
 */
#include "vmm/devices/pl011.h"

#include <string.h>

#include "vmm/services.h"

enum {
    REGISTER_RSR = 0x04,
    REGISTER_ILPR = 0x20,
    REGISTER_IBRD = 0x24,
    REGISTER_FBRD = 0x28,
    REGISTER_CR = 0x30,
    REGISTER_IFLS = 0x34,
    REGISTER_IMSC = 0x38,
    REGISTER_ICR = 0x44,
    REGISTER_DMACR = 0x48,
    REGISTER_ID_FIRST = 0xfe0,

    FR_CTS = 1 << 0,
    FR_DSR = 1 << 1,
    FR_DCD = 1 << 2,
    FR_BUSY = 1 << 3,
    FR_RXFE = 1 << 4,
    FR_TXFF = 1 << 5,
    FR_RXFF = 1 << 6,
    FR_TXFE = 1 << 7,
    FR_RI = 1 << 8,

    CR_LBE = 1 << 7,
    CR_DTR = 1 << 10,
    CR_RTS = 1 << 11,
    CR_OUT1 = 1 << 12,
    CR_OUT2 = 1 << 13,
    CR_RESET = 0x300, /* receive and transmit enabled, the UART itself not */

    LCR_H_BRK = 1 << 0,
    LCR_H_FEN = 1 << 4,
    IFLS_RESET = 0x12,
    DATA_BREAK = 1 << 10,

    INTERRUPT_RI = 1 << 0,
    INTERRUPT_CTS = 1 << 1,
    INTERRUPT_DCD = 1 << 2,
    INTERRUPT_DSR = 1 << 3,
    INTERRUPT_RX = 1 << 4,
    INTERRUPT_TX = 1 << 5,
    INTERRUPT_MODEM = INTERRUPT_RI | INTERRUPT_CTS | INTERRUPT_DCD | INTERRUPT_DSR,
    INTERRUPT_ALL = 0x7ff,
};

static unsigned depth(const struct pl011 *uart)
{
    return uart->line_control & LCR_H_FEN ? PL011_FIFO_DEPTH : 1;
}

/* After every change of a FIFO, its depth or the modem's lines. */
static void update_flags(struct pl011 *uart)
{
    uint32_t value = uart->modem_flags;
    value |= uart->receive.count == 0 ? FR_RXFE : 0;
    value |= uart->receive.count >= depth(uart) ? FR_RXFF : 0;
    value |= uart->transmit.count == 0 ? FR_TXFE : FR_BUSY;
    value |= uart->transmit.count >= depth(uart) ? FR_TXFF : 0;
    uart->flags = value;
}

static void fifo_put(struct pl011_fifo *fifo, uint16_t value)
{
    fifo->data[(fifo->first + fifo->count) % PL011_FIFO_DEPTH] = value;
    fifo->count++;
}

/* The head stays readable when the FIFO is empty: DR then shows what lies there. */
static uint16_t fifo_get(struct pl011_fifo *fifo)
{
    uint16_t value = fifo->data[fifo->first];
    if (fifo->count > 0) {
        fifo->count--;
        fifo->first = (fifo->first + 1) % PL011_FIFO_DEPTH;
    }
    return value;
}

static void receive(struct pl011 *uart, uint16_t value)
{
    if (uart->receive.count >= depth(uart)) {
        return;
    }
    fifo_put(&uart->receive, value);
    if (uart->receive.count == 1) {
        uart->interrupt_raw |= INTERRUPT_RX;
    }
    update_flags(uart);
}

static void take_input(struct pl011 *uart)
{
    uint8_t byte;
    while (uart->receive.count < depth(uart) && services_console_get(&byte)) {
        if (!(uart->control & CR_LBE)) {
            receive(uart, byte); /* in loopback the receive wire is cut: what arrives is lost */
        }
    }
}

static void send_waiting(struct pl011 *uart)
{
    bool was_waiting = uart->transmit.count > 0;
    while (uart->transmit.count > 0 && services_console_put((uint8_t)uart->transmit.data[uart->transmit.first])) {
        fifo_get(&uart->transmit);
    }
    if (was_waiting && uart->transmit.count == 0) {
        uart->interrupt_raw |= INTERRUPT_TX;
    }
    update_flags(uart);
}

void pl011_poll(struct pl011 *uart)
{
    send_waiting(uart);
    take_input(uart);
    services_console_flush();
}

static uint32_t data_read(struct pl011 *uart)
{
    uint16_t value = fifo_get(&uart->receive);
    if (uart->receive.count == 0) {
        uart->interrupt_raw &= ~(uint32_t)INTERRUPT_RX;
    }
    uart->receive_status = value >> 8;
    update_flags(uart);
    take_input(uart);
    services_console_flush();
    return value;
}

static void data_write(struct pl011 *uart, uint8_t byte)
{
    if (uart->transmit.count == 0 && services_console_put(byte)) {
        uart->interrupt_raw |= INTERRUPT_TX;
        services_console_flush();
    } else if (uart->transmit.count < depth(uart)) {
        fifo_put(&uart->transmit, byte);
        uart->interrupt_raw &= ~(uint32_t)INTERRUPT_TX;
        update_flags(uart);
    }
    if (uart->control & CR_LBE) {
        receive(uart, byte);
    }
}

/* CR outputs looped to the modem inputs, with their interrupts: DDI 0183, 2.4.6 and 3.3.8. */
static void loop_modem(struct pl011 *uart)
{
    static const struct {
        uint32_t output, flag, interrupt;
    } wires[] = {
        {CR_OUT2, FR_RI, INTERRUPT_RI},
        {CR_OUT1, FR_DCD, INTERRUPT_DCD},
        {CR_RTS, FR_CTS, INTERRUPT_CTS},
        {CR_DTR, FR_DSR, INTERRUPT_DSR},
    };
    if (!(uart->control & CR_LBE)) {
        return;
    }
    uart->modem_flags = 0;
    uart->interrupt_raw &= ~(uint32_t)INTERRUPT_MODEM;
    for (unsigned i = 0; i < sizeof(wires) / sizeof(wires[0]); i++) {
        bool is_on = uart->control & wires[i].output;
        uart->modem_flags |= is_on ? wires[i].flag : 0;
        uart->interrupt_raw |= is_on ? wires[i].interrupt : 0;
    }
    update_flags(uart);
}

static void line_control_write(struct pl011 *uart, uint32_t value)
{
    uint32_t changed = uart->line_control ^ value;
    if (changed & LCR_H_FEN) {
        send_waiting(uart);
        uart->receive.count = 0;
        uart->receive.first = 0;
        uart->transmit.count = 0;
    }
    uart->line_control = value;
    update_flags(uart);
    if ((changed & LCR_H_BRK & value) && (uart->control & CR_LBE)) {
        receive(uart, DATA_BREAK);
    }
}

uint32_t pl011_peek(const struct pl011 *uart, uint64_t offset)
{
    static const uint8_t identification[] = {0x11, 0x10, 0x14, 0x00, 0x0d, 0xf0, 0x05, 0xb1};
    if (offset >= REGISTER_ID_FIRST) {
        return identification[(offset - REGISTER_ID_FIRST) / 4];
    }
    switch (offset) {
    case PL011_REGISTER_DR:
        return uart->receive.data[uart->receive.first];
    case REGISTER_RSR:
        return uart->receive_status;
    case PL011_REGISTER_FR:
        return uart->flags;
    case REGISTER_ILPR:
        return uart->low_power_divisor;
    case REGISTER_IBRD:
        return uart->integer_divisor;
    case REGISTER_FBRD:
        return uart->fractional_divisor;
    case PL011_REGISTER_LCR_H:
        return uart->line_control;
    case REGISTER_CR:
        return uart->control;
    case REGISTER_IFLS:
        return uart->fifo_levels;
    case REGISTER_IMSC:
        return uart->interrupt_mask;
    case PL011_REGISTER_RIS:
        return uart->interrupt_raw;
    case PL011_REGISTER_MIS:
        return uart->interrupt_raw & uart->interrupt_mask;
    case REGISTER_DMACR:
        return uart->dma_control;
    default:
        return 0;
    }
}

static uint32_t register_read(struct pl011 *uart, uint64_t offset)
{
    return offset == PL011_REGISTER_DR ? data_read(uart) : pl011_peek(uart, offset);
}

bool pl011_is_quiet(const struct pl011 *uart)
{
    uint32_t status = uart->receive.data[uart->receive.first] >> 8;
    return uart->receive.count == 0 && (uart->interrupt_raw & INTERRUPT_RX) == 0 && uart->receive_status == status;
}

/* All but DR. Not inlined: a byte to send, which nearly all writes are, needs none of the registers this would save. */
__attribute__((noinline)) static void setting_write(struct pl011 *uart, uint64_t offset, uint32_t value)
{
    switch (offset) {
    case REGISTER_RSR:
        uart->receive_status = 0;
        break;
    case REGISTER_ILPR:
        uart->low_power_divisor = value;
        break;
    case REGISTER_IBRD:
        uart->integer_divisor = value;
        break;
    case REGISTER_FBRD:
        uart->fractional_divisor = value;
        break;
    case PL011_REGISTER_LCR_H:
        line_control_write(uart, value);
        break;
    case REGISTER_CR:
        uart->control = value;
        loop_modem(uart);
        break;
    case REGISTER_IFLS:
        uart->fifo_levels = value;
        break;
    case REGISTER_IMSC:
        uart->interrupt_mask = value;
        break;
    case REGISTER_ICR:
        uart->interrupt_raw &= ~value;
        break;
    case REGISTER_DMACR:
        uart->dma_control = value;
        break;
    default:
        break; /* read-only and reserved */
    }
}

static void register_write(struct pl011 *uart, uint64_t offset, uint32_t value)
{
    if (offset == PL011_REGISTER_DR) {
        data_write(uart, (uint8_t)value);
    } else {
        setting_write(uart, offset, value);
    }
}

__attribute__((cold)) static uint64_t read_two(struct pl011 *uart, uint64_t offset)
{
    uint64_t low = register_read(uart, offset);
    return low | (uint64_t)register_read(uart, offset + 4) << 32;
}

uint64_t pl011_read(struct pl011 *uart, uint64_t offset, unsigned size)
{
    if (offset == PL011_REGISTER_FR && size < 8) {
        return uart->flags; /* two of three exits of a guest that prints */
    }
    return size == 8 ? read_two(uart, offset) : register_read(uart, offset & ~3ull);
}

void pl011_write(struct pl011 *uart, uint64_t offset, unsigned size, uint64_t value)
{
    register_write(uart, offset & ~3ull, (uint32_t)value);
    if (size == 8) {
        register_write(uart, offset + 4, (uint32_t)(value >> 32));
    }
}

bool pl011_line(const struct pl011 *uart)
{
    return uart->interrupt_raw & uart->interrupt_mask & INTERRUPT_ALL;
}

void pl011_reset(struct pl011 *uart)
{
    memset(uart, 0, sizeof(*uart));
    uart->control = CR_RESET;
    uart->fifo_levels = IFLS_RESET;
    update_flags(uart);
}
