/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Trapped system registers of the guest: identification, debug, and those of the GIC that generate interrupts. The CPU shown is the
 * machine's own without EL2, EL3, PMU, PAC, SVE, SME, MTE. What is in no table of sysreg.c is UNDEFINED.
 */
#pragma once

#include <stdbool.h>
#include <stdint.h>

#include "vmm/arch/gic.h"

enum {
    SYSREG_BREAKPOINT_COUNT = 6, /* as Cortex-A57 has */
    SYSREG_WATCHPOINT_COUNT = 4,
    SYSREG_STORED_COUNT = 8,
};

/* Registers that only remember: hardware breakpoints and watchpoints of the guest never fire (docs/design/vmm.md). */
struct sysreg_state {
    uint64_t breakpoint[4][SYSREG_BREAKPOINT_COUNT]; /* DBGBVR, DBGBCR, DBGWVR, DBGWCR */
    uint64_t stored[SYSREG_STORED_COUNT];
    uint64_t monitor; /* MDSCR_EL1 */
    bool is_os_locked;
};

void sysreg_reset(struct sysreg_state *state);

/**
 * encoding: op0, op1, CRn, CRm, op2 at their places in a trapped MSR/MRS syndrome (Arm ARM DDI 0487, D17.2.37); other bits ignored.
 * Read: `*value` comes in as the hardware's value of an ID register. False: UNDEFINED.
 */
bool sysreg_read(struct sysreg_state *state, uint64_t encoding, uint64_t *value);
bool sysreg_write(struct sysreg_state *state, struct gic *gic, uint64_t encoding, uint64_t value);
