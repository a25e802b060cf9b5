/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Untyped: Retype.
 */
#include "kernel/object/objects.h"

/* --- objects --- */

struct cap untyped_make_object(uint64_t object_type, uint64_t address, uint64_t size_bits, uint64_t kind)
{
    if (object_type == OBJECT_TYPE_UNTYPED) {
        return untyped_cap_make(address, size_bits, kind, 0, 0);
    }
    bool is_guest = object_type == OBJECT_TYPE_VSPACE_GUEST;
    struct cap cap = cap_set_type(null_cap_make(), is_guest ? CAP_TYPE_VSPACE : object_type);
    cap = cap_set_original(cap_set_rights(cap_set_object(cap, address), SEL_RIGHT_ALL), 1);
    if (object_type == OBJECT_TYPE_CNODE) {
        cap = cnode_cap_set_slot_bits(cap, size_bits - CAP_SLOT_SIZE_BITS);
    } else if (object_type == OBJECT_TYPE_FRAME) {
        cap = frame_cap_set_size(cap, (size_bits - OBJECT_BITS_FRAME_0) / CAP_FRAME_STEP_BITS);
        cap = frame_cap_set_device(cap, kind == UNTYPED_KIND_DEVICE);
    } else if (object_type == OBJECT_TYPE_VSPACE || is_guest) {
        vspace_create(address, size_bits, is_guest);
    } else if (object_type == OBJECT_TYPE_TCB) {
        tcb_create((struct tcb *)address);
    } else if (object_type == OBJECT_TYPE_VCPU) {
        vcpu_create((struct vcpu *)address);
    }
    return cap;
}

/* --- decode --- */

/** Device and preloaded memory cannot hold what the kernel itself reads. */
static bool is_type_allowed(uint64_t object_type, uint64_t kind)
{
    bool is_only_memory = object_type == OBJECT_TYPE_FRAME || object_type == OBJECT_TYPE_UNTYPED;
    return object_sizes(object_type).max != 0 && (kind == UNTYPED_KIND_RAM || is_only_memory);
}

static err_t decode_size(uint64_t object_type, uint64_t given, uint64_t *size_bits, struct err_info *info)
{
    struct object_sizes sizes = object_sizes(object_type);
    *size_bits = sizes.is_given || given != 0 ? given : sizes.min;
    err_t error = check_range(info, 2, *size_bits, sizes.min, sizes.max);
    bool is_between = error == ERR_OK && object_type == OBJECT_TYPE_FRAME &&
                      (*size_bits - OBJECT_BITS_FRAME_0) % CAP_FRAME_STEP_BITS != 0;
    return is_between ? refuse(info, ERR_INVALID_ARGUMENT, 2, given, OBJECT_BITS_FRAME_1) : error;
}

static err_t decode_places(const struct untyped_retype_op *op, struct err_info *info) LOCKED
{
    struct cap dest = op->dest->cap;
    uint64_t index = invocation_arg(op->in, 3);
    err_t error = check_range(info, 5, op->count, 0, cnode_slot_count(dest) - index);
    for (uint64_t i = 0; error == ERR_OK && i < op->count; i++) { /* bound: SEL_LIMIT_RETYPE_COUNT_MAX */
        struct slot *unused;
        error = cnode_slot(dest, index + i, 4, SLOT_MUST_EMPTY, &unused, info);
    }
    return error;
}

/** A childless Untyped starts anew: what was in it is gone, nothing is known to be zero. */
static bool starts_anew(const struct slot *slot) LOCKED
{
    return !slot_has_children(slot) && untyped_cap_free(slot->cap) != 0;
}

/** Bytes from the Untyped's beginning to the first new object. */
static uint64_t first_start(const struct slot *slot, uint64_t size_bits) LOCKED
{
    uint64_t free = starts_anew(slot) ? 0 : UNTYPED_UNIT_BYTES * untyped_cap_free(slot->cap);
    uint64_t object_size = UINT64_C(1) << size_bits;
    return (free + object_size - 1) & ~(object_size - 1);
}

