/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * The end on a kernel bug: a full dump, never a silent stop. For kernel invariants only; input is checked elsewhere.
 */
#pragma once

#include "kernel/debug/config.h"
#include "kernel/lib/base.h"

/** Print `what`, file and line, registers, syndrome, current thread, last trace entries; end the machine or halt. */
_Noreturn void panic(const char *what, const char *file, unsigned int line);

/** Print all registers of a context. */
void panic_registers(const char *whose, const struct arch_context *context);

#define kassert(condition) (!SEL_ASSERT || (condition) ? (void)0 : panic(#condition, __FILE__, __LINE__))

/** Text on the kernel's console, wrapped by the console protocol (docs/design/system.md). */
void console_write(const char *text, uint64_t length);
/** printf of %s %u %x %lu %lx only, for banner, warnings and dumps. */
void console_printf(const char *format, ...) __attribute__((format(printf, 1, 2)));
