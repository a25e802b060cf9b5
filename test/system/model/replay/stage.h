/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * The small world that a sequence begins with, made of real objects by system calls, and the same in the model, at the same addresses.
 *
 * The supervisor (this process, above all threads of the sequence) keeps the originals of what it made and gives the sequence copies:
 * so it can look at everything later, and nothing in the sequence can take that from it. In the model those capabilities lie in CNode
 * HIDDEN, which nobody can name, each at the index that it has in the supervisor's own CNode.
 */
#pragma once

#include <stdbool.h>
#include <stdint.h>

#include "sel/sel.h"
#include "trampoline.h"

SEL_USES_CAP(untyped);
SEL_USES_CAP(cnode);
SEL_USES_CAP(tcb);
SEL_USES_CAP(vspace);
SEL_USES_CAP(sched_control);

#define HIDDEN           0
#define STAGE_PRIORITY   100
#define STAGE_MAX        253 /* nobody of the sequence comes before the supervisor */
#define STAGE_FOREVER_NS SEL_LIMIT_PERIOD_NS_MAX
#define STAGE_AREA_PAGES 11             /* one area a thread, area 0 is for the witness */
#define STAGE_PROGRAM    0x4b00000000ul /* address of the program in the sequence's address space */
#define STAGE_AREAS      (STAGE_PROGRAM + 4096)

/** Slots of the supervisor's CNode, from the first free one on. */
enum own_slot {
    OWN_WORLD,
    OWN_TIMER,
    OWN_NOTIFICATION,
    OWN_PROGRAM,
    OWN_PROGRAM_SHARED,
    OWN_AREAS,
    OWN_AREAS_SHARED = OWN_AREAS + STAGE_AREA_PAGES,
    OWN_CNODE = OWN_AREAS_SHARED + STAGE_AREA_PAGES,
    OWN_VSPACE,
    OWN_TCB,
    OWN_CONTEXT,
    OWN_BUFFER,
    OWN_FIRST_SCRATCH,
    OWN_COUNT = OWN_FIRST_SCRATCH + 4,
};

/** The capability in an own slot (enum own_slot). */
sel_cap_t own(uint32_t slot);

/** Once: what all sequences share (timer, program, areas). */
void stage_build(void);
/** The world of a new sequence, in the kernel and in the model; thread 1 runs. */
void stage_begin(void);

/** An area as the supervisor sees it; its address as its thread does. */
struct area *stage_area(uint32_t thread);
uint64_t stage_area_address(uint32_t thread);
/** The address of a place of the program, in the sequence's address space. */
uint64_t stage_program(const uint8_t *place);
/** Who said last that it runs (0 = nobody since it was cleared). */
uint32_t stage_witness(void);
void stage_clear_witness(void);

/** Let others run for so many ticks; how many they have had in all. */
void stage_pause(uint64_t ticks);
uint64_t stage_paused(void);

/** A system call of the supervisor that nothing can refuse. */
void stage_must(sel_err_t error, const char *what);
