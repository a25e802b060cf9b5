/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * The end on a kernel bug: a full dump, never a silent stop. For kernel invariants only; input is checked elsewhere.
 */
#pragma once

#include "kernel/lib/base.h"

/** Print `what`, file and line, registers, syndrome, current thread, last trace entries; end the machine or halt. */
_Noreturn void panic(const char *what, const char *file, unsigned int line);

/** Print all registers of a context. */
void panic_registers(const char *whose, const struct arch_context *context);

#ifdef SEL_ASSERT
#define kassert(condition) ((condition) ? (void)0 : panic(#condition, __FILE__, __LINE__))
#else
#define kassert(condition) ((void)sizeof(condition))
#endif

/** Text on the kernel's console, wrapped by the console protocol (docs/design/system.md). */
void console_write(const char *text, uint64_t length);
/** printf of %s %u %x %lu %lx %p %c only, for banner, warnings and dumps. */
void console_printf(const char *format, ...) __attribute__((format(printf, 1, 2)));
