/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * The kernel on arch/fake beside the model: both begin with the same small world, execute the same steps, and are compared after each.
 *
 * What a sequence comes to: nothing (they agree), a difference (text), or that it cannot be judged: the model is full, or two events came
 * due in the same tick, whose order nobody promises.
 */
#pragma once

#include <stdbool.h>
#include <stddef.h>

#include "test/model/model.h"
#include "test/model/step.h"

struct slot;
struct vspace;

/* --- the world (lockstep_world.c) --- */

#define WORLD_BASE           0x200000000000ul
#define WORLD_RAM_BITS       21 /* the Untyped of RAM */
#define WORLD_SLOT_BITS      8
#define WORLD_PRELOADED_BITS 16
#define WORLD_BOOT_BYTES     (1ul << 21)
#define WORLD_BYTES          (WORLD_BOOT_BYTES + (1ul << WORLD_RAM_BITS))
#define WORLD_FILL           0xa5a5a5a5a5a5a5a5ul
#define WORLD_INIT_PRIORITY  100

/** The slots of the beginning in the first CNode. */
enum lockstep_slot {
    SLOT_CNODE = 1,
    SLOT_VSPACE,
    SLOT_UNTYPED,
    SLOT_DEVICE,
    SLOT_PRELOADED,
    SLOT_SCHED_CONTROL,
    SLOT_IRQ_CONTROL,
    SLOT_SMC,
    SLOT_CONSOLE,
    SLOT_TCB,
    SLOT_CONTEXT,
    SLOT_BUFFER,
    SLOT_FIRST_FREE,
};

/** Both as they are at power on. */
void lockstep_begin(void);
/** On both sides: what the calls of those who wait will return is overwritten, as others may do who hold their TCBs. */
void lockstep_spoil(void);
/** The kernel executes the step; the model has not yet. */
void lockstep_kernel_step(const struct step *step);
/** System calls that took a fastpath, in all sequences so far. */
uint64_t lockstep_fast_count(void);
/** The model's first lines as boot made them: for other kernels than this one's too. */
void lockstep_model_begin(uint64_t base, uint64_t clock, uint64_t clock_hz);

/** The slot of the kernel that a place means. */
struct slot *lockstep_slot(struct model_place place);

/* What is static in the kernel's files (lockstep_kernel.c). */
void lockstep_reset_statics(void);
struct slot *lockstep_dying_first(void);
void lockstep_irq(uint64_t irq, struct model_irq *out, const void **notification);
struct vspace *lockstep_space(uint32_t space_id, uint32_t generation);

/** What the kernel said on its console in this step, and which threads it said it stopped (H8). */
struct lockstep_host {
    uint64_t console_length;
    uint8_t console[MODEL_CONSOLE_BYTES];
    uint64_t stopped_count;
    uint64_t stopped_thread;
    uint64_t stopped_fault;
    uint64_t stopped_word[3];
};
extern struct lockstep_host lockstep_host;

/* --- comparing --- */

/** The abstraction function: the kernel's state in the model's terms (lockstep_view.c). */
void lockstep_view(struct model *out);
/** The kernel's own invariants; what is broken, or NULL. */
const char *lockstep_broken(void);

/* --- running (lockstep.c) --- */

enum lockstep_result {
    LOCKSTEP_AGREE,
    LOCKSTEP_DIFFER,
    LOCKSTEP_OPEN, /* cannot be judged from here on */
};

/** One step on both, and compare. A difference is in lockstep_text(). */
enum lockstep_result lockstep_step(const struct step *step);
/** All of them from the beginning; `at` (or NULL) becomes the number of the step that ended it. */
enum lockstep_result lockstep_run(const struct step *steps, size_t count, size_t *at);
/** From now on a sequence may take so long, or it is stuck: lockstep_begin calls it. */
void lockstep_watch(void);
/** The difference found last, field by field. */
const char *lockstep_text(void);
/** The same as one NULL or text, for tests. */
const char *lockstep_replay(const struct step *steps, size_t count);

/** Stop the step that runs: something failed within the kernel (panic, invariant, signal). */
_Noreturn void lockstep_fail(const char *format, ...) __attribute__((format(printf, 1, 2)));

/** Differences of two states as text, at most `limit` bytes; returns how many there are (lockstep_diff.c). */
unsigned int lockstep_diff(const struct model *expected, const struct model *found, char *text, size_t limit);

/* --- sequences for people (lockstep_print.c) --- */

/** A step as one line of readable text. */
void lockstep_print_step(const struct step *step, char *text, size_t limit);
/** A sequence as a CMocka test, to standard output. */
void lockstep_print_test(const struct step *steps, size_t count, const char *name);

/* --- making and shrinking --- */

/** The next step of a sequence whose state the model holds; `random` is the generator's state. */
void lockstep_generate(uint64_t *random, struct step *out);
/** Forget what was planned. */
void lockstep_generate_begin(void);
uint64_t lockstep_random(uint64_t *random);

/** Make a sequence that differs shorter and its numbers smaller; returns its new count. */
size_t lockstep_shrink(struct step *steps, size_t count);
