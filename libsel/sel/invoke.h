/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * The four shapes of an invocation, used by the generated stubs (gen/sel/invocations.c) only.
 * Each calls `cap` with the method of `invocation` (INVOCATION_x); a refusal is recorded in sel_last_error.
 */
#pragma once

#include <stdint.h>

#include <gen/sel/syscalls.h>

/** `count` words in, up to eight words out, in `words`. */
sel_err_t sel_invoke(sel_cap_t cap, uint32_t invocation, uint64_t *words, uint64_t count);

/** `count` words, then `tail_count` more from `tail`; what exceeds the registers goes through the IPC buffer. */
sel_err_t sel_invoke_words(sel_cap_t cap, uint32_t invocation, uint64_t *words, uint64_t count, const uint64_t *tail,
                           uint64_t tail_count);

/** The same with `length` bytes as the tail, packed little-endian, the last word filled with zeros. */
sel_err_t sel_invoke_bytes(sel_cap_t cap, uint32_t invocation, uint64_t *words, uint64_t count, const void *tail,
                           uint64_t length);

/** `count` words in, exactly `result_count` words out to `results`. */
sel_err_t sel_invoke_read(sel_cap_t cap, uint32_t invocation, uint64_t *words, uint64_t count, uint64_t *results,
                          uint64_t result_count);
