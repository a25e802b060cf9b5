/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Pending interrupts kept from a guest for the one instruction that it steps, so that a step is not a step into a handler. What it serves
 * stays active. The guest does not run meanwhile.
 */
#pragma once

struct vmm;

void hold_interrupts(struct vmm *vmm);
void hold_end(struct vmm *vmm);
