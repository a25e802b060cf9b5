/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * The threads of the sequence: giving a step to the one that runs, waiting until everything that follows from it has happened, and
 * knowing of each whether it is in a step (it has not stored its registers yet) or waits for the next.
 */
#pragma once

#include <stdbool.h>
#include <stdint.h>

#include "test/model/model.h"
#include "test/model/step.h"

/** Threads that the model has and the area does not know yet begin to wait for steps. False if one is out of reach. */
bool agents_adopt(void);
/** A new sequence: thread 1 waits for its first step. */
void agents_reset(void);

/** Whether the thread has begun a step and not ended it. */
bool agent_is_in_step(uint32_t thread);

/** The registers of the model's current thread become those that it has before the step; both sides get the same. */
void agent_load(const struct step *step, uint64_t kind);
/**
 * It executes the step; returns false if it never does. `is_long`: the kernel may need longer. It is interrupted once after so many
 * ticks, wherever it is then (0 = not at all).
 */
bool agent_run(uint32_t thread, bool is_long, uint64_t interrupt_ticks);
/** Whether the kernel runs whom the model does, and nobody else, waiting for a step. */
bool agent_is_running(uint32_t thread);
/** Whether it was given a step whose results nobody has looked at; that they were. */
bool agent_is_awaited(uint32_t thread);
void agent_has_arrived(uint32_t thread);
/** What it found in its registers behind its step; it waits for the next. */
const uint64_t *agent_result(uint32_t thread);

/** Write registers `first`.. of a thread on both sides. False if its TCB is out of reach. */
bool agent_write(uint32_t thread, uint64_t first, uint64_t count, const uint64_t *value);
/** After write_registers by another thread: its program goes on as it did. */
bool agent_mend(uint32_t thread, const uint64_t before[MODEL_REGISTERS]);
