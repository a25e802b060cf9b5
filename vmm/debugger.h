/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * A debugger of the guest, as the VMM's loop meets it: gdb/ in a system that is built with one, no_debugger.c in all others.
 * What it does to the guest it does by the services that every VMM has, and by those of gdb/services.h.
 */
#pragma once

#include <stdbool.h>
#include <stdint.h>

#include "vmm/services.h"

struct vmm;

/** The guest stands before its first instruction, at its start or after a reset. True: it does not run until the debugger says so. */
bool debugger_holds_start(struct vmm *vmm);

/** An exit, before anybody else sees it. True: it was the debugger's own, and `words` is the reply to it. */
bool debugger_takes_exit(struct vmm *vmm, uint64_t words[8]);

/** Something outside happened: commands may have come. */
void debugger_poll(struct vmm *vmm);

/** The guest has ended and stays stopped. */
void debugger_tell_end(struct vmm *vmm, enum guest_end end);
