/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Console: text on the kernel's own channel.
 */
#pragma once

#include <stdint.h>

#include "gen/abi.h"

struct console_write_op {
    uint64_t length;
    char text[SEL_LIMIT_CONSOLE_WRITE_MAX];
};
