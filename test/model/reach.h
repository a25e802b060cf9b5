/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * What sequences reach, so that a shallow generator is seen: which system call or invocation came to which status, and which states
 * that take effort were there.
 */
#pragma once

#include <stdbool.h>
#include <stdio.h>

#include "test/model/step.h"

/** A sequence begins; after each step on the model. */
void reach_begin(void);
void reach_after(void);
/** How many different (operation, status) pairs and states were seen. */
unsigned int reach_pairs(void);
unsigned int reach_states(void);
unsigned int reach_states_known(void);
/** All of it, one line each: "pair OPERATION STATUS COUNT" (also BLOCKED, PREEMPTED), "state NAME COUNT". */
void reach_report(FILE *out);
