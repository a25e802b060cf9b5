/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Found before the real header when a driver is compiled for the host: device registers are reached by functions of the test.
 */
#pragma once

#include "kernel/arch/arch.h"
#include "kernel/lib/base.h"

uint32_t device_read(uint64_t address);
void device_write(uint64_t address, uint32_t value);
uint64_t device_sysreg(const char *name);
void device_sysreg_write(const char *name, uint64_t value);

#define mmio_read(address)         device_read(address)
#define mmio_write(address, value) device_write(address, (uint32_t)(value))
#define sysreg_read(name)          device_sysreg(#name)
#define sysreg_write(name, value)  device_sysreg_write(#name, value)
#define isb()                      ((void)0)
#define dsb_sy()                   ((void)0)

void gic_init(void);
void gic_set_active(uint64_t irq);
void interrupts_timer_fired(uint64_t timer) LOCKED;
void interrupts_maintenance(void) LOCKED;
