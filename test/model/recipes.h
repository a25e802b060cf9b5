/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Series of steps that set something up which chance alone would hardly: a thread, a guest, a device, a badge. Each is planned at once by
 * the slots that are empty then, and comes out step by step.
 */
#pragma once

#include "test/model/step.h"

/** How much (of 100) the first thread should rather plan than do something by chance. */
uint64_t recipe_wish(void);
/** Plan one series; one that makes a thread. */
void recipe_plan(void);
void recipe_plan_thread(void);
/** The next planned step, if there is one. */
bool recipe_next(struct step *out);
void recipe_forget(void);

/* Single steps by chance (generate.c). */
void generate_invocation(struct step *step);
void generate_ipc(struct step *step);
