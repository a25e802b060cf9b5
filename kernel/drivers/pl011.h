/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * PL011 UART (Arm DDI 0183): polled output of the kernel. A process owns the device after boot; the kernel only adds bytes.
 */
#pragma once

void pl011_putc(char c);