static err_t decode_memory(const struct untyped_retype_op *op, struct err_info *info) LOCKED
{
    uint64_t size = UINT64_C(1) << untyped_cap_size_bits(op->in->cap);
    uint64_t start = first_start(op->in->slot, op->size_bits);
    uint64_t available = start < size ? size - start : 0;
    uint64_t needed = op->count << op->size_bits;
    return needed <= available ? ERR_OK : refuse(info, ERR_NO_MEMORY, 0, needed, available);
}

err_t decode_untyped_retype(struct untyped_retype_op *op, struct err_info *info)
{
    if (!is_type_allowed(op->object_type, untyped_cap_kind(op->in->cap))) {
        return refuse(info, ERR_INVALID_ARGUMENT, 1, op->object_type, OBJECT_TYPE_FRAME);
    }
    err_t error = decode_size(op->object_type, op->size_bits, &op->size_bits, info);
    error = error == ERR_OK ? decode_places(op, info) : error;
    error = error == ERR_OK ? decode_memory(op, info) : error;
    bool is_vspace = op->object_type == OBJECT_TYPE_VSPACE || op->object_type == OBJECT_TYPE_VSPACE_GUEST;
    bool is_refused = error == ERR_OK && is_vspace && !vspace_id_is_available(op->count);
    return is_refused ? refuse(info, ERR_NO_SPACE_ID, 5, op->count, SEL_LIMIT_SPACE_COUNT_MAX) : error;
}

/* --- invoke --- */

/** Both marks of U1, in units: nothing in front of `free` is known to be zero. */
static void marks_set(struct slot *slot, uint64_t free, uint64_t zeroed) LOCKED
{
    struct cap cap = untyped_cap_set_free(slot->cap, free);
    slot->cap = untyped_cap_set_zeroed(cap, zeroed < free ? free : zeroed);
}

/** Zero up to `end` bytes from the Untyped's beginning; progress is kept in the capability. */
static enum progress zero_until(struct slot *slot, uint64_t end) LOCKED
{
    uint64_t zeroed = UNTYPED_UNIT_BYTES * untyped_cap_zeroed(slot->cap);
    while (zeroed < end) {
        uint64_t length = end - zeroed < ZERO_CHUNK_BYTES ? end - zeroed : ZERO_CHUNK_BYTES;
        arch_zero(cap_object(slot->cap) + zeroed, length);
        zeroed += length;
        slot->cap = untyped_cap_set_zeroed(slot->cap, zeroed / UNTYPED_UNIT_BYTES);
        if (preemption_point()) {
            return PREEMPTED;
        }
    }
    return DONE;
}

enum progress invoke_untyped_retype(const struct untyped_retype_op *op)
{
    struct slot *slot = op->in->slot;
    uint64_t start = first_start(slot, op->size_bits);
    uint64_t end = start + (op->count << op->size_bits);
    bool is_zeroed = untyped_cap_kind(slot->cap) == UNTYPED_KIND_RAM && op->object_type != OBJECT_TYPE_UNTYPED;

    /* Forget what is not true any more, and give up the gap in front of the first object, so that U1 holds while zeroing. */
    marks_set(slot, start / UNTYPED_UNIT_BYTES, starts_anew(slot) ? 0 : untyped_cap_zeroed(slot->cap));
    if (is_zeroed && zero_until(slot, end) == PREEMPTED) {
        return PREEMPTED;
    }
    struct cap cap = slot->cap;
    for (uint64_t i = 0; i < op->count; i++) { /* bound: SEL_LIMIT_RETYPE_COUNT_MAX */
        uint64_t address = cap_object(cap) + start + (i << op->size_bits);
        struct cap made = untyped_make_object(op->object_type, address, op->size_bits, untyped_cap_kind(cap));
        slot_insert(&op->first[i], made, slot);
    }
    marks_set(slot, end / UNTYPED_UNIT_BYTES, untyped_cap_zeroed(cap));
    return DONE;
}
