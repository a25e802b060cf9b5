/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * What travels in a message: eight words in registers, the rest and capabilities through IPC buffers.
 * Not here: who talks to whom (ipc/ipc.h).
 */
#pragma once

#include "kernel/lib/base.h"

/**
 * Deliver `sender`'s message (its registers and buffer, or its fault) with `badge` into the registers and buffer of `receiver`;
 * capabilities only with `can_grant`. Does not wake anybody.
 */
void transfer_message(struct tcb *sender, struct tcb *receiver, uint64_t badge, bool can_grant) REQUIRES(kernel_lock);

/** The empty message that says: the bound Notification was signalled with `bits`. */
void transfer_notification(struct tcb *receiver, uint64_t bits) REQUIRES(kernel_lock);

/** The kernel's own answer to a system call: `length` words (at most eight in `word`), the other registers zero, no badge. */
void transfer_kernel(struct tcb *receiver, const uint64_t *word, uint64_t length) REQUIRES(kernel_lock);
