/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Frame: memory that can be mapped. All there is of it is its capability; each capability has at most one mapping, kept in its word 1.
 */
#pragma once

#include "kernel/arch/arch.h"
#include "kernel/object/cap.h"
#include "kernel/object/slot.h"

static inline uint64_t frame_size_bits(struct cap frame_cap)
{
    return OBJECT_BITS_FRAME_0 + frame_cap_size(frame_cap) * CAP_FRAME_STEP_BITS;
}

/** Map the Frame of `slot`, unmapped so far; its address and size are filled in. Cannot fail after the checks of frame.map. */
void frame_map(struct slot *slot, struct vspace *vspace, struct arch_mapping mapping) LOCKED;

/** The capability goes: remove its mapping, if it has one. */
void frame_destroy(struct cap cap) LOCKED;
