/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Telling differences between the kernel and the model, and comparing what a thread finds in its registers. What is not compared, because
 * it depends on when exactly something happened or on numbers that the machine chooses, is taken over from the kernel into the model:
 * consumed time; x0, x1, pc and NZCV of a thread that waits for a step; the numbers of address spaces (but equal ones stay equal).
 */
#pragma once

#include <stdbool.h>
#include <stdint.h>

#include "test/model/step.h"

/** Forget differences; a new sequence of this name begins. Where a difference `is_wanted`, it is neither told nor a failure. */
void compare_begin(uint64_t seed, bool is_wanted);
/** The number of the step that runs, for messages. */
void compare_at(uint64_t number, const struct step *step);
bool compare_has_differed(void);
/** What, of which object, which part of it. The first few are told on the console. */
void differ(const char *what, uint64_t object, uint64_t part, uint64_t found, uint64_t wanted);
/** differ() if they do. */
void same(const char *what, uint64_t object, uint64_t part, uint64_t found, uint64_t wanted);

/** The second word of a Frame's capability: the VSpace's number and generation are the machine's own. */
bool compare_frame_words(uint64_t found, uint64_t wanted);

/** Whether register `index` of a thread depends on when exactly something happened, or is one that a fastpath leaves as it happens to be. */
bool compare_is_volatile(uint32_t thread, uint64_t index);
/** Before a step: remember which of its results will not be comparable. */
void compare_excuse(const struct step *step);
/** Behind it, its thread waits again: take those over. */
void compare_take_over(uint32_t thread);
/** All registers of a thread that has ended its step. */
void compare_result(uint32_t thread);
