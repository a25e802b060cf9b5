/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * The doors of the kernel: called with the current thread's context saved, by the architecture's entry code (kernel_invoke by the fastpath of Call, which looks the
 * capability up). System calls say who goes on, or leave; the others are followed by sched_pick() and arch_leave_to(). Not here: saving and restoring registers (arch/).
 */
#pragma once

#include "gen/faults.h"
#include "kernel/lib/base.h"

/* Words of a message without capabilities, and without the bits that only the kernel sets; else more than any can have. */
#define TAG_PLAIN_MASK 0xfffful

/** Whether all of the message is in registers. */
static inline bool tag_is_short(uint64_t tag)
{
    return (tag & TAG_PLAIN_MASK) <= MESSAGE_REGISTER_WORDS;
}

/**
 * System call of the current thread; number and arguments are in its context. Returns the thread if it goes straight on: all is loaded but its registers; else
 * ends in arch_leave_chosen.
 */
struct tcb *kernel_syscall(void) UNLOCKS;

/** The same for a Call of the current thread by the capability in `slot`, of an object that the kernel answers for (is_invoked). */
struct tcb *kernel_invoke(struct slot *slot, uint64_t tag, struct tcb *tcb) UNLOCKS;

/** A physical interrupt is pending: acknowledge one and deliver it; others come again. One that is a guest's exit ends as kernel_fault does. */
void kernel_irq(void) LOCKED;

/**
 * The current thread faulted, as the architecture decoded it, and nothing else has happened since it ran: deliver to its handler, or stop it (H8). If the handler goes on at once, a real machine leaves the kernel here.
 * `tag` is the message's, with TAG_KERNEL; of its eight words `first` is the first, the seven at `rest` follow, which may be the thread's registers, or its fault_word.
 */
void kernel_fault(uint64_t tag, uint64_t first, const uint64_t *rest) LOCKED;
