/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * A test process makes threads and objects of its own from the Untyped that its spec gives it. All threads share the process's address
 * space and CNode, so that one program can stand on both sides of every operation.
 * The spec must give: untyped (1M or more), authority [cnode, tcb, vspace, sched_control], free_slots (200), stack.
 * World threads have lower priority than main unless told otherwise: they run while main waits or calls.
 */
#pragma once

#include <stdbool.h>
#include <stdint.h>

#include "sel/sel.h"

#define WORLD_THREAD_MAX  8
#define WORLD_STACK_BYTES 8192
#define WORLD_TLS_BYTES   512
#define WORLD_TIMEOUT_MS                                                                                               \
    2000 /* a test that waits longer for its threads has failed; nothing is measured in this time */

SEL_USES_CAP(untyped);
SEL_USES_CAP(cnode);
SEL_USES_CAP(tcb);
SEL_USES_CAP(vspace);
SEL_USES_CAP(sched_control);

struct world_thread {
    sel_cap_t tcb;
    sel_cap_t context; /* 0 = none was given */
    sel_cap_t buffer;  /* Frame of its IPC buffer */
    uintptr_t buffer_address;
    void (*run)(void *argument);
    void *argument;
    volatile bool is_done;
    uint32_t index;
};

/** Take back everything made so far and start anew. To be called before each test. */
void world_reset(void);

/** `count` empty slots in a row. */
sel_cap_t world_slots(uint64_t count);

/** Make one object; 0 and a failed test if the kernel refuses. */
sel_cap_t world_make(uint64_t type, uint64_t size_bits);

/** A copy of an own capability with fewer rights and, if not 0, a badge. */
sel_cap_t world_mint(sel_cap_t source, uint64_t rights, uint64_t badge);

/** A scheduling context; budget = period means no limit. */
sel_cap_t world_context(uint64_t budget_ns, uint64_t period_ns);

/** A thread with IPC buffer that runs `run(argument)` once it has time and is resumed. */
struct world_thread *world_thread(void (*run)(void *), void *argument, uint64_t priority);

/** The same without setting its registers: the test does. */
struct world_thread *world_bare_thread(uint64_t priority);

/** Give the thread a context of its own (10 ms of 10 ms) and resume it. */
void world_start(struct world_thread *thread);

/** Resume it without any time: it runs on what others lend it. */
void world_start_passive(struct world_thread *thread);

/** Wait until the thread's function has returned; the test fails if it does not. */
void world_join(struct world_thread *thread);

/** Let lower threads run for a moment: main sleeps. */
void world_sleep_ms(uint64_t ms);

/** One Frame of 4 KiB mapped read-write at a free address of this process; 0 and a failed test if the kernel refuses. */
uintptr_t world_page(sel_cap_t *frame);

/** A free page-aligned address of this process within reach of its page tables. */
uintptr_t world_address(void);

/** Priority of main. */
#define WORLD_PRIORITY 100
