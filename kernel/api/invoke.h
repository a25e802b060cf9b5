/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Invocations: the checks that are the same for all, from the generated table, then the object's decode and invoke.
 */
#pragma once

#include "kernel/api/invocation.h"

/** Call by `caller` on the kernel object in `slot`, message in its registers; fills in the answer if it succeeds. */
err_t invoke(struct tcb *caller, struct slot *slot, struct err_info *info, enum progress *progress)
    REQUIRES(kernel_lock);
