/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Conditions of single arguments (objects.yaml: min, max, mask), as the generated glue checks them before decode runs.
 */
#pragma once

#include "kernel/api/invocation.h"

/** OUT_OF_RANGE unless min <= given <= max; the bound that was passed is told. */
static inline err_t check_range(struct err_info *info, uint64_t argument, uint64_t given, uint64_t min, uint64_t max)
{
    bool is_inside = given >= min && given <= max;
    return is_inside ? ERR_OK : refuse(info, ERR_OUT_OF_RANGE, argument, given, given < min ? min : max);
}

/** INVALID_ARGUMENT if bits outside `mask` are set. */
static inline err_t check_mask(struct err_info *info, uint64_t argument, uint64_t given, uint64_t mask)
{
    return (given & ~mask) == 0 ? ERR_OK : refuse(info, ERR_INVALID_ARGUMENT, argument, given, mask);
}

/** RIGHTS unless `cap` has all that are needed. */
static inline err_t check_held(struct err_info *info, uint64_t argument, struct cap cap, uint64_t needed)
{
    bool are_held = (needed & ~cap_rights(cap)) == 0;
    return are_held ? ERR_OK : refuse(info, ERR_RIGHTS, argument, cap_rights(cap), needed);
}

/** NOT_BOUND or ALREADY_BOUND of the invoked object, unless it is as wanted. */
static inline err_t check_bound(struct err_info *info, bool is_bound, bool wanted)
{
    return is_bound == wanted ? ERR_OK : refuse(info, wanted ? ERR_NOT_BOUND : ERR_ALREADY_BOUND, 0, 0, 0);
}

/** BUSY if the invoked thread is the caller, whose registers are being saved and loaded. */
static inline err_t check_other(const struct invocation *in, const struct tcb *tcb, struct err_info *info)
{
    return tcb == in->caller ? refuse(info, ERR_BUSY, 0, 0, 0) : ERR_OK;
}

/** A run [first, first + count) of `available` registers whose values take `words` message words: arguments 1 and 2 of the call. */
static inline err_t check_registers(const struct invocation *in, uint64_t available, uint64_t words,
                                    struct err_info *info)
{
    err_t error = check_range(info, 1, invocation_arg(in, 0), 0, available - 1);
    error = error == ERR_OK ? check_range(info, 2, invocation_arg(in, 1), 0, available - invocation_arg(in, 0)) : error;
    if (error == ERR_OK && words > MESSAGE_REGISTER_WORDS && in->buffer == NULL) {
        return refuse(info, ERR_NO_BUFFER, 2, words, MESSAGE_REGISTER_WORDS);
    }
    return error;
}

/** The same for values that come behind arguments 1 and 2: they must all be there. */
static inline err_t check_written_registers(const struct invocation *in, uint64_t available, struct err_info *info)
{
    uint64_t words = 2 + invocation_arg(in, 1);
    err_t error = check_registers(in, available, words, info);
    if (error == ERR_OK && in->arg_count < words) {
        return refuse(info, ERR_TOO_FEW_ARGUMENTS, 3, in->arg_count, words);
    }
    return error;
}
