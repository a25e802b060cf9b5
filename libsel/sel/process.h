/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Beginning and end of a process. A process ends by a BRK that its fault handler, the roottask, reports by name:
 * "exit status N" (PROCESS_BRK_EXIT) or "aborted" (PROCESS_BRK_ABORT).
 *
 * Start contract (docs/design/system.md): pc = ELF entry, sp = top of stack, 16-byte aligned, x0 = IPC buffer or 0, tpidr_el0 = 0,
 * .bss zero. The library sets up thread-local storage, runs constructors, calls main and exits with its result.
 */
#pragma once

#include <stddef.h>
#include <stdint.h>

#include <gen/abi.h>

/** End the process with `status` after flushing stdout, without running exit handlers (exit() of the C library runs them). */
_Noreturn void sel_exit(int status);

/** End the process as faulty: prints "PROCESS: REASON" first. */
_Noreturn void sel_panic(const char *reason);

/** Bytes that sel_thread_start() needs for the thread-local storage of one more thread of this process. */
size_t sel_thread_local_size(void);

/**
 * Prepare thread-local storage of the calling thread in `block` (64-byte aligned, sel_thread_local_size() bytes) and record its IPC buffer.
 * The first thread has been through this before main.
 */
void sel_thread_start(void *block, struct sel_ipc_buffer *buffer);
