/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Capabilities: one list of all, in which each stands before what is derived from it. What a capability is the parent of follows from
 * docs/design/kernel.md, D1-D3; capabilities of different beginnings (`root`) are never related.
 */
#include "test/model/parts.h"

struct model model;

static bool same_place(struct model_place a, struct model_place b)
{
    return a.holder == b.holder && a.id == b.id && a.index == b.index;
}

static int cap_find(struct model_place place)
{
    for (uint32_t i = 0; i < model.cap_count; i++) {
        if (same_place(model.cap[i].place, place)) {
            return (int)i;
        }
    }
    return -1;
}

struct model_cap *model_cap_at(struct model_place place)
{
    int i = cap_find(place);
    return i < 0 ? 0 : &model.cap[i];
}

struct model_place model_slot(uint32_t cnode, uint64_t index)
{
    return (struct model_place){.holder = MODEL_IN_CNODE, .id = cnode, .index = (uint32_t)index};
}

struct model_place model_thread_place(uint32_t thread, enum model_thread_place index)
{
    return (struct model_place){.holder = MODEL_IN_THREAD, .id = thread, .index = index};
}

uint64_t model_slot_count(uint32_t cnode)
{
    return cnode == 0 ? 0 : 1ul << model.cnode[cnode].slot_bits;
}

uint32_t model_cspace(uint32_t thread)
{
    const struct model_cap *cap = model_cap_at(model_thread_place(thread, MODEL_CSPACE));
    return cap != 0 && cap->type == CAP_TYPE_CNODE ? cap->object : 0;
}

struct model_place model_lookup(uint32_t thread, uint64_t cptr)
{
    uint32_t cspace = model_cspace(thread);
    if (cspace == 0 || cptr == 0 || cptr >= model_slot_count(cspace) || model_cap_at(model_slot(cspace, cptr)) == 0) {
        return (struct model_place){MODEL_IN_NOTHING, 0, 0};
    }
    return model_slot(cspace, cptr);
}

/* --- relations --- */

static bool has_memory(const struct model_cap *cap)
{
    return cap->size_bits != 0;
}

static bool is_same_object(const struct model_cap *a, const struct model_cap *b)
{
    if (a->root != b->root || a->type != b->type || a->type == CAP_TYPE_UNTYPED) {
        return false;
    }
    if (a->type == CAP_TYPE_IRQ_HANDLER) {
        return a->badge == b->badge;
    }
    return a->address == b->address;
}

uint64_t model_cap_badge(const struct model_cap *cap)
{
    bool has_badge = cap->type == CAP_TYPE_ENDPOINT || cap->type == CAP_TYPE_NOTIFICATION || cap->type == CAP_TYPE_SMC;
    return has_badge ? cap->badge : 0;
}

static bool is_parent(const struct model_cap *a, const struct model_cap *b)
{
    if (a->root != b->root) {
        return false;
    }
    if (a->type == CAP_TYPE_UNTYPED) {
        return has_memory(b) && b->address >= a->address &&
               b->address - a->address + (1ul << b->size_bits) <= 1ul << a->size_bits;
    }
    if (a->type == CAP_TYPE_IRQ_CONTROL) {
        return b->type == CAP_TYPE_IRQ_HANDLER;
    }
    if (!is_same_object(a, b) || !a->is_original) {
        return false;
    }
    bool is_badged = model_cap_badge(a) != 0;
    return !is_badged || (model_cap_badge(a) == model_cap_badge(b) && !b->is_original);
}

bool model_has_children(struct model_place place)
{
    uint32_t i = (uint32_t)cap_find(place);
    return i + 1 < model.cap_count && is_parent(&model.cap[i], &model.cap[i + 1]);
}

bool model_is_last(struct model_place place)
{
    uint32_t self = (uint32_t)cap_find(place);
    for (uint32_t i = 0; i < model.cap_count; i++) {
        if (i != self && is_same_object(&model.cap[self], &model.cap[i])) {
            return false;
        }
    }
    return true;
}

/* --- changes --- */

static void insert_at(uint32_t position, struct model_cap cap)
{
    if (model.cap_count == MODEL_CAPS) {
        model.is_full = true;
        return;
    }
    for (uint32_t i = model.cap_count; i > position; i--) {
        model.cap[i] = model.cap[i - 1];
    }
    model.cap[position] = cap;
    model.cap_count++;
}

void model_cap_insert(struct model_place to, struct model_cap cap, struct model_place behind)
{
    int parent = cap_find(behind);
    cap.place = to;
    cap.root = model.cap[parent].root;
    insert_at((uint32_t)parent + 1, cap);
}

void model_cap_insert_root(struct model_place to, struct model_cap cap)
{
    cap.place = to;
    cap.root = model.cap_count + 1;
    insert_at(model.cap_count, cap);
}

void model_cap_move(struct model_place to, struct model_place from)
{
    model_cap_at(from)->place = to;
}

void model_cap_remove(struct model_place place)
{
    int i = cap_find(place);
    if (i < 0) {
        return;
    }
    model.cap_count--;
    for (uint32_t k = (uint32_t)i; k < model.cap_count; k++) {
        model.cap[k] = model.cap[k + 1];
    }
    model.cap[model.cap_count] = (struct model_cap){0};
}

bool model_is_copyable(const struct model_cap *cap)
{
    return cap->type != CAP_TYPE_UNTYPED && cap->type != CAP_TYPE_REPLY && cap->type != CAP_TYPE_IRQ_CONTROL;
}

/** Not original, and not mapped. */
struct model_cap model_cap_copy(const struct model_cap *cap)
{
    struct model_cap copy = *cap;
    copy.is_original = false;
    copy.is_mapped = false;
    copy.map_rights = 0;
    copy.map_attribute = 0;
    return copy;
}
