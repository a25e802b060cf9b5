/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Console invocation: bytes from message words 1..7 to debug/console.c.
 */
#include "kernel/object/console.h"

#include "gen/invocations.h"
#include "kernel/debug/panic.h"

err_t decode_console_write(const struct invocation *in, struct console_write_op *op, struct err_info *info)
{
    uint64_t length = in->arg[0];
    if (length > SEL_LIMIT_CONSOLE_WRITE_MAX) {
        return refuse(info, ERR_OUT_OF_RANGE, 1, length, SEL_LIMIT_CONSOLE_WRITE_MAX);
    }
    op->length = length;
    for (uint64_t i = 0; i < length; i++) {
        op->text[i] = (char)(in->arg[1 + i / 8] >> i % 8 * 8);
    }
    return ERR_OK;
}

void invoke_console_write(const struct console_write_op *op)
{
    console_write(op->text, op->length);
}
