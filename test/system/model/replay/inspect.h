/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Looking at everything that the kernel shows of the sequence's objects, and comparing it with the model: every slot of every CNode, the
 * registers of every thread, every mapping, the words of IPC buffers. What no way leads to (reach.h) is left out and counted.
 */
#pragma once

#include <stdint.h>

struct inspect_counts {
    uint64_t slots;
    uint64_t threads;
    uint64_t mappings;
    uint64_t buffers;
    uint64_t missed;
};
extern struct inspect_counts inspect_counts;

void inspect_all(void);
