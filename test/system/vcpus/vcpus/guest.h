/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * A guest made by hand: one page of code, a VCPU, a thread whose exits come to main.
 */
#pragma once

#include "test/system/lib/check.h"
#include "test/system/lib/world.h"

#define GUEST_CODE               0x40000000ull
#define GUEST_TIMER_INTID(timer) ((timer) == VCPU_TIMER_VIRTUAL ? 27 : 30)

struct guest {
    sel_cap_t tcb;
    sel_cap_t vcpu;
    sel_cap_t vspace;
    sel_cap_t context;
    uint64_t badge; /* of its exits */
};

/* programs.S */
extern const char guest_sleeper[], guest_sleeper_end[];
extern const char guest_ticked[], guest_ticked_end[];
extern const char guest_taker[], guest_taker_end[];
extern const char guest_clock[], guest_clock_end[];
extern const char guest_serror[], guest_serror_end[];
extern const char guest_serror_sleeper[], guest_serror_sleeper_end[];
extern const char guest_excepted[], guest_excepted_end[];
extern const char guest_vectored[], guest_vectored_end[];
extern const char guest_trapped[], guest_trapped_end[];
extern const char guest_spinner[], guest_spinner_end[];
extern const char guest_keeper[], guest_keeper_end[];

/** The last exit. */
extern struct sel_message guest_exit;

/** The Endpoint for the exits of all guests of a test. */
void guests_begin(void);

/** Make a guest of a program; not running. */
#define guest_new(badge, program) guest_make(badge, program, program##_end)
struct guest guest_make(uint64_t badge, const char *program, const char *end);
/** Let it run from its first instruction with x0, x1. */
void guest_start(const struct guest *guest, uint64_t x0, uint64_t x1);

/** The Reply object of the last exit: what an older exit is answered by. */
extern sel_cap_t guest_reply;

/** Receive the next exit; its badge. */
uint64_t guest_wait(void);
/** Take an exit if there is one; false: there is none. */
bool guest_has_exited(void);
/** Answer the last exit: word 0, and the syndrome of an injection. */
void guest_answer(uint64_t verbs, uint64_t syndrome);
/** Answer it and put these into the first two list registers. */
void guest_answer_interrupts(uint64_t entries);
/** Word of the last exit that carries guest register x0..x6 of an HVC. */
uint64_t guest_x(uint64_t index);
uint64_t guest_hvc(void);
