/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * The line of the Zynq UltraScale+'s UART (UG1087, module UART): one register opens interrupts, another closes them.
 */
#include "systems/bench/bench/uart_line.h"

#define INTRPT_EN        0x08
#define INTRPT_DIS       0x0c
#define TX_RX_FIFO       0x30
#define INTERRUPT_TEMPTY (1u << 3)

const struct uart_line uart_line = {TX_RX_FIFO, INTRPT_EN, INTERRUPT_TEMPTY, INTRPT_DIS, INTERRUPT_TEMPTY};
