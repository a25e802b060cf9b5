/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Invariants over all capabilities together, too slow for the harness to check after each step. All of them are found through the
 * anchors of the derivation lists.
 */
#include <stdlib.h>

#include "kernel/object/cap.h"
#include "kernel/object/untyped.h"
#include "kernel/object/vspace.h"
#include "test/fuzz/kernel/kernel.h"

#define CAP_MAX 4096

static const struct slot *all[CAP_MAX];
static unsigned all_count;

/** An object's memory, each object once. */
struct extent {
    uint64_t start;
    uint64_t end;
    uint64_t type;
};

static struct extent extents[CAP_MAX];
static unsigned extent_count;

static bool has_memory(struct cap cap)
{
    uint64_t type = cap_type(cap);
    return type <= CAP_TYPE_VCPU && type != CAP_TYPE_UNTYPED && type != CAP_TYPE_SCHED_CONTROL;
}

static void add_extent(const struct slot *slot)
{
    if (has_memory(slot->cap) && !cap_is_same_object(slot->prev->cap, slot->cap)) {
        uint64_t start = cap_object(slot->cap);
        uint64_t end = start + (1ul << cap_size_bits(slot->cap));
        extents[extent_count++] = (struct extent){.start = start, .end = end, .type = cap_type(slot->cap)};
    }
}

static void collect(void)
{
    all_count = 0;
    extent_count = 0;
    for (unsigned i = 0; i < world.list_count; i++) {
        for (const struct slot *slot = world.anchor[i].next; slot != NULL; slot = slot->next) {
            fuzz_check(all_count < CAP_MAX, "more than %d capabilities: a derivation list is a ring", CAP_MAX);
            all[all_count++] = slot;
            add_extent(slot);
        }
    }
}

/* --- where capabilities are --- */

static bool is_inside(uint64_t at, uint64_t start, uint64_t size)
{
    return at >= start && at - start < size;
}

/** A dying CNode's slots count too: its ZOMBIE sits in its own slot 0. */
static bool is_slot_of(const struct slot *slot, struct cap cap)
{
    uint64_t at = (uint64_t)slot;
    uint64_t object = cap_object(cap);
    switch (cap_type(cap)) {
    case CAP_TYPE_CNODE:
        return is_inside(at, object + sizeof(*slot), (1ul << cap_size_bits(cap)) - sizeof(*slot));
    case CAP_TYPE_ZOMBIE:
        return is_inside(at, object, zombie_cap_remaining(cap) * sizeof(*slot));
    case CAP_TYPE_TCB:
        return is_inside(at, object + offsetof(struct tcb, slot), sizeof(((struct tcb *)0)->slot));
    default:
        return false;
    }
}

static void check_place(const struct slot *slot)
{
    for (unsigned i = 0; i < all_count; i++) {
        if (is_slot_of(slot, all[i]->cap)) {
            return;
        }
    }
    fuzz_fail(__FILE__, __LINE__, "a capability of type %lu is in no CNode and no TCB", cap_type(slot->cap));
}

/* --- what they name --- */

static int by_start(const void *a, const void *b)
{
    const struct extent *first = a, *second = b;
    return first->start < second->start ? -1 : first->start > second->start;
}

static void check_overlap(void)
{
    qsort(extents, extent_count, sizeof(extents[0]), by_start);
    for (unsigned i = 1; i < extent_count; i++) {
        fuzz_check(extents[i - 1].end <= extents[i].start, "objects of types %lu and %lu overlap", extents[i - 1].type,
                   extents[i].type);
    }
}

/** Whether a capability that is mapped there allows what the mapping shows. */
static bool is_allowed(const struct vspace *vspace, const struct arch_mapping *mapping)
{
    for (unsigned i = 0; i < all_count; i++) {
        struct cap cap = all[i]->cap;
        if (cap_type(cap) == CAP_TYPE_FRAME && vspace_of_frame(cap) == vspace &&
            frame_cap_page(cap) == mapping->address >> 12) {
            return cap_object(cap) == mapping->physical && cap_size_bits(cap) == mapping->size_bits &&
                   (mapping->rights & ~cap_rights(cap)) == 0 &&
                   (!frame_cap_device(cap) || mapping->attribute == FRAME_ATTRIBUTE_DEVICE);
        }
    }
    return false;
}

static unsigned mapped_count(const struct vspace *vspace)
{
    unsigned count = 0;
    for (unsigned i = 0; i < all_count; i++) {
        count += cap_type(all[i]->cap) == CAP_TYPE_FRAME && vspace_of_frame(all[i]->cap) == vspace;
    }
    return count;
}

static void check_mappings(const struct vspace *vspace)
{
    struct arch_mapping mapping;
    unsigned count = 0;
    for (uint64_t at = 0; arch_vspace_find(vspace, at, &mapping); at = mapping.address + (1ul << mapping.size_bits)) {
        fuzz_check(is_allowed(vspace, &mapping), "%lx is mapped with rights %lx, and no capability says so",
                   mapping.address, mapping.rights);
        count++;
    }
    fuzz_check(count == mapped_count(vspace), "%u mappings, but %u capabilities are mapped", count,
               mapped_count(vspace));
}

/** D1: what was made of an Untyped lies below its mark. */
static void check_untyped(const struct slot *slot)
{
    uint64_t start = cap_object(slot->cap);
    uint64_t end = start + UNTYPED_UNIT_BYTES * untyped_cap_free(slot->cap);
    fuzz_check(end - start <= 1ul << untyped_cap_size_bits(slot->cap), "an Untyped's mark is behind its end");
    for (const struct slot *child = slot->next; child != NULL && cap_is_parent(slot->cap, child->cap);
         child = child->next) {
        fuzz_check(is_inside(cap_object(child->cap), start, end - start), "an object lies in an Untyped's free part");
    }
}

void check_more(void)
{
    collect();
    check_overlap();
    for (unsigned i = 0; i < all_count; i++) {
        check_place(all[i]);
        if (cap_type(all[i]->cap) == CAP_TYPE_UNTYPED) {
            check_untyped(all[i]);
        }
        if (cap_type(all[i]->cap) == CAP_TYPE_VSPACE && !cap_is_same_object(all[i]->prev->cap, all[i]->cap)) {
            check_mappings((const struct vspace *)cap_object(all[i]->cap));
        }
    }
}
