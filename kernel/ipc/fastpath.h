/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * The fastpaths: second implementations of common system calls, entered by the architecture's entry code with most registers not saved. The
 * message stays in its registers while they run. They refuse, with nothing changed, whatever is not the common case; kernel_syscall() does it then.
 * A Call to the kernel itself goes on from here by its own door, kernel_invoke().
 */
#pragma once

#include "kernel/lib/base.h"

/** SYSCALL_CALL of the current thread by the capability at `cptr`: ends in arch_leave_fast, or as kernel_invoke if it is to the kernel; NULL if refused. */
struct tcb *fast_call(uint64_t cptr, uint64_t tag);

/** SYSCALL_REPLY_RECV: answer through `reply_cptr`, be it a fault, and receive at `cptr`: does not come back either but if refused. */
void fast_reply_recv(uint64_t cptr, uint64_t tag, uint64_t reply_cptr);

/** SYSCALL_SIGNAL by the capability at `cptr`: the caller, which goes on at once, or NULL if refused. */
struct tcb *fast_signal(uint64_t cptr);

/** SYSCALL_WAIT by the capability at `cptr`, the handler's or 0: the same, the bits being in its context; or ends in arch_leave_chosen. */
struct tcb *fast_wait(uint64_t cptr, uint64_t tag, uint64_t handler_cptr);

/** SYSCALL_YIELD of the current thread: ends in arch_leave_chosen. */
void fast_yield(void);
