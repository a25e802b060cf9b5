/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * What is printed of a guest's end. A stopped one leaves something to look at: the exception it took last, as its EL1 registers hold it, and
 * its general registers. The VMM injects nothing on the way to such a stop, so that they are the guest's own.
 */
#pragma once

#include "vmm/services.h"

#define STOP_REPORT_LINE_BYTES 160

/** Why the guest of that name stopped, with its registers; `stop` is NULL for a power-off. */
void stop_report_print(const char *guest, const struct guest_stop *stop);
