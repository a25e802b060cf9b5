/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Address spaces: mappings are what the Frame capabilities say; a VSpace's page tables are only counted (one for each GiB that is not
 * one mapping, one for each 2 MiB of 4 KiB mappings).
 */
#include "test/model/parts.h"

#define SPACE_END  (1ul << SEL_LIMIT_ADDRESS_BITS)
#define OWN_PAGES  2 /* of a VSpace: its header and its first table */
#define PAGE_BITS  12
#define LARGE_BITS 21
#define TOP_BITS   30

uint32_t model_mapped_in(const struct model_cap *frame)
{
    for (uint32_t id = 1; frame->type == CAP_TYPE_FRAME && frame->is_mapped && id < MODEL_VSPACES; id++) {
        const struct model_vspace *vspace = &model.vspace[id];
        if (vspace->exists && vspace->space_id == frame->space_id &&
            vspace->space_generation == frame->space_generation) {
            return id;
        }
    }
    return 0;
}

void model_vspace_destroy(uint32_t vspace)
{
    uint32_t id = model.vspace[vspace].space_id;
    if (id < MODEL_SPACE_IDS) {
        model.space_generation[id]++;
        model.space_free[model.space_free_count++] = id;
    }
    model.vspace[vspace] = (struct model_vspace){0};
}

/* --- tables --- */

uint64_t model_mapped_address(const struct model_cap *frame)
{
    return frame->page << PAGE_BITS;
}

static bool is_table_for(const struct model_cap *frame, uint64_t address, uint64_t level_bits)
{
    return frame->size_bits < level_bits && model_mapped_address(frame) >> level_bits == address >> level_bits;
}

/** Whether the VSpace has the table that divides the 2^level_bits bytes around `address`; `before` looks at so many capabilities only. */
static bool has_table(uint32_t vspace, uint64_t address, uint64_t level_bits, uint32_t before)
{
    for (uint32_t i = 0; i < before; i++) {
        if (model_mapped_in(&model.cap[i]) == vspace && is_table_for(&model.cap[i], address, level_bits)) {
            return true;
        }
    }
    return false;
}

static uint64_t tables_total(uint32_t vspace)
{
    return (1ul << (model.vspace[vspace].size_bits - PAGE_BITS)) - OWN_PAGES;
}

uint64_t model_tables_free(uint32_t vspace)
{
    uint64_t used = 0;
    for (uint32_t i = 0; i < model.cap_count; i++) {
        const struct model_cap *frame = &model.cap[i];
        if (model_mapped_in(frame) != vspace) {
            continue;
        }
        used += frame->size_bits < TOP_BITS && !has_table(vspace, model_mapped_address(frame), TOP_BITS, i);
        used += frame->size_bits < LARGE_BITS && !has_table(vspace, model_mapped_address(frame), LARGE_BITS, i);
    }
    return tables_total(vspace) - used;
}

uint64_t model_tables_needed(uint32_t vspace, uint64_t address, uint64_t size_bits)
{
    uint64_t needed = size_bits < TOP_BITS && !has_table(vspace, address, TOP_BITS, model.cap_count);
    return needed + (size_bits < LARGE_BITS && !has_table(vspace, address, LARGE_BITS, model.cap_count));
}

bool model_is_taken(uint32_t vspace, uint64_t address, uint64_t size_bits)
{
    for (uint32_t i = 0; i < model.cap_count; i++) {
        const struct model_cap *frame = &model.cap[i];
        bool overlaps = frame->type == CAP_TYPE_FRAME && model_mapped_address(frame) < address + (1ul << size_bits) &&
                        address < model_mapped_address(frame) + (1ul << frame->size_bits);
        if (overlaps && model_mapped_in(frame) == vspace) {
            return true;
        }
    }
    return false;
}

/* --- invocations --- */

/** The mapping at or above `address`, whichever comes first, or NULL. */
const struct model_cap *model_first_mapping(uint32_t vspace, uint64_t address)
{
    const struct model_cap *best = 0;
    for (uint32_t i = 0; i < model.cap_count; i++) {
        const struct model_cap *frame = &model.cap[i];
        if (model_mapped_in(frame) == vspace && model_mapped_address(frame) + (1ul << frame->size_bits) > address &&
            (best == 0 || model_mapped_address(frame) < model_mapped_address(best))) {
            best = frame;
        }
    }
    return best;
}

uint64_t model_vspace_inspect(struct model_call *call)
{
    uint64_t error = model_check_range(call, 0, 0, SPACE_END - 1);
    if (error != SEL_ERROR_OK) {
        return error;
    }
    const struct model_cap *frame = model_first_mapping(call->cap.object, call->arg[0]);
    if (frame == 0) {
        return model_refuse(call, SEL_ERROR_NOT_MAPPED, 1, call->arg[0], 0);
    }
    model_result(call, model_mapped_address(frame));
    model_result(call, frame->address);
    model_result(call, frame->size_bits);
    model_result(call, frame->map_rights | frame->map_attribute << 8);
    return SEL_ERROR_OK;
}

uint64_t model_vspace_status(struct model_call *call)
{
    model_result(call, tables_total(call->cap.object));
    model_result(call, model_tables_free(call->cap.object));
    model_result(call, model.vspace[call->cap.object].is_guest);
    return SEL_ERROR_OK;
}
