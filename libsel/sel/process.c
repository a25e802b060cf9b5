/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Ends of a process: the C library's exit, abort and assert come down to the two named BRKs.
 */
#include "sel/process.h"

#include <assert.h>
#include <stdlib.h>

#include "gen/abi.h"
#include "sel/console.h"
#include "sel/format.h"
#include "sel/spec.h"
#include <unistd.h>

#define PANIC_BYTES 160

/* Defined by stdio.c, which is linked only into processes that use stdout. */
__attribute__((weak)) void sel_stdio_flush(void);

_Noreturn void sel_exit(int status)
{
    if (sel_stdio_flush != NULL) {
        sel_stdio_flush();
    }
    sel_console_flush();
    register uint64_t x0 __asm__("x0") = (uint64_t)(uint32_t)status;
    __asm__ volatile("brk %1" : : "r"(x0), "i"(PROCESS_BRK_EXIT) : "memory");
    __builtin_unreachable();
}

_Noreturn void abort(void)
{
    if (sel_stdio_flush != NULL) {
        sel_stdio_flush();
    }
    sel_console_flush();
    __asm__ volatile("brk %0" : : "i"(PROCESS_BRK_ABORT) : "memory");
    __builtin_unreachable();
}

_Noreturn void _exit(int status)
{
    sel_exit(status);
}

_Noreturn void sel_panic(const char *reason)
{
    if (sel_stdio_flush != NULL) {
        sel_stdio_flush();
    }
    sel_console_print(sel_spec.process_name);
    sel_console_print(": ");
    sel_console_print(reason);
    sel_console_print("\n");
    abort();
}

/* What the C library's assert() calls. */
_Noreturn void __assert_func(const char *file, int line, const char *function, const char *expression)
{
    char reason[PANIC_BYTES];
    struct sel_text text = sel_text_start(reason, sizeof(reason));
    sel_text_string(&text, "assertion failed: ");
    sel_text_string(&text, expression);
    sel_text_string(&text, ", ");
    sel_text_string(&text, file);
    sel_text_char(&text, ':');
    sel_text_decimal(&text, (uint64_t)line);
    if (function != NULL) {
        sel_text_string(&text, " in ");
        sel_text_string(&text, function);
    }
    sel_panic(reason);
}
