/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Slots and the derivation list's links.
 */
#include "kernel/object/slot.h"

#include "kernel/debug/panic.h"
#include "kernel/object/cap.h"

static void slot_link(struct slot *slot, struct slot *prev, struct slot *next)
{
    slot->prev = prev;
    slot->next = next;
    if (prev != NULL) {
        prev->next = slot;
    }
    if (next != NULL) {
        next->prev = slot;
    }
}

void slot_insert(struct slot *slot, struct cap cap, struct slot *parent)
{
    kassert(slot_is_empty(slot));
    slot->cap = cap;
    slot_link(slot, parent, parent->next);
}

void slot_insert_root(struct slot *slot, struct cap cap)
{
    kassert(slot_is_empty(slot));
    slot->cap = cap;
    slot_link(slot, NULL, NULL);
}

void slot_move(struct slot *to, struct slot *from, struct cap cap)
{
    kassert(slot_is_empty(to));
    to->cap = cap;
    slot_link(to, from->prev, from->next);
    *from = (struct slot){0};
}

void slot_remove(struct slot *slot)
{
    if (slot->prev != NULL) {
        slot->prev->next = slot->next;
    }
    if (slot->next != NULL) {
        slot->next->prev = slot->prev;
    }
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
