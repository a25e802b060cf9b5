/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Faults and VM exits as Calls to a handler's Endpoint, and their completion by the handler's reply.
 *
 * Invariant F1: fault_label is not 0 exactly while a thread's Call (SEND, REPLY) is a fault's, or after it stopped by one.
 */
#pragma once

#include "kernel/lib/base.h"

/** `tcb` faulted: call its fault handler, or stop it (H8). */
void fault_raise(struct tcb *tcb, const struct fault *fault) REQUIRES(kernel_lock);

/** The budget `tcb` runs on is used up: call its timeout handler. False, and nothing changed, if none can take it. */
bool fault_deliver_timeout(struct tcb *tcb, uint64_t badge, uint64_t consumed_ns) REQUIRES(kernel_lock);

/** The handler `server` has answered the fault of `tcb` (out of its Reply already) with the message in its registers. Its state from now on. */
uint8_t fault_complete(struct tcb *tcb, const struct tcb *server) REQUIRES(kernel_lock);

/** A blocked thread's IPC ends with `status`: wake it, or, if the IPC was a fault's, treat it as undeliverable (H8). */
void fault_wake(struct tcb *tcb, uint64_t status) REQUIRES(kernel_lock);
