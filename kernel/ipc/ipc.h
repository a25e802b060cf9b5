/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Who meets whom, who blocks, whose time is used (ipc.c), what travels (transfer.c), faults and VM exits as Calls to a handler's Endpoint and
 * their completion by the handler's reply (fault.c). The common case of a Call and its answer made in one go is fastpath.c's.
 *
 * Invariant F1: fault_label is not 0 exactly while a thread's Call (SEND, REPLY) is a fault's, or after it stopped by one.
 */
#pragma once

#include "kernel/lib/base.h"

/**
 * Send the current message of `sender` through `cap`, an Endpoint's: to a waiting receiver, or queue (OK: sent or blocked).
 * WOULD_BLOCK; NO_TIME, CANCELLED if the waiting receiver cannot take it, it goes on waiting then.
 */
err_t ipc_send(struct tcb *sender, struct cap cap, bool is_call, bool is_blocking) LOCKED;

/**
 * Before a receive: senders at the head of the queue that `tcb` could not serve are refused (H1), where `answered` is a Reply it will
 * have answered by then, or NULL. PREEMPTED: repeat the system call; nothing else has happened.
 */
enum progress ipc_refuse_unservable(struct endpoint *endpoint, const struct tcb *tcb, const struct reply *reply,
                                    const struct reply *answered) LOCKED;

/** Receive a bound Notification's bits, the first sender's message, or wait offering `reply`. WOULD_BLOCK only without is_blocking. */
err_t ipc_receive(struct tcb *tcb, struct endpoint *endpoint, struct reply *reply, bool is_blocking) LOCKED;

/** Answer the caller in `reply` with the current message of `server`; PEER_DIED if nobody waits there (H4). */
err_t ipc_reply(struct tcb *server, struct reply *reply, bool can_grant) LOCKED;

/* --- transfer.c: eight words in registers, the rest and capabilities through IPC buffers --- */

/**
 * Deliver `sender`'s message (its registers and buffer, or its fault) with `badge` into the registers and buffer of `receiver`;
 * capabilities only with `can_grant`. Does not wake anybody.
 */
void transfer_message(struct tcb *sender, struct tcb *receiver, uint64_t badge, bool can_grant) LOCKED;

/** The empty message that says: the bound Notification was signalled with `bits`. */
void transfer_notification(struct tcb *receiver, uint64_t bits) LOCKED;

/** The system call that `tcb` is blocked in ends with `status`: an empty message, no badge. Does not wake it. */
void transfer_failure(struct tcb *tcb, err_t status) LOCKED;

/** The kernel's own answer to a system call: `length` words (at most eight in `word`), the other registers zero, no badge. */
void transfer_kernel(struct tcb *receiver, const uint64_t *word, uint64_t length) LOCKED;

/* --- fault.c --- */

/** The budget `tcb` runs on is used up: call its timeout handler. False, and nothing changed, if none can take it. */
bool fault_deliver_timeout(struct tcb *tcb, uint64_t badge, uint64_t consumed_ns) LOCKED;

/** The handler `server` has answered the fault of `tcb` (out of its Reply already) with the message in its registers. Its state from now on. */
uint8_t fault_complete(struct tcb *tcb, const struct tcb *server) LOCKED;

/** A blocked thread's IPC ends with `status`: wake it, or, if the IPC was a fault's, treat it as undeliverable (H8). */
void fault_wake(struct tcb *tcb, err_t status) LOCKED;
