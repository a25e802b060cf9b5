/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * The fake architecture's own types: registers numbered as on AArch64, page tables of the same shape, guests as plain records.
 * Included through kernel/arch/arch_context.h only.
 */
#pragma once

#include <stdbool.h>
#include <stdint.h>

#include "gen/abi.h"
#include "kernel/arch/guest_timer.h"

/** x0..x30, sp, pc, pstate, tpidr_el0: the order of TCB.read_registers. */
struct arch_context {
    uint64_t reg[35];
};

struct arch_fpu_state {
    uint64_t v[64];
    uint64_t fpcr;
    uint64_t fpsr;
};

struct arch_vspace {
    uint64_t root; /* address of the level-1 table */
    bool is_dead;
    bool has_id; /* for the TLB: given when it is loaded, lost when another takes it */
};

/** What an invocation of a VCPU changed, for tests to look at. */
struct arch_vcpu {
    uint64_t reg[31];
    uint64_t entries[2];
    uint64_t lr_state;
    uint64_t timer_lines;
    uint64_t offset;
    struct guest_timer timer[2];
    uint64_t injected_syndrome;
    uint64_t injected_address;
    bool is_injected_sync;
    bool is_pending;
    bool is_notified_empty;
    bool is_masked; /* no interrupt of its timers would be signalled */
};

#define FAKE_REG_STATUS        0
#define FAKE_REG_TAG           1
#define FAKE_REG_BADGE         2
#define FAKE_REG_REPLY_STATUS  3
#define FAKE_REG_PC            32
#define FAKE_INSTRUCTION_BYTES 4
