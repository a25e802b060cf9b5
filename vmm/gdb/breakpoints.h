/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Breakpoints as instructions in the guest's RAM that leave for the VMM wherever they are executed: `mrs xzr, mdccsr_el0`, which
 * MDCR_EL2.TDA traps at EL1 and at EL0 alike (docs/adr/0032). They are in memory only while the guest runs.
 *
 * Invariant: while the guest is stopped, memory is as the guest left it.
 */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct vmm;

enum {
    BREAKPOINT_COUNT_MAX = 64,
    STEP_TARGET_COUNT = 2,
};

#define BREAKPOINT_INSTRUCTION 0xd533011fu
#define BREAKPOINT_NOWHERE     1ull /* no instruction's address */

struct breakpoint {
    uint64_t address; /* virtual, as the debugger gave it */
    uint64_t ipa;
    uint32_t original; /* while it is in memory */
    bool is_in;
};

struct breakpoints {
    struct breakpoint own[BREAKPOINT_COUNT_MAX]; /* the debugger's */
    size_t own_count;
    struct breakpoint step[STEP_TARGET_COUNT]; /* where one step can lead */
    size_t step_count;
};

enum breakpoint_result {
    BREAKPOINT_SET,
    BREAKPOINT_NOT_MEMORY,
    BREAKPOINT_TOO_MANY,
};

/** Note a breakpoint; one that is there already is noted anew, where its address leads now. */
enum breakpoint_result breakpoints_add(struct breakpoints *all, struct vmm *vmm, uint64_t address);
void breakpoints_remove(struct breakpoints *all, uint64_t address);

/** Note where a step can lead; false, and nothing is noted, if that is not memory. At most STEP_TARGET_COUNT until breakpoints_end_step(). */
bool breakpoints_add_step(struct breakpoints *all, struct vmm *vmm, uint64_t address);
void breakpoints_end_step(struct breakpoints *all);

/** The debugger has one at this virtual address; a step leads there. */
bool breakpoints_has(const struct breakpoints *all, uint64_t address);
bool breakpoints_has_step(const struct breakpoints *all, uint64_t address);

/** Some breakpoint lies there, whatever its virtual address. */
bool breakpoints_lies_at(const struct breakpoints *all, uint64_t ipa);

/** Into memory, but for the debugger's at `except_ipa`; and out again, where the guest has not written over them. */
void breakpoints_put_in(struct breakpoints *all, struct vmm *vmm, uint64_t except_ipa);
void breakpoints_take_out(struct breakpoints *all, struct vmm *vmm);

/** The guest's memory is new: nothing is in it. */
void breakpoints_forget_memory(struct breakpoints *all);
