/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Untyped: memory not yet made into objects. All of the kernel's memory comes from here, by Retype.
 *
 * Invariant U1: in [free, zeroed) an Untyped of RAM is known to be zero; all children lie below `free`.
 */
#pragma once

#include "kernel/object/slot.h"

/* `free` and `zeroed` count these. */
#define UNTYPED_UNIT_BYTES UINT64_C(32)

/**
 * Make one object of OBJECT_TYPE_x in memory (zeroed, unless a Frame, an Untyped or of a kind other than RAM) and return its original
 * capability with all rights. An Untyped's `zeroed` is 0.
 */
struct cap untyped_make_object(uint64_t object_type, uint64_t address, uint64_t size_bits, uint64_t kind) LOCKED;
