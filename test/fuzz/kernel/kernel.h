/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * The parts of the target kernel_decode: the world that inputs act in (setting.c), values that fit (arguments.c), system calls whose
 * refusals are compared byte by byte (act.c), and invariants beyond the harness's (checks.c).
 */
#pragma once

#include "test/fuzz/kernel/grammar.h"
#include "test/fuzz/lib/fuzz.h"
#include "test/unit/kernel/harness/world.h"

/* --- setting.c --- */

/** Threads with and without time, a guest's thread, and objects of every type with badged and narrowed copies, all in one CNode. */
void setting_make(void);

/* --- arguments.c --- */

/** The `nth` capability of one of `types` in the thread's CSpace, or 0. */
uint64_t pick_cap(const struct tcb *actor, uint32_t types, unsigned nth);

/** Three bytes of input become a value: mostly one that fits, else any number. `before` are the arguments so far, `self` the invoked slot. */
uint64_t pick_argument(const struct tcb *actor, const struct grammar_argument *argument, const uint64_t *before,
                       uint64_t self, struct fuzz_input *input);

/** Fill the IPC buffer of a thread that has one: capabilities, where to receive some, words. */
void fill_buffer(const struct tcb *actor, struct fuzz_input *input);

/* --- act.c --- */

/** What the machine executes next. */
struct act {
    uint64_t number;
    struct world_call call;
    const struct grammar_method *method; /* an invocation, else NULL */
    bool is_abandoned_when_preempted;
};

/** Make the thread the current one if it can run; returns who is, or NULL. */
struct tcb *act_switch(struct tcb *thread);

/** The current thread executes a system call, again and again while it is preempted. */
void act_execute(const struct act *act);

/** Write "type method successes" of every invocation, and how often each system call returned OK, to standard error. */
void act_report(void);

/* --- checks.c --- */

/** Slots lie in living CNodes and TCBs, objects do not overlap, mappings show what a capability allows. */
void check_more(void);
