/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Slots and the derivation list's links.
 */
#include "kernel/object/objects.h"

/** Make two places neighbours; NULL: an end of the list. */
static void slots_join(struct slot *front, struct slot *behind)
{
    if (front != NULL) {
        front->next = behind;
    }
    if (behind != NULL) {
        behind->prev = front;
    }
}

void slot_insert(struct slot *slot, struct cap cap, struct slot *parent)
{
    struct slot *next = parent->next;
    kassert(slot_is_empty(slot));
    slot->cap = cap;
    slots_join(parent, slot);
    slots_join(slot, next);
}

void slot_move(struct slot *to, struct slot *from, struct cap cap)
{
    kassert(slot_is_empty(to));
    to->cap = cap;
    slots_join(from->prev, to);
    slots_join(to, from->next);
    *from = (struct slot){0};
}

void slot_remove(struct slot *slot)
{
    slots_join(slot->prev, slot->next);
    *slot = (struct slot){0};
}

bool slot_has_children(const struct slot *slot)
{
    return slot->next != NULL && cap_is_parent(slot->cap, slot->next->cap);
}

bool slot_is_last(const struct slot *slot)
{
    return (slot->prev == NULL || !cap_is_same_object(slot->cap, slot->prev->cap)) &&
           (slot->next == NULL || !cap_is_same_object(slot->cap, slot->next->cap));
}
