/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Where one AArch64 instruction leads if it causes no exception (Arm ARM DDI 0487, C4.1 and C6.2). Pure function of registers: branches are
 * decided here, everything else leads to the next instruction.
 */
#pragma once

#include <stdbool.h>
#include <stdint.h>

struct step_state {
    uint64_t x[32]; /* the last is the zero register */
    uint64_t pc;
    uint64_t pstate;
    uint64_t elr; /* ELR_EL1 and SPSR_EL1, for ERET */
    uint64_t spsr;
};

/** Address of the instruction after the one at pc. */
uint64_t step_next(const struct step_state *state, uint32_t instruction);

/** WFI: it may end at once (D1.6), and has no other effect. */
bool step_is_wait(uint32_t instruction);

/** It returns to AArch32. */
bool step_leaves_aarch64(const struct step_state *state, uint32_t instruction);
