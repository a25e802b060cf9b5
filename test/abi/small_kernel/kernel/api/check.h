/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Argument conditions as the generated dispatch of test/abi/small calls them.
 */
#pragma once

#include "test/abi/small_kernel/kernel/api/invocation.h"

static inline err_t check_range(struct err_info *info, uint64_t argument, uint64_t given, uint64_t min, uint64_t max)
{
    info->argument = argument;
    info->bound = given < min ? min : max;
    return given < min || given > max ? ERR_TOO_BRIGHT : ERR_OK;
}

static inline err_t check_mask(struct err_info *info, uint64_t argument, uint64_t given, uint64_t mask)
{
    info->argument = argument;
    info->bound = mask;
    return (given & ~mask) != 0 ? ERR_TOO_BRIGHT : ERR_OK;
}
