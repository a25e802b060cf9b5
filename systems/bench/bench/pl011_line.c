/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * The line of a PL011 (Arm DDI 0183): the transmit interrupt follows its bit in UARTIMSC (3.3.10).
 */
#include "systems/bench/bench/uart_line.h"

#define UARTDR        0x00
#define UARTIMSC      0x38
#define UARTIMSC_TXIM (1u << 5)

const struct uart_line uart_line = {UARTDR, UARTIMSC, UARTIMSC_TXIM, UARTIMSC, 0};
