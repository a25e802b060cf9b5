/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Frame invocations: map, unmap, protect, cache maintenance, address. Page tables themselves: arch.h, "address spaces".
 */
#include "kernel/object/objects.h"

#define MAP_RIGHTS  (SEL_RIGHT_READ | SEL_RIGHT_WRITE | SEL_RIGHT_EXECUTE)
#define ADDRESS_END (1ul << SEL_LIMIT_ADDRESS_BITS)

static uint64_t mapped_address(struct cap cap)
{
    return frame_cap_page(cap) << PAGE_BITS;
}

void frame_destroy(struct cap cap)
{
    struct vspace *vspace = vspace_of_frame(cap);
    if (vspace != NULL) {
        arch_vspace_unmap(vspace, mapped_address(cap), frame_size_bits(cap));
    }
}

/** Rights that a mapping in `vspace` may have by capability `cap`; `argument` is their place in the call. Devices are no code. */
static err_t check_rights(struct cap cap, const struct vspace *vspace, uint64_t rights, uint64_t attribute,
                          uint64_t argument, struct err_info *info)
{
    bool is_writable_code = (rights & SEL_RIGHT_WRITE) != 0 && (rights & SEL_RIGHT_EXECUTE) != 0;
    bool is_device_code = (rights & SEL_RIGHT_EXECUTE) != 0 && attribute == FRAME_ATTRIBUTE_DEVICE;
    if ((rights & ~(uint64_t)MAP_RIGHTS) != 0 || (rights & SEL_RIGHT_READ) == 0 || is_device_code ||
        (is_writable_code && !vspace->is_guest)) {
        return refuse(info, ERR_INVALID_ARGUMENT, argument, rights, MAP_RIGHTS);
    }
    return check_held(info, argument, cap, rights);
}

static err_t check_address(uint64_t address, uint64_t size_bits, struct err_info *info)
{
    uint64_t size = 1ul << size_bits;
    if (address >= ADDRESS_END || ADDRESS_END - address < size) {
        return refuse(info, ERR_OUT_OF_RANGE, 2, address, ADDRESS_END);
    }
    return (address & (size - 1)) == 0 ? ERR_OK : refuse(info, ERR_ALIGNMENT, 2, address, size);
}

/** Memory types: device memory is mapped as nothing else; RAM other than cached by single pages, which are cleaned in one step. */
static err_t check_attribute(struct cap cap, uint64_t attribute, struct err_info *info)
{
    bool is_large_ram = frame_cap_device(cap) == 0 && frame_cap_size(cap) != FRAME_SIZE_4K;
    bool is_refused = is_large_ram && attribute != FRAME_ATTRIBUTE_NORMAL;
    if (attribute > FRAME_ATTRIBUTE_DEVICE || (frame_cap_device(cap) && attribute != FRAME_ATTRIBUTE_DEVICE)) {
        return refuse(info, ERR_INVALID_ARGUMENT, 4, attribute, FRAME_ATTRIBUTE_DEVICE);
    }
    return is_refused ? refuse(info, ERR_INVALID_ARGUMENT, 4, attribute, FRAME_ATTRIBUTE_NORMAL) : ERR_OK;
}

static err_t check_tables(const struct vspace *vspace, uint64_t address, uint64_t size_bits, struct err_info *info)
{
    uint64_t needed = arch_vspace_tables_needed(vspace, address, size_bits);
    if (needed == UINT64_MAX) {
        return refuse(info, ERR_ALREADY_MAPPED, 2, address, 0);
    }
    return needed <= vspace->free_count ? ERR_OK : refuse(info, ERR_NO_TABLE_MEMORY, 1, needed, vspace->free_count);
}

err_t decode_frame_map(struct frame_map_op *op, struct err_info *info)
{
    struct cap cap = op->in->cap;
    const struct vspace *vspace = slot_object(op->vspace);
    uint64_t size_bits = frame_size_bits(cap);

    if (vspace_of_frame(cap) != NULL) {
        return refuse(info, ERR_ALREADY_MAPPED, 0, mapped_address(cap), 0);
    }
    err_t error = check_address(op->address, size_bits, info);
    error = error == ERR_OK ? check_rights(cap, vspace, op->rights, op->attribute, 3, info) : error;
    error = error == ERR_OK ? check_attribute(cap, op->attribute, info) : error;
    return error == ERR_OK ? check_tables(vspace, op->address, size_bits, info) : error;
}

