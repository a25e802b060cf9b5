/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Which errors were seen, and of what: written at the program's end to $SEL_PAIRS_FILE for error_pairs.py, which compares the union
 * over all programs with the ABI's list.
 */
#pragma once

#include <stdint.h>

/** Invocation `label` of a capability type was refused with `error`. */
void seen_invocation(uint64_t type, uint64_t label, uint64_t error);

/** A system call failed with `error`. */
void seen_syscall(uint64_t number, uint64_t error);
