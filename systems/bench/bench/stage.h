/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * What a row is staged with: address spaces that hold a page or two of programs, threads that run one, and the objects they use, all from
 * one Untyped, whose revocation ends the row. Threads have lower priority than main: they run while main sleeps, and only then.
 * Nothing here is measured. Whatever the kernel refuses ends the run with a sentence.
 */
#pragma once

#include <stdint.h>

#include "sel/sel.h"

#define STAGE_PRIORITY       100 /* of a row's threads; the rows that need another say so */
#define STAGE_ARGUMENT_FIRST 19  /* x19.. */
#define STAGE_ARGUMENT_MAX   6

SEL_USES_CAP(untyped);
SEL_USES_CAP(cnode);
SEL_USES_CAP(tcb);
SEL_USES_CAP(vspace);
SEL_USES_CAP(sched_control);

/* Pages of programs, between labels of programs.inc. */
struct programs {
    const char *start;
    const char *end;
};

#define PROGRAMS(name)                                                                                                 \
    extern const char name[], name##_end[];                                                                            \
    static const struct programs name##_pages = {name, name##_end}

#define PROGRAM(name) extern const char name[]

struct stage_thread {
    sel_cap_t tcb;
    sel_cap_t context;
    sel_cap_t buffer; /* Frame of its IPC buffer */
};

/** End the run unless `error` is none. */
void stage_must(sel_err_t error, const char *what);

/** Take back everything and start anew. */
void stage_clear(void);

sel_cap_t stage_slots(uint64_t count);
sel_cap_t stage_make(uint64_t type, uint64_t size_bits);
sel_cap_t stage_make_many(uint64_t type, uint64_t size_bits, uint64_t count); /* the first of `count` in a row */
sel_cap_t stage_copy(sel_cap_t source, uint64_t rights, uint64_t badge);

/** A native address space that holds `programs`. */
sel_cap_t stage_space(const struct programs *programs);
/** The same for a guest, with the programs at the intermediate physical addresses they are linked at. */
sel_cap_t stage_guest_space(const struct programs *programs);

/** A thread in `space` at `program`, with arguments x19.., x1 = tag, an IPC buffer, and a context that never runs out; not started. */
struct stage_thread stage_thread(sel_cap_t space, const char *program, uint64_t priority, uint64_t tag,
                                 const uint64_t *arguments, uint64_t count);

#define STAGE_THREAD(space, program, priority, tag, ...)                                                               \
    stage_thread(space, program, priority, tag, (const uint64_t[]){__VA_ARGS__},                                       \
                 sizeof((const uint64_t[]){__VA_ARGS__}) / sizeof(uint64_t))

/** Write word `index` of the thread's IPC buffer. */
void stage_write_buffer(const struct stage_thread *thread, uint64_t index, uint64_t value);

/** Let it run when main sleeps. */
void stage_start(const struct stage_thread *thread);

/** Let it run until it waits, then take its context: from now on it runs on its callers' time. */
void stage_start_passive(const struct stage_thread *thread);

/** Let the row's threads run for so many microseconds of the machine's time, 1,000 instructions each. */
void stage_run_us(uint64_t us);
