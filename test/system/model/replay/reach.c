/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Ways to objects: see reach.h. A capability may lie in the supervisor's own CNode, in the first of the sequence, or in one whose
 * capability lies in one of these.
 */
#include "reach.h"

#include "stage.h"
#include "test/model/parts.h"

#define FIRST_CNODE 1
#define PAGE_BITS   12

/** Scratch slots: one for a CNode on the way, one for an object, one for a Frame. */
enum scratch {
    SCRATCH_CNODE,
    SCRATCH_OBJECT,
    SCRATCH_FRAME,
    SCRATCH_WAY,
};

static sel_cap_t scratch(enum scratch slot)
{
    return own(OWN_FIRST_SCRATCH) + slot;
}

/** Copy what lies at `place`, in a CNode that the supervisor has itself. */
static sel_cap_t copy(struct model_place place, enum scratch to)
{
    sel_cap_t cnode = place.id == HIDDEN ? sel_cap_cnode : own(OWN_CNODE);

    stage_must(sel_cnode_copy(sel_cap_cnode, scratch(to), cnode, place.index, SEL_RIGHT_ALL), "reach an object");
    return scratch(to);
}

static bool is_near(const struct model_cap *cap)
{
    return cap->place.holder == MODEL_IN_CNODE && (cap->place.id == HIDDEN || cap->place.id == FIRST_CNODE);
}

static bool fits(const struct model_cap *cap, uint32_t type, uint32_t object, uint64_t rights)
{
    return cap->type == type && cap->object == object && (cap->rights & rights) == rights;
}

static sel_cap_t reach_cnode_into(uint32_t cnode, enum scratch to)
{
    if (cnode == FIRST_CNODE) {
        return own(OWN_CNODE);
    }
    for (uint32_t i = 0; i < model.cap_count; i++) {
        if (is_near(&model.cap[i]) && fits(&model.cap[i], CAP_TYPE_CNODE, cnode, SEL_RIGHT_INSPECT)) {
            return copy(model.cap[i].place, to);
        }
    }
    return 0;
}

sel_cap_t reach_cnode(uint32_t cnode)
{
    return reach_cnode_into(cnode, SCRATCH_CNODE);
}

void reach_end(sel_cap_t cap)
{
    if (cap >= own(OWN_FIRST_SCRATCH)) {
        stage_must(sel_cnode_delete(sel_cap_cnode, cap), "give a capability back");
    }
}

/** A capability in a CNode further away. */
static sel_cap_t copy_far(const struct model_cap *cap, enum scratch to)
{
    sel_cap_t cnode = cap->place.holder == MODEL_IN_CNODE ? reach_cnode_into(cap->place.id, SCRATCH_WAY) : 0;

    if (cnode == 0) {
        return 0;
    }
    stage_must(sel_cnode_copy(sel_cap_cnode, scratch(to), cnode, cap->place.index, SEL_RIGHT_ALL), "reach an object");
    reach_end(cnode);
    return scratch(to);
}

static sel_cap_t copy_any(const struct model_cap *cap, enum scratch to)
{
    return is_near(cap) ? copy(cap->place, to) : copy_far(cap, to);
}

sel_cap_t reach_object(uint32_t type, uint32_t object, uint64_t rights)
{
    sel_cap_t found = 0;

    for (uint32_t i = 0; found == 0 && i < model.cap_count; i++) {
        if (fits(&model.cap[i], type, object, rights)) {
            found = copy_any(&model.cap[i], SCRATCH_OBJECT);
        }
    }
    return found;
}

/* --- buffers --- */

static uintptr_t window(void)
{
    return ((uintptr_t)sel_ipc_buffer & ~(uintptr_t)0x1fffff) + 0x1f0000;
}

static bool is_frame_of(const struct model_cap *cap, uint64_t address)
{
    uint64_t rights = SEL_RIGHT_READ | SEL_RIGHT_WRITE;

    return cap->type == CAP_TYPE_FRAME && cap->size_bits == PAGE_BITS && (cap->rights & rights) == rights &&
           cap->address == address >> PAGE_BITS << PAGE_BITS;
}

volatile uint64_t *reach_buffer(uint64_t address)
{
    sel_cap_t frame = 0;

    for (uint32_t i = 0; address != 0 && frame == 0 && i < model.cap_count; i++) {
        if (is_frame_of(&model.cap[i], address)) {
            frame = copy_any(&model.cap[i], SCRATCH_FRAME);
        }
    }
    if (frame == 0) {
        return NULL;
    }
    stage_must(sel_frame_map(frame, sel_cap_vspace, window(), SEL_RIGHT_READ | SEL_RIGHT_WRITE, FRAME_ATTRIBUTE_NORMAL),
               "map a buffer");
    return (volatile uint64_t *)(window() + (address & ((1ul << PAGE_BITS) - 1)));
}

void reach_buffer_end(void)
{
    reach_end(scratch(SCRATCH_FRAME));
}
