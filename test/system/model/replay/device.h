/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * The interrupt of a device: the UART's, raised by its own interrupt mask while the transmitter has room (ARM DDI 0183, 3.3.10: level). The
 * sequence has its IRQHandler; the device itself is the supervisor's, which raises the line when the kernel will take it at once, and
 * lowers it then: to the kernel it is one interrupt, as to the model.
 */
#pragma once

#include <stdbool.h>
#include <stdint.h>

#include "sel/sel.h"

SEL_USES_CAP(uart_irq);

/** Once. */
void device_build(void);
/** The handler's interrupt, by its capability's words. */
uint32_t device_irq(uint64_t word0, uint64_t word1);
/** The Notification that it signals, if a signal is pending there, or 0. */
uint32_t device_signalled(void);
/** Whether it would be taken: somebody is to be told, and has acknowledged the last one. */
bool device_is_ready(void);
/** It comes, on both sides. */
void device_interrupt(void);
