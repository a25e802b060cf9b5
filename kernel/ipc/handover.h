/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * The common case of a Call and of its answer, made in one go: a running thread calls a passive server that waits, alone, and the server
 * answers and waits again. The result is what ipc.c does step by step; whatever differs from that case is left to it.
 */
#pragma once

#include "kernel/lib/base.h"

/**
 * `caller` Calls whoever waits at `endpoint` by a capability with `badge`: with `fault` (not recorded yet), or if that is NULL with its message.
 * False, and nothing changed, if it is not the common case.
 */
bool handover_call(struct tcb *caller, struct endpoint *endpoint, uint64_t badge, const struct fault *fault)
    REQUIRES(kernel_lock);

/** `server` answers the caller of `reply` by a message without capabilities and receives from `endpoint` with it. False likewise. */
bool handover_answer(struct tcb *server, struct endpoint *endpoint, struct reply *reply) REQUIRES(kernel_lock);
