/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Deletion. What dies with its last capability dies flat: a CNode only joins the list of dying CNodes, a TCB's own slots never hold TCBs.
 *
 * Invariant D4: a dying CNode sits as ZOMBIE in its own slot 0, and is on the list, until its other slots are empty.
 */
#include "gen/destroy.h"

/* CNodes are at least this aligned: the ZOMBIE's link leaves these bits out. */
#define ZOMBIE_NEXT_SHIFT OBJECT_BITS_CNODE_MIN

/** Slot 0 of the first dying CNode, or NULL. */
static struct slot *dying_first;

/** The last capability of a CNode moves into the CNode itself: the CNode is dying. */
static void cnode_condemn(struct slot *slot) LOCKED
{
    struct slot *slots = (struct slot *)cap_object(slot->cap);
    uint64_t next = (uint64_t)dying_first >> ZOMBIE_NEXT_SHIFT;
    slot_move(&slots[0], slot, zombie_cap_make((uint64_t)slots, 0, cnode_slot_count(slot->cap), next));
    dying_first = &slots[0];
}

/** Empty one slot that is not, whatever it holds but the slots of a dying TCB. */
static enum progress destroy_flat(struct slot *slot) LOCKED
{
    bool is_last = slot_is_last(slot);
    if (is_last && destroy_object(slot->cap) == PREEMPTED) {
        return PREEMPTED;
    }
    if (cap_type(slot->cap) != CAP_TYPE_UNTYPED && cap_bound(slot->cap) != 0) {
        tcb_slot_cleared(slot);
    }
    if (cap_type(slot->cap) == CAP_TYPE_FRAME) {
        frame_destroy(slot->cap);
    }
    if (is_last && cap_type(slot->cap) == CAP_TYPE_CNODE) {
        cnode_condemn(slot);
    } else {
        slot_remove(slot);
    }
    return DONE;
}

static enum progress destroy_tcb_slots(struct tcb *tcb) LOCKED
{
    for (enum tcb_slot i = 0; i < TCB_SLOT_COUNT; i++) { /* bound: TCB_SLOT_COUNT */
        /* without: notification_destroy, sched_context_destroy, reply_destroy, timer_unbind, vcpu_destroy, irq_destroy, frame_destroy,
           tcb_slot_cleared/sched_block, tcb_slot_cleared/reply_forget_caller, tcb_slot_cleared/timer_event_cancel; the TCB is stopped and
           holds no such capabilities, and bound Frames are not mapped by them */
        if (!slot_is_empty(&tcb->slot[i]) && destroy_flat(&tcb->slot[i]) == PREEMPTED) {
            return PREEMPTED;
        }
    }
    return DONE;
}

enum progress destroy_slot(struct slot *slot)
{
    if (slot_is_empty(slot)) {
        return DONE;
    }
    if (cap_type(slot->cap) == CAP_TYPE_TCB && slot_is_last(slot)) {
        struct tcb *tcb = (struct tcb *)cap_object(slot->cap);
        if (tcb_destroy(tcb) == PREEMPTED || destroy_tcb_slots(tcb) == PREEMPTED) {
            return PREEMPTED;
        }
        slot_remove(slot);
    } else if (destroy_flat(slot) == PREEMPTED) {
        return PREEMPTED;
    }
    return preemption_point() ? PREEMPTED : DONE;
}

static NOINLINE enum progress destroy_all_dying(void) LOCKED
{
    while (dying_first != NULL) {
        struct slot *zombie = dying_first;
        uint64_t remaining = zombie_cap_remaining(zombie->cap) - 1;
        if (remaining == 0) { /* empty but for its ZOMBIE */
            dying_first = (struct slot *)(zombie_cap_next(zombie->cap) << ZOMBIE_NEXT_SHIFT);
            slot_remove(zombie);
        } else if (destroy_slot(&zombie[remaining]) == PREEMPTED) {
            return PREEMPTED;
        } else {
            zombie->cap = zombie_cap_set_remaining(zombie->cap, remaining);
        }
        if (preemption_point()) {
            return PREEMPTED;
        }
    }
    return DONE;
}

enum progress destroy_dying(void)
{
    return dying_first == NULL ? DONE : destroy_all_dying();
}

enum progress destroy_children(struct slot *slot)
{
    while (slot_has_children(slot)) {
        bool is_dying = cap_type(slot->next->cap) == CAP_TYPE_ZOMBIE;
        enum progress progress = is_dying ? destroy_dying() : destroy_slot(slot->next);
        if (progress == PREEMPTED || preemption_point()) {
            return PREEMPTED;
        }
    }
    return destroy_dying();
}
