/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Sequences on the kernel and on the model at once.
 */
#pragma once

#include <stdbool.h>
#include <stdint.h>

struct replay_counts {
    uint64_t steps;
    uint64_t calls;    /* that the kernel granted */
    uint64_t refusals; /* that it refused */
    uint64_t faults;
    uint64_t switches; /* another thread ran behind the step */
    uint64_t interrupted;
    uint64_t interrupts; /* of the device */
    uint64_t guests;     /* calls on VCPUs that the kernel granted */
    uint64_t budgets;    /* that were used up */
    uint64_t timeouts;   /* of those: that a handler was told of */
    uint64_t idle;       /* nobody did */
    uint64_t sequences;
    uint64_t ended_idle; /* before their last step: nobody will ever run */
    uint64_t ended_full; /* the model holds no more, or something is out of reach that must not be */
};
extern struct replay_counts replay_counts;

/** One sequence, at most so many steps; everything is looked at after every `interval` of them. False: a difference (`is_wanted`: as it should be). */
bool replay_sequence(uint64_t seed, uint64_t steps, uint64_t interval, bool is_wanted);
