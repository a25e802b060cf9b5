/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * VSpaces: their ids and generations, inspection. Page tables and VMIDs are the architecture's (arch.h, "address spaces").
 */
#include "kernel/object/objects.h"

#define GENERATION_MAX ((1u << 23) - 1) /* Frame capabilities keep 23 bits */

/** V2. Ids never used so far are beyond `space_used`; free ones are linked, in units of index + 1. */
static struct {
    struct vspace *vspace;
    uint32_t generation;
    uint32_t next_free;
} space_table[SEL_LIMIT_SPACE_COUNT_MAX];

static uint32_t space_used;
static uint32_t space_free;
static uint32_t space_count;

bool vspace_id_is_available(uint64_t count)
{
    return count <= SEL_LIMIT_SPACE_COUNT_MAX - space_count;
}

static uint32_t space_id_take(void)
{
    space_count++;
    if (space_free == 0) {
        kassert(space_used < SEL_LIMIT_SPACE_COUNT_MAX);
        return space_used++;
    }
    uint32_t id = space_free - 1;
    space_free = space_table[id].next_free;
    return id;
}

void vspace_create(uint64_t address, uint64_t size_bits, bool is_guest)
{
    struct vspace *vspace = (struct vspace *)address;
    vspace->space_id = space_id_take();
    vspace->space_gen = space_table[vspace->space_id].generation;
    vspace->is_guest = is_guest;
    vspace->table_count = (1ul << (size_bits - PAGE_BITS)) - VSPACE_OWN_PAGES;
    space_table[vspace->space_id].vspace = vspace;
    arch_vspace_init(vspace);
}

struct vspace *vspace_of_frame(struct cap frame_cap)
{
    uint64_t id = frame_cap_space_id(frame_cap);
    bool is_there = frame_cap_mapped(frame_cap) && space_table[id].generation == frame_cap_space_gen(frame_cap);
    return is_there ? space_table[id].vspace : NULL;
}

/** An id whose generations are used up is not given out again (it stays counted): an old Frame capability could match. */
void vspace_destroy(struct vspace *vspace)
{
    uint32_t id = vspace->space_id;
    arch_vspace_destroy(vspace);
    space_table[id].vspace = NULL;
    if (space_table[id].generation < GENERATION_MAX) {
        space_table[id].generation++;
        space_table[id].next_free = space_free;
        space_free = id + 1;
        space_count--;
    }
}

err_t decode_vspace_inspect(struct vspace_inspect_op *op, struct err_info *info)
{
    struct arch_mapping unused;
    return arch_vspace_find(op->vspace, op->address, &unused) ? ERR_OK
                                                              : refuse(info, ERR_NOT_MAPPED, 1, op->address, 0);
}

void invoke_vspace_inspect(const struct vspace_inspect_op *op, struct result *out)
{
    struct arch_mapping mapping;
    (void)arch_vspace_find(op->vspace, op->address, &mapping);
    uint64_t flags = mapping.rights | mapping.attribute << 8;
    *out = (struct result){.word = {mapping.address, mapping.physical, mapping.size_bits, flags}};
}

void invoke_vspace_status(const struct vspace_status_op *op, struct result *out)
{
    *out = (struct result){.word = {op->vspace->table_count, op->vspace->free_count, op->vspace->is_guest}};
}
