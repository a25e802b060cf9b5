/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * What the machine does with a thread's instructions besides SVC, by the model's mappings: a load or a store through the sequence's
 * address space, an undefined instruction, a fetch where there is nothing. The syndromes are the architecture's (DDI 0487, D17.2.37).
 */
#pragma once

#include <stdbool.h>
#include <stdint.h>

#include "test/model/step.h"

/** A step for the current thread: a load or a store, mostly of memory that is mapped. False: nothing is and it must not fault. */
bool access_propose(struct step *step, bool must_succeed);

/** The kind of a STEP_FAULT (AREA_KIND_x). */
uint64_t access_kind(const struct step *step);

/**
 * The model's current thread executes the instruction at its pc, if it is none of waiting for a step: a step, or one that is tried
 * again. False: it waits.
 */
bool access_execute(void);
