/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * The trace ring: the last events of the kernel, built in by SEL_TRACE; a null module otherwise. Panic prints its tail.
 */
#pragma once

#include "kernel/debug/config.h"
#include "kernel/lib/base.h"

enum trace_kind {
    TRACE_SYSCALL,
    TRACE_FAULT,
    TRACE_VM_EXIT,
    TRACE_IRQ,
    TRACE_SWITCH,
    TRACE_IPC,
    TRACE_TIMER,
};

void trace_add(enum trace_kind kind, uint64_t a, uint64_t b);
/** Print the last `count` events. */
void trace_dump(uint64_t count);

static inline void trace(enum trace_kind kind, uint64_t a, uint64_t b)
{
    if (SEL_TRACE) {
        trace_add(kind, a, b);
    }
}
