/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Invariants of the kernel's state after each step that the comparison cannot see: those of the unit tests' harness (check.c: how queues,
 * heaps and lists are linked, B1, B2), that no two objects share memory, that free memory is what lies behind the last child and, where
 * it is said to be, zero; and that address spaces map nothing but what capabilities say.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>

#include "kernel/arch/arch.h"
#include "kernel/object/objects.h"
#include "test/model/lockstep.h"
#include "test/unit/kernel/harness/world.h"

#define ROOTS_MAX 16

static void check_harness(void)
{
    struct slot *first[ROOTS_MAX];
    unsigned int count = 0;
    for (uint32_t i = 0; i < model.cap_count; i++) {
        if (i == 0 || model.cap[i].root != model.cap[i - 1].root) {
            first[count++] = lockstep_slot(model.cap[i].place);
        }
    }
    world_check_lists(first, count);
}

/* --- memory: the model's list, which equals the kernel's by now --- */

static uint64_t end_of(const struct model_cap *cap)
{
    return cap->address + (1ul << cap->size_bits);
}

/** Children stand behind their parent: each begins where or behind its sibling ends, and lies below `free`. */
static const char *check_untyped(uint32_t parent)
{
    const struct model_cap *untyped = &model.cap[parent];
    for (uint32_t i = parent + 1; i < model.cap_count && model.cap[i].root == untyped->root; i++) {
        const struct model_cap *cap = &model.cap[i];
        bool is_inside = cap->size_bits != 0 && cap->address >= untyped->address && end_of(cap) <= end_of(untyped);
        if (!is_inside) {
            break;
        }
        if (end_of(cap) > untyped->address + untyped->free) {
            return "an Untyped's child lies in its free memory (U1)";
        }
    }
    return NULL;
}

/** Two objects never overlap; only Untypeds contain others. */
static const char *check_overlap(uint32_t index)
{
    const struct model_cap *a = &model.cap[index];
    for (uint32_t i = index + 1; i < model.cap_count; i++) {
        const struct model_cap *b = &model.cap[i];
        bool is_apart = b->size_bits == 0 || end_of(a) <= b->address || end_of(b) <= a->address;
        bool is_same = a->address == b->address && a->type == b->type && a->size_bits == b->size_bits;
        if (!is_apart && !is_same && b->type != CAP_TYPE_UNTYPED) {
            return "two objects share memory";
        }
    }
    return NULL;
}

static const char *check_zeroed(const struct model_cap *untyped)
{
    const uint64_t *word = (const uint64_t *)(untyped->address + untyped->free);
    const uint64_t *end = (const uint64_t *)(untyped->address + untyped->zeroed);
    for (; untyped->kind == UNTYPED_KIND_RAM && word < end; word++) {
        if (*word != 0) {
            return "free memory that is said to be zero is not (U1)";
        }
    }
    return NULL;
}

static const char *check_memory(void)
{
    const char *broken = NULL;
    for (uint32_t i = 0; broken == NULL && i < model.cap_count; i++) {
        if (model.cap[i].type == CAP_TYPE_UNTYPED) {
            broken = check_untyped(i);
            broken = broken != NULL ? broken : check_zeroed(&model.cap[i]);
        } else if (model.cap[i].size_bits != 0) {
            broken = check_overlap(i);
        }
    }
    return broken;
}

/* --- address spaces --- */

static const char *check_vspace(uint32_t id)
{
    const struct vspace *vspace = (const struct vspace *)model.vspace[id].address;
    struct arch_mapping mapping = {0};
    uint64_t address = 0;
    const struct model_cap *frame;
    while ((frame = model_first_mapping(id, address)) != NULL) {
        if (!arch_vspace_find(vspace, address, &mapping) || mapping.address != frame->page << PAGE_BITS ||
            mapping.physical != frame->address) {
            return "a VSpace maps other things than its Frames' capabilities say";
        }
        address = mapping.address + (1ul << mapping.size_bits);
    }
    if (arch_vspace_find(vspace, address, &mapping)) {
        return "a VSpace maps what no capability says";
    }
    return vspace->free_count == model_tables_free(id) ? NULL : "a VSpace has another number of free tables";
}

static const char *check_spaces(void)
{
    const char *broken = NULL;
    for (uint32_t id = 1; broken == NULL && id < MODEL_VSPACES; id++) {
        broken = model.vspace[id].exists ? check_vspace(id) : NULL;
    }
    return broken;
}

const char *lockstep_broken(void)
{
    check_harness();
    const char *broken = check_memory();
    return broken != NULL ? broken : check_spaces();
}
