/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * PL011: one byte into the transmit FIFO (DDI 0183, 3.3). Baud rate and format are firmware's; nothing to set up, so that output works from
 * the first instruction on. The wait is bounded: a stuck UART loses text, it does not stop the kernel.
 */
#include "gen/platform.h"
#include "kernel/arch/aarch64/machine.h"

#define UART_DR      0x00
#define UART_FR      0x18
#define UART_FR_TXFF (1u << 5)
#define WAIT_MAX     1000000

void arch_console_putc(char c)
{
    /* bound: 1; assumed: the FIFO has room, else up to WAIT_MAX */
    for (uint32_t i = 0; i < WAIT_MAX && (mmio_read(PLATFORM_UART_BASE + UART_FR) & UART_FR_TXFF) != 0; i++) {
    }
    mmio_write(PLATFORM_UART_BASE + UART_DR, (uint8_t)c);
}
