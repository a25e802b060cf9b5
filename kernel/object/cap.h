/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * What can be said about capabilities by their values alone: whose object, how large, who may be derived from whom
 * (docs/design/kernel.md, D1-D3). Not here: slots and the derivation list (object/slot.h).
 */
#pragma once

#include "kernel/lib/base.h"

/* A slot's size, and from one Frame size to the next. */
#define CAP_SLOT_SIZE_BITS  5
#define CAP_FRAME_STEP_BITS 9

/** Size of the object's memory as a power of two; 0 for capabilities without memory. Reads the object only of a VSpace. */
uint64_t cap_size_bits(struct cap cap);

/** Whether both name the same object. */
bool cap_is_same_object(struct cap a, struct cap b);

/** Whether b, which stands behind a in the derivation list, is derived from a (D1, D2, D3). */
bool cap_is_parent(struct cap a, struct cap b);

/** Whether copies of this capability may exist: not of Untyped, IRQ_CONTROL, Reply. */
bool cap_is_copyable(struct cap cap);

/** The capability as it is in a copy: not original, not bound, not mapped. */
struct cap cap_copy(struct cap cap);

/** Fewer rights; Untyped capabilities have none to lose. */
struct cap cap_restrict(struct cap cap, uint64_t rights);

/** The badge of an Endpoint or Notification capability or the function of an SMC capability; 0 for all others. */
uint64_t cap_badge(struct cap cap);

/** Whether the type can carry a badge (or function). */
bool cap_has_badge(struct cap cap);
