/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * What a stopped guest leaves to look at: the exception it took last, as its EL1 registers hold it, and its general registers. The VMM
 * injects nothing on the way to such a stop, so that they are the guest's own. Only text; services.c prints it.
 */
#pragma once

#include <stdbool.h>

#include "sel/format.h"

#define STOP_REPORT_LINE_BYTES 160

/** Append the line of that index, with its end. False, and nothing, behind the last line. */
bool stop_report_line(struct sel_text *text, unsigned index);
