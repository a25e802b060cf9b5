/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * What the roottask says on the kernel's console: whole lines, and refused invocations as sentences.
 * Not here: what faults of other threads look like (fault.h).
 */
#pragma once

#include <stdbool.h>

#include "gen/sel/invocations.h"
#include "roottask/spec.h"
#include "sel/format.h"

#define REPORT_LINE_MAX 512

/** Write a text as one line to the kernel's console, in pieces of what one invocation carries. */
void report_line(const struct sel_text *line);

/** The same for a plain string. */
void report_string(const char *string);

/** Says "roottask: cannot ACTION OBJECT: REASON". */
void report_refusal(const char *action, const char *object, const char *reason);

/** True if `error` is OK. Else says so with the sentence of the thread's last refused invocation, and returns false. */
bool report_unless_ok(sel_err_t error, const char *action, const char *object);

/** Says why spec.bin was refused. */
void report_problem(const struct spec_problem *problem);
