/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * The audit of `sel run --audit`: reads the live capability and mapping state back from the kernel and compares it with the
 * compiled spec, one line a difference. It runs before anything is started, while the roottask still has the right to look.
 * What it cannot see: bindings inside TCBs and scheduling contexts, which no inspection shows.
 */
#pragma once

#include <stdint.h>

#include "roottask/boot_memory.h"
#include "roottask/spec.h"

struct audit {
    const struct spec *spec;
    uint64_t capability_count;
    uint64_t mapping_count;
    uint64_t difference_count;
};

/** Compare the CNodes and VSpaces that the spec made. Before give_up. */
void audit_system(struct audit *audit, const struct spec *spec);

/** Compare the roottask's own CNode with what the spec leaves it, and print the closing line. After give_up. */
void audit_own(struct audit *audit, const struct boot_memory *memory);
