/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Executes a compiled spec: makes its objects, capabilities, contents and mappings, in the tables' order.
 * Every function returns false after it has said, naming the spec's object, which invocation was refused and why.
 * Not here: threads and time (threads.h), and what the roottask itself keeps (give_up.h).
 */
#pragma once

#include <stdbool.h>
#include <stdint.h>

#include "roottask/boot_memory.h"
#include "roottask/spec.h"

/** Addresses of the roottask's own address space at which it maps what it must read or write for a moment. */
struct window {
    uintptr_t source; /* one page */
    uintptr_t target; /* one page */
};

/** Untypeds of the parts, then every object from its own part's Untyped. */
bool construct_objects(const struct spec *spec, struct boot_memory *memory);

/** Frames at given addresses: device registers and pages of the payload. */
bool construct_fixed_frames(const struct spec *spec, struct boot_memory *memory);

/** Interrupt handlers, then every copied and minted capability. */
bool construct_capabilities(const struct spec *spec);

/** Initial contents of writable pages. */
bool construct_contents(const struct spec *spec, const struct window *window);

bool construct_mappings(const struct spec *spec);
