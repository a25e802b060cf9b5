/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Time of the sequence, as far as it can be compared. In the model nobody uses any: its clock follows the machine's, but contexts are charged
 * nothing, until the thread that runs is let run until its context's budget is over. How much of it a thread has really used before
 * is not known, only that it is about half at most; so budgets end when the supervisor wants it, and never else. What was used comes back after
 * the longest period there is: not within a sequence.
 */
#pragma once

#include <stdbool.h>
#include <stdint.h>

#define CLOCK_BUDGET_NS 20000000ul /* of a context that has not all the time there is */

/** A new sequence. */
void clock_begin(void);
/** When the next Timer of the sequence is due (MODEL_NO_DEADLINE: none is set). */
uint64_t clock_next_timer(void);
/** The model's time becomes `now`; Timers due by then go off. */
void clock_pass(uint64_t now);

/** Remember what the threads of a step may have used: to be called before it and behind it. */
void clock_step_begins(void);
void clock_step_ends(void);

/** Whether the budget of the context in use can end at all; whether it must before the next step. */
bool clock_is_limited(void);
bool clock_must_run_out(void);
/** The longest that clock_run_out takes, in ticks. */
uint64_t clock_run_out_ticks(void);
/** Thread `thread`, which runs and waits for a step, is let run until its budget is over, on both sides. False: it never is. */
bool clock_run_out(uint32_t thread);
