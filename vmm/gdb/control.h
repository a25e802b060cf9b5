/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * The debugged guest running and stopped: breakpoints, steps, and its clock, which stands while it is stopped. Nothing of gdb's protocol.
 * A step is one instruction between two stops: a breakpoint at the place it leads to, another at the vector of an exception that it may
 * cause, and no interrupts meanwhile.
 */
#pragma once

#include <stdbool.h>
#include <stdint.h>

#include "vmm/gdb/breakpoints.h"

struct vmm;

enum control_state {
    CONTROL_STOPPED,
    CONTROL_RUNNING,
    CONTROL_STEPPING,
    CONTROL_STEPPING_OVER, /* one instruction that a breakpoint lies on, then running */
    CONTROL_ENDED,
};

struct control {
    enum control_state state;
    struct breakpoints breakpoints;
    uint64_t stopped_at; /* ticks */
    uint64_t time_offset;
};

enum control_exit {
    CONTROL_EXIT_OTHER, /* not the debugger's */
    CONTROL_EXIT_GO_ON, /* the guest runs on with the reply */
    CONTROL_EXIT_STOP,  /* it stays stopped: a breakpoint, or the end of a step */
};

/** The guest stands, its thread stopped, before its first instruction. Breakpoints stay; memory and clock are new. */
void control_start(struct control *control);

/** Stop a running guest. */
void control_stop(struct control *control, struct vmm *vmm);

/** It has stopped for good. */
void control_end(struct control *control, struct vmm *vmm);

/** Of a stopped guest. */
void control_continue(struct control *control, struct vmm *vmm);

/** The same, for one instruction. `*is_done`: it is done already, the guest has not run. False, and nothing happens, if it cannot be stepped. */
bool control_step(struct control *control, struct vmm *vmm, bool *is_done);

/** Look at an exit; `words` is its message, and the reply unless it is not the debugger's. */
enum control_exit control_take_exit(struct control *control, struct vmm *vmm, uint64_t words[8]);
