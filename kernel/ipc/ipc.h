/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Sending, receiving, answering: who meets whom, who blocks, whose time is used. What travels is ipc/transfer.h.
 */
#pragma once

#include "kernel/lib/base.h"

struct ipc_send {
    struct endpoint *endpoint;
    uint64_t badge;
    bool is_call;
    bool is_blocking;
    bool can_grant;
};

/**
 * Send the current message of `sender`: to a waiting receiver, or queue (OK: sent or blocked).
 * WOULD_BLOCK; NO_TIME, CANCELLED if the waiting receiver cannot take it, it goes on waiting then.
 */
err_t ipc_send(struct tcb *sender, const struct ipc_send *send) REQUIRES(kernel_lock);

/**
 * Before a receive: senders at the head of the queue that `tcb` could not serve are refused (H1), where `answered` is a Reply it will
 * have answered by then, or NULL. PREEMPTED: repeat the system call; nothing else has happened.
 */
enum progress ipc_refuse_unservable(struct endpoint *endpoint, const struct tcb *tcb, const struct reply *reply,
                                    const struct reply *answered) REQUIRES(kernel_lock);

/** Receive a bound Notification's bits, the first sender's message, or wait offering `reply`. WOULD_BLOCK only without is_blocking. */
err_t ipc_receive(struct tcb *tcb, struct endpoint *endpoint, struct reply *reply, bool is_blocking)
    REQUIRES(kernel_lock);

/** Answer the caller in `reply` with the current message of `server`; PEER_DIED if nobody waits there (H4). */
err_t ipc_reply(struct tcb *server, struct reply *reply, bool can_grant) REQUIRES(kernel_lock);
