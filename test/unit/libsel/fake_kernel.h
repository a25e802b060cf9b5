/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * System calls as a test sees them: what was asked is recorded, what is answered is scripted. One test program, one fake.
 */
#pragma once

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <sel/sel.h>

/** What the last message-carrying system call was given. */
struct fake_call {
    unsigned syscall; /* SYSCALL_x */
    sel_cap_t cap;
    sel_cap_t reply;
    sel_cap_t second;
    uint64_t tag;
    uint64_t words[MESSAGE_REGISTER_WORDS];
};

/** What the next one answers. */
struct fake_answer {
    sel_err_t error;
    sel_err_t reply_status;
    uint64_t tag;
    uint64_t badge;
    uint64_t words[MESSAGE_REGISTER_WORDS];
};

#define FAKE_MAX 64

/** All calls so far, and the script; beyond its end every call answers `fake_default`. */
extern struct fake_call fake_calls[FAKE_MAX];
extern unsigned fake_call_count;
extern struct fake_answer fake_answers[FAKE_MAX];
extern unsigned fake_answer_count;
extern struct fake_answer fake_default;

/** What the process is told of itself; writable here. */
extern struct sel_spec fake_spec;

/** Value of the system counter, and of its frequency. */
extern uint64_t fake_ticks;
extern uint64_t fake_frequency_hz;

/** Forget calls and script. A CMocka set-up function. */
int fake_reset(void **state);
