/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Bit arithmetic shared by the VMM's models. No state, no policy. Every shift here is defined for every argument a guest can
 * cause: sizes are checked or masked before they become shift counts.
 */
#pragma once

#include <stdbool.h>
#include <stdint.h>

/** Bits [low, low + width) of value; low + width <= 64, width >= 1. */
static inline uint64_t bits_get(uint64_t value, unsigned low, unsigned width)
{
    return (value >> low) & (~0ull >> (64 - width));
}

/** The low `size` bytes (1..8) of value. */
static inline uint64_t bits_low_bytes(uint64_t value, unsigned size)
{
    return value & (~0ull >> (64 - 8 * size));
}

/** value, `width` bits wide (1..64), as a signed number. */
static inline int64_t bits_sign_extend(uint64_t value, unsigned width)
{
    return (int64_t)(value << (64 - width)) >> (64 - width);
}