void frame_map(struct slot *slot, struct vspace *vspace, struct arch_mapping mapping)
{
    uint64_t page = mapping.address >> PAGE_BITS;
    mapping.physical = cap_object(slot->cap);
    mapping.size_bits = frame_size_bits(slot->cap);
    arch_vspace_map(vspace, &mapping);
    slot->cap.word1 = frame_cap_make(0, 0, 0, 0, vspace->space_id, vspace->space_gen, page, 1).word1;
}

void invoke_frame_map(const struct frame_map_op *op)
{
    struct arch_mapping mapping = {.address = op->address, .rights = op->rights, .attribute = op->attribute};
    if (op->attribute != FRAME_ATTRIBUTE_NORMAL && frame_cap_device(op->in->cap) == 0) {
        /* The zeroes of Retype may be in the cache only: past it, the mapping would show what was there before. */
        arch_cache(CACHE_OPERATION_CLEAN_INVALIDATE, cap_object(op->in->cap), 1ul << frame_size_bits(op->in->cap));
    }
    frame_map(op->in->slot, slot_object(op->vspace), mapping);
}

err_t decode_frame_unmap(struct frame_unmap_op *op, struct err_info *info)
{
    return vspace_of_frame(op->in->cap) != NULL ? ERR_OK : refuse(info, ERR_NOT_MAPPED, 0, 0, 0);
}

void invoke_frame_unmap(const struct frame_unmap_op *op)
{
    frame_destroy(op->in->cap);
    op->in->slot->cap.word1 = 0;
}

err_t decode_frame_protect(struct frame_protect_op *op, struct err_info *info)
{
    const struct vspace *vspace = vspace_of_frame(op->in->cap);
    struct arch_mapping mapping = {0};
    if (vspace == NULL) {
        return refuse(info, ERR_NOT_MAPPED, 0, 0, 0);
    }
    (void)arch_vspace_find(vspace, mapped_address(op->in->cap), &mapping);
    return check_rights(op->in->cap, vspace, op->rights, mapping.attribute, 1, info);
}

void invoke_frame_protect(const struct frame_protect_op *op)
{
    struct cap cap = op->in->cap;
    arch_vspace_protect(vspace_of_frame(cap), mapped_address(cap), frame_size_bits(cap), op->rights);
}

/** Device memory has no lines in a cache, and the kernel does not map it. */
err_t decode_frame_cache(struct frame_cache_op *op, struct err_info *info)
{
    struct cap cap = op->in->cap;
    uint64_t size = 1ul << frame_size_bits(cap);
    if (frame_cap_device(cap)) {
        return refuse(info, ERR_INVALID_ARGUMENT, 0, 1, 0);
    }
    if (op->operation > CACHE_OPERATION_UNIFY) {
        return refuse(info, ERR_INVALID_ARGUMENT, 1, op->operation, CACHE_OPERATION_UNIFY);
    }
    uint64_t bound = size - op->offset < SEL_LIMIT_CACHE_LENGTH_MAX ? size - op->offset : SEL_LIMIT_CACHE_LENGTH_MAX;
    uint64_t needed = op->operation == CACHE_OPERATION_INVALIDATE ? SEL_RIGHT_WRITE : 0;
    err_t error = check_range(info, 2, op->offset, 0, size);
    error = error == ERR_OK ? check_range(info, 3, op->length, 0, bound) : error;
    return error == ERR_OK ? check_held(info, 0, cap, needed) : error;
}

/** Bounded by SEL_LIMIT_CACHE_LENGTH_MAX: one step. */
enum progress invoke_frame_cache(const struct frame_cache_op *op)
{
    arch_cache(op->operation, cap_object(op->in->cap) + op->offset, op->length);
    return DONE;
}

void invoke_frame_address(const struct frame_address_op *op, struct result *out)
{
    *out = (struct result){.word = {cap_object(op->in->cap), frame_size_bits(op->in->cap)}};
}
