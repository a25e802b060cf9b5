/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Slot: where a capability lives, and its place in the derivation list (docs/design/kernel.md, D1-D3).
 *
 * Invariant S1: a slot is in the list exactly while its capability is not NULL.
 * Invariant S2: the list is in preorder: behind each capability come its descendants, then its later relatives.
 */
#pragma once

#include "kernel/lib/base.h"

struct slot {
    struct cap cap;
    struct slot *prev;
    struct slot *next;
};

_Static_assert(sizeof(struct slot) == SEL_LIMIT_SLOT_BYTES, "slot size is ABI");

static inline bool slot_is_empty(const struct slot *slot)
{
    return cap_type(slot->cap) == CAP_TYPE_NULL;
}

/** The object its capability names. */
static inline void *slot_object(const struct slot *slot)
{
    return (void *)cap_object(slot->cap);
}

/** Put `cap` into the empty `slot`, directly behind `parent` in the derivation list. */
void slot_insert(struct slot *slot, struct cap cap, struct slot *parent) LOCKED;

/** Put the first capability of its kind (made at boot) into the empty `slot`, as a root. */
static inline void slot_insert_root(struct slot *slot, struct cap cap) LOCKED
{
    *slot = (struct slot){.cap = cap};
}

/** Move the capability of `from` to the empty slot `to`, with value `cap`; the place in the list goes with it. */
void slot_move(struct slot *to, struct slot *from, struct cap cap) LOCKED;

/** Take the capability out: unlink and clear. Does not destroy the object (object/destroy.h). */
void slot_remove(struct slot *slot) LOCKED;

/** Whether anything is derived from this capability. */
bool slot_has_children(const struct slot *slot) LOCKED;

/** Whether no other capability names this one's object. */
bool slot_is_last(const struct slot *slot) LOCKED;
