/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Steps: what happens next, to whoever runs. A sequence of them is executed by the model (step_model), by the kernel on arch/fake
 * (lockstep.h) or by a test process on the target; it names no thread: the current one acts, and if nobody runs, nothing but time does.
 *
 * As bytes: a file is STEP_MAGIC, the format's version, the ABI's hash, then one sequence after the other (pack.c). No C library needed.
 */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define STEP_BUFFER_MAX 8
#define STEP_VERSION    1

enum step_kind {
    STEP_END,
    STEP_SYSCALL,  /* the current thread executes SVC; if it was preempted in one, that one again */
    STEP_TIME,     /* nothing but time passes */
    STEP_IRQ,      /* interrupt `number` is raised */
    STEP_FAULT,    /* the current thread faults: label `number`, words `word` */
    STEP_DEADLINE, /* the first guest that waits in WFI has a timer due in word[0] ticks */
    STEP_KIND_COUNT,
};

enum step_flag {
    STEP_LATE = 1,     /* its ticks pass without an interrupt: they are all late */
    STEP_FROM_NOW = 2, /* word[0] counts from now */
    STEP_LONG_WAY = 4, /* its system call takes no fastpath */
};

struct step {
    uint8_t kind;          /* enum step_kind */
    uint8_t number;        /* of the system call, interrupt or fault */
    uint8_t flags;         /* enum step_flag */
    uint8_t preempt_after; /* at this preemption point interrupt `preempt_irq` is there; 0 = none */
    uint8_t preempt_irq;
    uint8_t exit_state;   /* where a VM exit completed in this step leads */
    uint8_t buffer_count; /* words written to the IPC buffer first */
    uint32_t ticks;       /* pass before anything else */
    uint64_t cap;
    uint64_t tag;
    uint64_t reply;
    uint64_t second;
    uint64_t word[8];
    uint64_t buffer_index[STEP_BUFFER_MAX];
    uint64_t buffer_word[STEP_BUFFER_MAX];
};

/** What a step puts into registers that it says nothing of. */
#define STEP_POISON 0xdeadbeefdeadbeeful

/** The model executes the step. */
void step_model(const struct step *step);

/** The system call of the last step on the model: who made it, of what, and what came of it at once. */
struct step_done {
    uint32_t thread; /* 0: there was none */
    uint32_t type;   /* of the capability invoked; 0 if it was no invocation */
    uint64_t number;
    uint64_t label;
    uint64_t status;
    bool is_waiting;
    bool is_preempted;
};

extern struct step_done step_done;

/** Whether the current thread's next system call is an old one again (it was preempted); a step's registers are not loaded then. */
bool step_is_repeated(void);

/* --- as bytes (pack.c) --- */

/** Append to `bytes` (room for `limit`); returns the new length, or 0 if there is no room. */
size_t step_pack(const struct step *step, uint8_t *bytes, size_t length, size_t limit);
/** Read one; returns how many bytes it took, or 0 if they are no step. */
size_t step_unpack(struct step *step, const uint8_t *bytes, size_t length);
