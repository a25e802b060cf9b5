/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Found before the generated header when a driver is compiled for the host: a board whose devices are the test's own functions. A test says
 * before it includes this which interrupt controller there is.
 */
#pragma once

#define PLATFORM_GICD_BASE 0x10000000ul
#define PLATFORM_GICC_BASE 0x20000000ul
#define PLATFORM_GICH_BASE 0x30000000ul
#define PLATFORM_GICR_BASE 0x40000000ul
#define PLATFORM_GICR_SIZE 0x80000ul
#define PLATFORM_UART_BASE 0x50000000ul

#define PLATFORM_TIMER_HYPERVISOR_INTID 26
#define PLATFORM_TIMER_VIRTUAL_INTID    27
#define PLATFORM_TIMER_PHYSICAL_INTID   30
#define PLATFORM_MAINTENANCE_INTID      25
