/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Faults of processes in words: which process, what it did, where. Pure functions of the kernel's message and the spec;
 * who receives the message and what becomes of the thread is supervise.c's.
 */
#pragma once

#include <stdbool.h>
#include <stdint.h>

#include "roottask/spec.h"
#include "sel/format.h"

struct fault_message {
    uint64_t label;        /* FAULT_... */
    const uint64_t *words; /* 8 */
};

/** True if the process ended by itself (libsel's exit and abort); `is_abort` tells which. */
bool fault_is_exit(const struct fault_message *fault, bool *is_abort);

/** "roottask: fault: process NAME: cause, pc 0x.. function+0x.., address 0x.., esr 0x..\n" */
void fault_describe(struct sel_text *text, const struct spec *spec, const struct spec_thread *thread,
                    const struct fault_message *fault);

/** The line that shows registers [first, first + count) of THREAD_REG_COUNT, from all of them. */
void fault_describe_registers(struct sel_text *text, const uint64_t *registers, uint32_t first, uint32_t count);
