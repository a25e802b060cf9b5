/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Preemption points (H9): long kernel loops ask after each bounded step whether an interrupt waits.
 */
#pragma once

#include "kernel/api/rules.h"
#include "kernel/arch/arch.h"

/** Whether a long operation must stop here, in a consistent state, and be repeated later. */
static inline bool preemption_point(void)
{
    return RULE(9) && arch_irq_is_pending();
}
