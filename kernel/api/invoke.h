/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Invocations: the checks that are the same for all, from the generated table, then the object's decode and invoke.
 */
#pragma once

#include <stdbool.h>
#include <stdint.h>

#include "kernel/api/invocation.h"
#include "kernel/smp/lock.h"

/** Call by `caller` on the kernel object in `slot`, message in its registers; fills in the answer if it succeeds. */
err_t invoke(struct tcb *caller, struct slot *slot, struct err_info *info, enum progress *progress)
    REQUIRES(kernel_lock);

/** Arguments 0 and 1 of read_registers and write_registers: registers [first, first + count) and the message words that carry them. */
struct register_range {
    uint64_t first;
    uint64_t count;
    const struct invocation *in;
};

/** Check against `limit` registers, and that the words exist: results, or with `is_write` arguments from word 2 on. */
err_t decode_register_range(const struct invocation *in, uint64_t limit, bool is_write, struct register_range *out,
                            struct err_info *info);

/** Value of the i-th register to be written. */
uint64_t register_range_get(const struct register_range *range, uint64_t i);

/** Put the i-th register read into the answer. */
void result_put(struct result *out, uint64_t i, uint64_t value);
