/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Frames: each capability has at most one mapping, with rights within its own.
 */
#include "test/model/parts.h"

#define MAP_RIGHTS (SEL_RIGHT_READ | SEL_RIGHT_WRITE | SEL_RIGHT_EXECUTE)
#define SPACE_END  (1ul << SEL_LIMIT_ADDRESS_BITS)
#define PAGE_BITS  12

static uint64_t check_map_rights(struct model_call *call, uint32_t index, uint32_t vspace, uint64_t attribute)
{
    uint64_t rights = call->arg[index];
    bool is_writable_code = (rights & SEL_RIGHT_WRITE) != 0 && (rights & SEL_RIGHT_EXECUTE) != 0;
    bool is_possible = (rights | MAP_RIGHTS) == MAP_RIGHTS && (rights & SEL_RIGHT_READ) != 0;
    if ((rights & SEL_RIGHT_EXECUTE) != 0 && attribute == FRAME_ATTRIBUTE_DEVICE) { /* no code in a device */
        is_possible = false;
    }
    if (!is_possible || (is_writable_code && !model.vspace[vspace].is_guest)) {
        return model_refuse(call, SEL_ERROR_INVALID_ARGUMENT, index + 1, rights, MAP_RIGHTS);
    }
    bool is_held = (rights & call->cap.rights) == rights;
    return is_held ? SEL_ERROR_OK : model_refuse(call, SEL_ERROR_RIGHTS, index + 1, call->cap.rights, rights);
}

static uint64_t check_address(struct model_call *call)
{
    uint64_t address = call->arg[1];
    uint64_t size = 1ul << call->cap.size_bits;
    if (address > SPACE_END - size) {
        return model_refuse(call, SEL_ERROR_OUT_OF_RANGE, 2, address, SPACE_END);
    }
    return address % size == 0 ? SEL_ERROR_OK : model_refuse(call, SEL_ERROR_ALIGNMENT, 2, address, size);
}

/** Device memory is mapped as nothing else; RAM in large frames is cached. */
static uint64_t check_attribute(struct model_call *call)
{
    uint64_t attribute = call->arg[3];
    bool is_device = call->cap.kind != 0;
    if (attribute > FRAME_ATTRIBUTE_DEVICE || (is_device && attribute != FRAME_ATTRIBUTE_DEVICE)) {
        return model_refuse(call, SEL_ERROR_INVALID_ARGUMENT, 4, attribute, FRAME_ATTRIBUTE_DEVICE);
    }
    if (!is_device && call->cap.size_bits != PAGE_BITS && attribute != FRAME_ATTRIBUTE_NORMAL) {
        return model_refuse(call, SEL_ERROR_INVALID_ARGUMENT, 4, attribute, FRAME_ATTRIBUTE_NORMAL);
    }
    return SEL_ERROR_OK;
}

static uint64_t check_tables(struct model_call *call, uint32_t vspace)
{
    uint64_t address = call->arg[1];
    if (model_is_taken(vspace, address, call->cap.size_bits)) {
        return model_refuse(call, SEL_ERROR_ALREADY_MAPPED, 2, address, 0);
    }
    uint64_t needed = model_tables_needed(vspace, address, call->cap.size_bits);
    uint64_t available = model_tables_free(vspace);
    return needed <= available ? SEL_ERROR_OK : model_refuse(call, SEL_ERROR_NO_TABLE_MEMORY, 1, needed, available);
}

static void cache(uint64_t operation, uint64_t address, uint64_t length)
{
    model.machine.cache_count++;
    model.machine.cache_operation = operation;
    model.machine.cache_address = address;
    model.machine.cache_length = length;
}

