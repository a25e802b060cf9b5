/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * FPU ownership and the values native processes run with (switch.c).
 */
#pragma once

#include <stdbool.h>

#include "kernel/arch/arch_context.h"
#include "kernel/smp/lock.h"

struct tcb;

void fpu_save(struct arch_fpu_state *state);
void fpu_load(const struct arch_fpu_state *state);

/** Give the FPU to `tcb`, which trapped on it; false if it may not have it. */
bool fpu_take(struct tcb *tcb) REQUIRES(kernel_lock);

/** Load what every native process runs with; `guest_leave` and boot. */
void native_registers_load(void);
