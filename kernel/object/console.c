/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Console: text on the kernel's own channel, bytes of message words 1..7 to debug/console.c.
 */
#include "kernel/object/objects.h"

void invoke_console_write(const struct console_write_op *op)
{
    char text[SEL_LIMIT_CONSOLE_WRITE_MAX];
    for (uint64_t i = 0; i < op->length; i++) { /* bound: SEL_LIMIT_CONSOLE_WRITE_MAX */
        bool is_given = 1 + i / 8 < op->in->arg_count;
        text[i] = is_given ? (char)(invocation_arg(op->in, 1 + i / 8) >> i % 8 * 8) : '\0';
    }
    console_write(text, op->length);
}
