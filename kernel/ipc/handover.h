/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * The common case of a Call and of its answer, made in one go: a running thread calls a passive server that waits, alone, and the server
 * answers and waits again. The result is what ipc.c does step by step; whatever differs from that case is left to it.
 */
#pragma once

#include <stdbool.h>

#include "kernel/smp/lock.h"

struct endpoint;
struct reply;
struct tcb;

/** `caller` Calls `server`, first in the queue of `endpoint`. False, and nothing changed, if it is not the common case. */
bool handover_call(struct tcb *caller, struct endpoint *endpoint, struct tcb *server) REQUIRES(kernel_lock);

/** `server` answers the caller of `reply` and receives from `endpoint` with it. False, and nothing changed, likewise. */
bool handover_answer(struct tcb *server, struct endpoint *endpoint, struct reply *reply, bool can_grant)
    REQUIRES(kernel_lock);
