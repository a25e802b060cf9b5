/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * What the cycle counter counts: cycles of a processor, or what an emulator puts there. QEMU's follows its virtual time at 1 GHz: without -icount
 * that is the host's clock, with -icount shift=0 it is the instructions executed.
 */
#pragma once

#define PROBE_LENGTH 1000 /* instructions of a chain */

#ifndef __ASSEMBLER__
#include <stdbool.h>
#include <stdint.h>

enum counter_kind {
    COUNTER_CYCLES,
    COUNTER_INSTRUCTIONS,
    COUNTER_CLOCK,
    COUNTER_STOPPED,
};

/* The least and the most of some readings, without the reading's own cost. */
struct counter_range {
    uint64_t least;
    uint64_t most;
};

struct counter_facts {
    bool is_emulators_board; /* by its device tree */
    struct counter_range additions;
    struct counter_range divisions;
    uint64_t sleep_count; /* by the counter while nobody ran */
    uint64_t sleep_ns;    /* by the clock */
};

/**
 * Cycles only where nothing speaks against them. No processor divides as fast as it adds, so that both chains taking one count an instruction, each
 * time, are instructions counted. A counter that goes on at exactly 1 GHz while the processor waits is QEMU's clock on any board.
 */
enum counter_kind counter_judge(const struct counter_facts *facts);
#endif
