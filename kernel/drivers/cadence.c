/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * The Zynq's UART, by Cadence (UG1087, module UART): as pl011.c, but that transmitter and receiver are switched on with every byte:
 * what starts the kernel on an emulator has not done it.
 */
#include "gen/platform.h"
#include "kernel/arch/aarch64/machine.h"

#define UART_CONTROL       (PLATFORM_UART_BASE + 0x00)
#define UART_STATUS        (PLATFORM_UART_BASE + 0x2c)
#define UART_STATUS_TXFULL (1u << 4)
#define UART_FIFO          (PLATFORM_UART_BASE + 0x30)
#define WAIT_MAX           1000000

void arch_console_putc(char c)
{
    mmio_write(UART_CONTROL, 0x14); /* TXEN, RXEN */
    /* bound: 1; assumed: the FIFO has room, else up to WAIT_MAX */
    for (uint32_t i = 0; i < WAIT_MAX && (mmio_read(UART_STATUS) & UART_STATUS_TXFULL) != 0; i++) {
    }
    mmio_write(UART_FIFO, (uint8_t)c);
}