uint64_t model_frame_map(struct model_call *call)
{
    uint64_t error = model_check_cap(call, 0, CAP_TYPE_VSPACE, 0);
    uint32_t vspace = error ? 0 : model_argument_object(call, 0);
    if (error == SEL_ERROR_OK && model_mapped_in(&call->cap) != 0) {
        error = model_refuse(call, SEL_ERROR_ALREADY_MAPPED, 0, model_mapped_address(&call->cap), 0);
    }
    error = error ? error : check_address(call);
    error = error ? error : check_map_rights(call, 2, vspace, call->arg[3]);
    error = error ? error : check_attribute(call);
    error = error ? error : check_tables(call, vspace);
    if (error != SEL_ERROR_OK) {
        return error;
    }
    struct model_cap *frame = model_cap_at(call->place);
    if (call->arg[3] != FRAME_ATTRIBUTE_NORMAL && frame->kind == 0) { /* no line of it may be left in a cache */
        cache(CACHE_OPERATION_CLEAN_INVALIDATE, frame->address, 1ul << frame->size_bits);
    }
    frame->is_mapped = true;
    frame->space_id = model.vspace[vspace].space_id;
    frame->space_generation = model.vspace[vspace].space_generation;
    frame->page = call->arg[1] >> PAGE_BITS;
    frame->map_rights = (uint32_t)call->arg[2];
    frame->map_attribute = (uint32_t)call->arg[3];
    return SEL_ERROR_OK;
}

uint64_t model_frame_unmap(struct model_call *call)
{
    if (model_mapped_in(&call->cap) == 0) {
        return model_refuse(call, SEL_ERROR_NOT_MAPPED, 0, 0, 0);
    }
    struct model_cap *frame = model_cap_at(call->place);
    frame->is_mapped = false;
    frame->space_id = 0;
    frame->space_generation = 0;
    frame->page = 0;
    return SEL_ERROR_OK;
}

uint64_t model_frame_protect(struct model_call *call)
{
    uint32_t vspace = model_mapped_in(&call->cap);
    if (vspace == 0) {
        return model_refuse(call, SEL_ERROR_NOT_MAPPED, 0, 0, 0);
    }
    uint64_t error = check_map_rights(call, 0, vspace, model_cap_at(call->place)->map_attribute);
    if (error == SEL_ERROR_OK) {
        model_cap_at(call->place)->map_rights = (uint32_t)call->arg[0];
    }
    return error;
}

static uint64_t check_cache_range(struct model_call *call)
{
    uint64_t size = 1ul << call->cap.size_bits;
    uint64_t offset = call->arg[1];
    if (offset > size) {
        return model_refuse(call, SEL_ERROR_OUT_OF_RANGE, 2, offset, size);
    }
    uint64_t bound = size - offset < SEL_LIMIT_CACHE_LENGTH_MAX ? size - offset : SEL_LIMIT_CACHE_LENGTH_MAX;
    return call->arg[2] <= bound ? SEL_ERROR_OK : model_refuse(call, SEL_ERROR_OUT_OF_RANGE, 3, call->arg[2], bound);
}

uint64_t model_frame_cache(struct model_call *call)
{
    uint64_t operation = call->arg[0];
    if (call->cap.kind != 0) {
        return model_refuse(call, SEL_ERROR_INVALID_ARGUMENT, 0, 1, 0);
    }
    if (operation > CACHE_OPERATION_UNIFY) {
        return model_refuse(call, SEL_ERROR_INVALID_ARGUMENT, 1, operation, CACHE_OPERATION_UNIFY);
    }
    uint64_t error = check_cache_range(call);
    if (error == SEL_ERROR_OK && operation == CACHE_OPERATION_INVALIDATE) {
        error = model_check_rights(call, SEL_RIGHT_WRITE);
    }
    if (error == SEL_ERROR_OK) {
        cache(operation, call->cap.address + call->arg[1], call->arg[2]);
    }
    return error;
}

uint64_t model_frame_address(struct model_call *call)
{
    model_result(call, call->cap.address);
    model_result(call, call->cap.size_bits);
    return SEL_ERROR_OK;
}
