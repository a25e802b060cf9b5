/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * The details of a refusal, as the ABI words them.
 */
#pragma once

#include "kernel/object/tcb.h"

/** `caller` was refused with `error`: its message words must say so of the invocation `label` with `count` words. */
void detail_check(const struct tcb *caller, uint64_t error, uint64_t label, const uint64_t *word, uint64_t count);
