/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Whoever holds the TCB of a thread that waits may write its registers. So nothing that its system call returns may rely on what
 * stands there already: tests overwrite it, and it must be told all the same.
 */
#pragma once

#include <stdbool.h>
#include <stdint.h>

#define SPOILED 0x5b011ed15b011ed1ul

struct tcb;

/** Overwrite all registers that the end of the thread's system call sets, whichever end that is; none if it waits in no call. */
void spoil_results(struct tcb *tcb, uint64_t value);

/** Whether the thread's call is over, but its status or a register that has to be zero was left SPOILED. */
bool spoil_shows(const struct tcb *tcb);
