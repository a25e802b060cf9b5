/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Stands in for the kernel's header of this path when kernel/boot/payload.c is compiled for the host: the processor "has" CRC
 * instructions, and the one that payload.c writes as assembly becomes a sum that reads the same memory.
 */
#pragma once

#include "kernel/arch/arch.h"

#define sysreg_read(name) (1ul << 16)

#define __asm__(...) crc = (crc << 1 | crc >> 31) ^ (uint32_t)at[i]
