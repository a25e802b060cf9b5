/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * What the kernel's debug/ part is on the host: a panic fails the running test, console text goes to the fake console.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>

#include <cmocka.h>

#include "kernel/arch/arch.h"
#include "kernel/debug/panic.h"

_Noreturn void panic(const char *what, const char *file, unsigned int line)
{
    print_error("kernel panic: %s\n", what);
    _fail(file, (int)line);
    abort();
}

void console_write(const char *text, uint64_t length)
{
    for (uint64_t i = 0; i < length; i++) {
        arch_console_putc(text[i]);
    }
}

void console_printf(const char *format, ...)
{
    char text[512];
    va_list arguments;
    va_start(arguments, format);
    int length = vsnprintf(text, sizeof(text), format, arguments);
    va_end(arguments);
    if (length > 0) {
        console_write(text, (uint64_t)length < sizeof(text) ? (uint64_t)length : sizeof(text) - 1);
    }
}
