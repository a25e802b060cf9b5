/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * What capdl would generate for the test's processes.
 */
#include <sel/spec.h>

static _Alignas(16) char heap[65536];

const struct sel_spec sel_spec = {
    .process_name = "runtime",
    .console_kind = SEL_CONSOLE_KERNEL,
    .console_cap = 5,
    .heap_base = (uintptr_t)heap,
    .heap_size = sizeof(heap),
};
