/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * A derivation list of any shape for the harnesses, and the order it must have afterwards. Where the slots lie makes no difference, so the
 * list is slot[0], slot[1], ... in order; the slots behind are empty.
 *
 * S2 is said by values: capabilities of one object stand together (slot_is_last looks at neighbours only), and whatever an unbadged
 * capability is parent of stands directly behind it. A badge's copies may stand apart (docs/design/kernel.md, "adopted").
 */
#pragma once

#include "kernel/object/objects.h"
#include "test/proof/lib/proof.h"

#define LIST_MAX   3
#define SLOT_COUNT (LIST_MAX + 1)

static struct slot slot[SLOT_COUNT];
static struct cap before[SLOT_COUNT];
static uint64_t list_length;
static uint64_t destroyed_count;

/* --- objects: what becomes of them does not touch slots --- */

static enum progress any_progress(void)
{
    bool is_done = any_bool();
    destroyed_count += is_done;
    return is_done ? DONE : PREEMPTED;
}

enum progress endpoint_destroy(struct endpoint *endpoint)
{
    (void)endpoint;
    return any_progress();
}

enum progress notification_destroy(struct notification *notification)
{
    (void)notification;
    return any_progress();
}

void reply_destroy(struct reply *reply)
{
    (void)reply;
    destroyed_count++;
}

void sched_context_destroy(struct sched_context *context)
{
    (void)context;
    destroyed_count++;
}

void timer_unbind(struct timer *timer)
{
    (void)timer;
    destroyed_count++;
}

void vspace_destroy(struct vspace *vspace)
{
    (void)vspace;
    destroyed_count++;
}

void vcpu_destroy(struct vcpu *vcpu)
{
    (void)vcpu;
    destroyed_count++;
}

void irq_destroy(uint64_t irq)
{
    (void)irq;
    destroyed_count++;
}

/** No CNode or TCB is in the list (any_list). */
static void never(void)
{
    PROVE(0, "no path of an object that is not there is taken");
    ASSUME(0);
}

enum progress tcb_destroy(struct tcb *tcb)
{
    (void)tcb;
    never();
    return DONE;
}

struct cap no_zombie(uint64_t object, uint64_t rights, uint64_t remaining, uint64_t next)
{
    (void)object;
    (void)rights;
    (void)remaining;
    (void)next;
    never();
    return null_cap_make();
}

void frame_destroy(struct cap cap)
{
    (void)cap;
}

void tcb_slot_cleared(struct slot *cleared)
{
    (void)cleared;
}

bool arch_irq_is_pending(void)
{
    return any_bool();
}

/** Types whose destruction calls one of the functions above. */
static bool is_destroyed(struct cap cap)
{
    uint64_t type = cap_type(cap);
    return type == CAP_TYPE_ENDPOINT || type == CAP_TYPE_NOTIFICATION || type == CAP_TYPE_REPLY ||
           type == CAP_TYPE_SCHED_CONTEXT || type == CAP_TYPE_TIMER || type == CAP_TYPE_VSPACE ||
           type == CAP_TYPE_VCPU || type == CAP_TYPE_IRQ_HANDLER;
}

/* --- the list --- */

static bool is_together(const struct cap *caps, uint64_t count)
{
    bool is = true;
    for (uint64_t i = 0; i < count; i++) {
        bool is_run = true;
        bool is_behind = true;
        for (uint64_t j = i + 1; j < count; j++) {
            bool is_same = cap_is_same_object(caps[i], caps[j]);
            bool is_child = cap_is_parent(caps[i], caps[j]);
            is = is && implies(is_same, is_run) && implies(is_child && cap_badge(caps[i]) == 0, is_behind);
            is_run = is_run && is_same;
            is_behind = is_behind && is_child;
        }
    }
    return is;
}

/**
 * A list of `length`, which is a constant to CBMC. Flat objects only: what a CNode or TCB takes along is not in this world.
 */
static void any_list(uint64_t length)
{
    list_length = length;
    destroyed_count = 0;
    for (uint64_t i = 0; i < SLOT_COUNT; i++) {
        struct cap cap = any_cap();
        uint64_t type = cap_type(cap);
        ASSUME(type != CAP_TYPE_NULL && type < CAP_TYPE_ZOMBIE && type != CAP_TYPE_CNODE && type != CAP_TYPE_TCB);
        ASSUME(implies(type == CAP_TYPE_UNTYPED, untyped_cap_size_bits(cap) <= OBJECT_BITS_UNTYPED_MAX));
        bool is_used = i < list_length;
        slot[i].cap = is_used ? cap : null_cap_make();
        slot[i].prev = is_used && i > 0 ? &slot[i - 1] : NULL;
        slot[i].next = i + 1 < list_length ? &slot[i + 1] : NULL;
        before[i] = slot[i].cap;
    }
    ASSUME(is_together(before, length));
}

/** The list is order[0..length) with exactly these links; every other slot is empty and out of the list (S1). */
static void prove_order(struct slot *const order[], uint64_t length)
{
    uint64_t used_count = 0;
    struct cap caps[SLOT_COUNT];
    for (uint64_t i = 0; i < SLOT_COUNT; i++) {
        caps[i] = null_cap_make();
        if (i < length) {
            struct slot *previous = i > 0 ? order[i - 1] : NULL;
            struct slot *next = i + 1 < length ? order[i + 1] : NULL;
            PROVE(order[i]->prev == previous && order[i]->next == next, "the list is linked in its order, both ways");
            PROVE(!slot_is_empty(order[i]), "no empty slot is in the list (S1)");
            caps[i] = order[i]->cap;
        }
        bool is_used = !slot_is_empty(&slot[i]);
        used_count += is_used;
        PROVE(implies(!is_used, slot[i].prev == NULL && slot[i].next == NULL), "an empty slot has no links (S1)");
    }
    PROVE(used_count == length, "every capability is in the list (S1)");
    PROVE(is_together(caps, length), "what is derived stands behind what it is derived from (S2)");
}

static bool is_unchanged(uint64_t index)
{
    return slot[index].cap.word0 == before[index].word0 && slot[index].cap.word1 == before[index].word1;
}
