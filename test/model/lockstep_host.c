/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * What the kernel finds around it in lockstep: a console whose text is compared, a panic that is a difference like any other.
 */
#include <stdarg.h>
#include <string.h>

#include "kernel/arch/arch.h"
#include "kernel/debug/panic.h"
#include "test/model/lockstep.h"

struct lockstep_host lockstep_host;

_Noreturn void panic(const char *what, const char *file, unsigned int line)
{
    lockstep_fail("kernel panic: %s (%s:%u)\n", what, file, line);
}

void console_write(const char *text, uint64_t length)
{
    for (uint64_t i = 0; i < length; i++) {
        if (lockstep_host.console_length < MODEL_CONSOLE_BYTES) {
            lockstep_host.console[lockstep_host.console_length] = (uint8_t)text[i];
        }
        lockstep_host.console_length++;
    }
}

/** The one line of generic code (ipc/fault.c): a thread that was stopped, its fault and three words of it. */
void console_printf(const char *format, ...)
{
    if (strncmp(format, "kernel: thread %lx stopped: fault %u", 36) != 0) {
        lockstep_fail("the kernel says what the lockstep does not know: %s\n", format);
    }
    va_list arguments;
    va_start(arguments, format);
    lockstep_host.stopped_count++;
    lockstep_host.stopped_thread = va_arg(arguments, uint64_t);
    lockstep_host.stopped_fault = va_arg(arguments, unsigned int);
    for (unsigned int i = 0; i < 3; i++) {
        lockstep_host.stopped_word[i] = va_arg(arguments, unsigned int);
    }
    va_end(arguments);
}
