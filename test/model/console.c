/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Text on the kernel's console.
 */
#include "test/model/parts.h"

uint64_t model_console_write(struct model_call *call)
{
    uint64_t error = model_check_range(call, 0, 0, SEL_LIMIT_CONSOLE_WRITE_MAX);
    for (uint64_t i = 0; error == SEL_ERROR_OK && i < call->arg[0]; i++) {
        uint64_t byte = call->arg[1 + i / 8] >> (i % 8 * 8);
        if (model.machine.console_length < MODEL_CONSOLE_BYTES) {
            model.machine.console[model.machine.console_length] = (uint8_t)byte;
        }
        model.machine.console_length++;
    }
    return error;
}
