/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Failed calls as sentences: which invocation, which argument, what was given, what was the bound.
 * The words come from libsel/abi/errors.yaml. Invariant: nothing here allocates, uses SIMD or can fail.
 */
#pragma once

#include <stddef.h>
#include <stdint.h>

#include <gen/abi.h>
#include <gen/sel/syscalls.h>

/** What the thread's last refused invocation said. `invocation` is INVOCATION_x, 0 if there was none yet. */
struct sel_error_info {
    uint32_t invocation;
    sel_err_t error;
    uint64_t detail[3];
};

extern _Thread_local struct sel_error_info sel_last_error;

/** "PEER_DIED", "NOT_ALLOWED" (of a call of a protocol, sel/protocol.h), or "UNKNOWN_ERROR" for a number that is no status. */
const char *sel_error_name(sel_err_t error);

/**
 * Write the sentence of `info` into `buffer` (always terminated, cut if too long), for example
 * "frame_map: argument 2 (address): 0x1001 is not aligned to 4096 bytes". Returns the length written.
 */
size_t sel_error_sentence_of(const struct sel_error_info *info, char *buffer, size_t size);

/** The same for the thread's last refused invocation. */
size_t sel_error_sentence(char *buffer, size_t size);

/** Print "PROCESS: WHAT: SENTENCE" on the process's console; the sentence is that of the last refused invocation. */
void sel_perror(const char *what);

/** The same for the status `error` of a system call, which has no details ("the thread or endpoint on the other side is gone"). */
void sel_perror_status(const char *what, sel_err_t error);
