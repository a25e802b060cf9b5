/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * The trace ring: the last events of the kernel, built in by SEL_TRACE; a null module otherwise. Panic prints its tail.
 */
#pragma once

#include <stdint.h>

enum trace_kind {
    TRACE_SYSCALL,
    TRACE_FAULT,
    TRACE_VM_EXIT,
    TRACE_IRQ,
    TRACE_SWITCH,
    TRACE_IPC,
    TRACE_TIMER,
};

#ifdef SEL_TRACE
void trace(enum trace_kind kind, uint64_t a, uint64_t b);
/** Print the last `count` events. */
void trace_dump(uint64_t count);
#else
static inline void trace(enum trace_kind kind, uint64_t a, uint64_t b)
{
    (void)kind;
    (void)a;
    (void)b;
}
static inline void trace_dump(uint64_t count)
{
    (void)count;
}
#endif
