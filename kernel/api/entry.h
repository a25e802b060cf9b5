/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * The doors of the kernel: called by the architecture's entry code with the current thread's context saved,
 * followed by sched_pick() and arch_leave_to(). Not here: saving and restoring registers (arch/).
 */
#pragma once

#include "gen/faults.h"
#include "kernel/lib/base.h"

/** System call of the current thread; number and arguments are in its context. */
void kernel_syscall(void) LOCKED;

/** A physical interrupt is pending: acknowledge one and deliver it; others come again. One that is a guest's exit ends as kernel_fault does. */
void kernel_irq(void) LOCKED;

/**
 * The current thread faulted, as the architecture decoded it: deliver to its handler, or stop it (H8). If the handler goes on at once, a real machine leaves the kernel here.
 * `tag` is the message's, with TAG_KERNEL; of its eight words `first` is the first, the seven at `rest` follow, which may be the thread's registers.
 */
void kernel_fault(uint64_t tag, uint64_t first, const uint64_t *rest) LOCKED;
