/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Memory becomes objects: Retype. An Untyped gives its memory out from the beginning to the end; once nothing is derived from it, it
 * starts anew. What is made of RAM, but Untypeds, begins as zeros.
 */
#include "test/model/parts.h"

#define UNTYPED_BITS_MIN 6
#define UNTYPED_BITS_MAX 36
#define ZERO_CHUNK       16384 /* between two looks at interrupts */
#define UNIT             32    /* what an Untyped gives out is counted in */

/* --- the ids of objects --- */

#define NEW_OBJECT(kind, count)                                                                                        \
    static uint32_t new_##kind(uint64_t address)                                                                       \
    {                                                                                                                  \
        for (uint32_t id = 1; id < (count); id++) {                                                                    \
            if (!model.kind[id].exists) {                                                                              \
                model.kind[id].exists = true;                                                                          \
                model.kind[id].address = address;                                                                      \
                return id;                                                                                             \
            }                                                                                                          \
        }                                                                                                              \
        model.is_full = true;                                                                                          \
        return 0;                                                                                                      \
    }

NEW_OBJECT(cnode, MODEL_CNODES)
NEW_OBJECT(thread, MODEL_THREADS)
NEW_OBJECT(endpoint, MODEL_ENDPOINTS)
NEW_OBJECT(notification, MODEL_NOTIFICATIONS)
NEW_OBJECT(reply, MODEL_REPLIES)
NEW_OBJECT(context, MODEL_CONTEXTS)
NEW_OBJECT(timer, MODEL_TIMERS)
NEW_OBJECT(vspace, MODEL_VSPACES)
NEW_OBJECT(vcpu, MODEL_VCPUS)

static uint32_t object_new(uint64_t object_type, uint64_t address)
{
    switch (object_type) {
    case OBJECT_TYPE_CNODE:
        return new_cnode(address);
    case OBJECT_TYPE_TCB:
        return new_thread(address);
    case OBJECT_TYPE_ENDPOINT:
        return new_endpoint(address);
    case OBJECT_TYPE_NOTIFICATION:
        return new_notification(address);
    case OBJECT_TYPE_REPLY:
        return new_reply(address);
    case OBJECT_TYPE_SCHED_CONTEXT:
        return new_context(address);
    case OBJECT_TYPE_TIMER:
        return new_timer(address);
    case OBJECT_TYPE_VSPACE:
    case OBJECT_TYPE_VSPACE_GUEST:
        return new_vspace(address);
    case OBJECT_TYPE_VCPU:
        return new_vcpu(address);
    default:
        return 0;
    }
}

/** Numbers of VSpaces: the one freed last is given first; each use of a number is a generation of it. */
static void vspace_number(struct model_vspace *vspace)
{
    if (model.space_free_count > 0) {
        vspace->space_id = model.space_free[--model.space_free_count];
    } else {
        vspace->space_id = model.space_used++;
    }
    if (vspace->space_id >= MODEL_SPACE_IDS) {
        model.is_full = true;
        return;
    }
    vspace->space_generation = model.space_generation[vspace->space_id];
}

struct model_cap model_make(uint64_t object_type, uint64_t address, uint64_t size_bits, uint64_t kind)
{
    bool is_vspace = object_type == OBJECT_TYPE_VSPACE || object_type == OBJECT_TYPE_VSPACE_GUEST;
    struct model_cap cap = {
        .address = address,
        .type = is_vspace ? CAP_TYPE_VSPACE : (uint32_t)object_type,
        .size_bits = (uint32_t)size_bits,
    };
    if (object_type == OBJECT_TYPE_UNTYPED) {
        cap.kind = (uint32_t)kind;
        return cap;
    }
    cap.rights = SEL_RIGHT_ALL;
    cap.is_original = true;
    cap.kind = object_type == OBJECT_TYPE_FRAME && kind == UNTYPED_KIND_DEVICE;
    cap.object = object_new(object_type, address);
    if (object_type == OBJECT_TYPE_CNODE) {
        model.cnode[cap.object].slot_bits = (uint32_t)size_bits - 5;
    } else if (is_vspace) {
        model.vspace[cap.object].size_bits = (uint32_t)size_bits;
        model.vspace[cap.object].is_guest = object_type == OBJECT_TYPE_VSPACE_GUEST;
        vspace_number(&model.vspace[cap.object]);
    }
    return cap;
}

/* --- what may be asked for --- */

struct sizes {
    uint64_t min; /* 0: no such type */
    uint64_t max;
};

static struct sizes sizes_of(uint64_t object_type)
{
    switch (object_type) {
    case OBJECT_TYPE_UNTYPED:
        return (struct sizes){UNTYPED_BITS_MIN, UNTYPED_BITS_MAX};
    case OBJECT_TYPE_CNODE:
        return (struct sizes){OBJECT_BITS_CNODE_MIN, OBJECT_BITS_CNODE_MAX};
    case OBJECT_TYPE_TCB:
        return (struct sizes){OBJECT_BITS_TCB, OBJECT_BITS_TCB};
    case OBJECT_TYPE_ENDPOINT:
        return (struct sizes){OBJECT_BITS_ENDPOINT, OBJECT_BITS_ENDPOINT};
    case OBJECT_TYPE_NOTIFICATION:
        return (struct sizes){OBJECT_BITS_NOTIFICATION, OBJECT_BITS_NOTIFICATION};
    case OBJECT_TYPE_REPLY:
        return (struct sizes){OBJECT_BITS_REPLY, OBJECT_BITS_REPLY};
    case OBJECT_TYPE_SCHED_CONTEXT:
        return (struct sizes){OBJECT_BITS_SCHED_CONTEXT, OBJECT_BITS_SCHED_CONTEXT};
    case OBJECT_TYPE_TIMER:
        return (struct sizes){OBJECT_BITS_TIMER, OBJECT_BITS_TIMER};
    case OBJECT_TYPE_VSPACE:
    case OBJECT_TYPE_VSPACE_GUEST:
        return (struct sizes){OBJECT_BITS_VSPACE_MIN, OBJECT_BITS_VSPACE_MAX};
    case OBJECT_TYPE_FRAME:
        return (struct sizes){OBJECT_BITS_FRAME_0, OBJECT_BITS_FRAME_2};
    case OBJECT_TYPE_VCPU:
        return (struct sizes){OBJECT_BITS_VCPU, OBJECT_BITS_VCPU};
    default:
        return (struct sizes){0, 0};
    }
}

/** The size argument may be 0 where there is only one size. */
static uint64_t object_bits(const struct model_call *call)
{
    struct sizes sizes = sizes_of(call->arg[0]);
    return call->arg[1] == 0 && sizes.min == sizes.max ? sizes.min : call->arg[1];
}

/** Device and preloaded memory makes Frames and Untypeds only. */
static uint64_t check_type_and_size(struct model_call *call)
{
    uint64_t type = call->arg[0];
    struct sizes sizes = sizes_of(type);
    bool is_memory = type == OBJECT_TYPE_FRAME || type == OBJECT_TYPE_UNTYPED;
    if (sizes.min == 0 || (call->cap.kind != UNTYPED_KIND_RAM && !is_memory)) {
        return model_refuse(call, SEL_ERROR_INVALID_ARGUMENT, 1, type, OBJECT_TYPE_FRAME);
    }
    uint64_t bits = object_bits(call);
    if (bits < sizes.min) {
        return model_refuse(call, SEL_ERROR_OUT_OF_RANGE, 2, call->arg[1], sizes.min);
    }
    if (bits > sizes.max) {
        return model_refuse(call, SEL_ERROR_OUT_OF_RANGE, 2, call->arg[1], sizes.max);
    }
    bool is_frame_size = bits == OBJECT_BITS_FRAME_0 || bits == OBJECT_BITS_FRAME_1 || bits == OBJECT_BITS_FRAME_2;
    if (type == OBJECT_TYPE_FRAME && !is_frame_size) {
        return model_refuse(call, SEL_ERROR_INVALID_ARGUMENT, 2, call->arg[1], OBJECT_BITS_FRAME_1);
    }
    return SEL_ERROR_OK;
}

static uint64_t check_places(struct model_call *call, uint32_t dest)
{
    uint64_t index = call->arg[3];
    uint64_t count = call->arg[4];
    uint64_t slots = model_slot_count(dest);
    if (count > slots - index) {
        return model_refuse(call, SEL_ERROR_OUT_OF_RANGE, 5, count, slots - index);
    }
    for (uint64_t i = 0; i < count; i++) {
        const struct model_cap *found = model_cap_at(model_slot(dest, index + i));
        if (found != 0) {
            return model_refuse(call, SEL_ERROR_SLOT_OCCUPIED, 4, index + i, found->type);
        }
    }
    return SEL_ERROR_OK;
}

/** Where the first new object would begin, from the Untyped's beginning. */
static uint64_t first_offset(const struct model_call *call)
{
    uint64_t size = 1ul << object_bits(call);
    uint64_t free = model_has_children(call->place) ? model_cap_at(call->place)->free : 0;
    return (free + size - 1) / size * size;
}

static uint64_t check_memory(struct model_call *call)
{
    uint64_t size = 1ul << call->cap.size_bits;
    uint64_t start = first_offset(call);
    uint64_t available = start < size ? size - start : 0;
    uint64_t needed = call->arg[4] << object_bits(call);
    return needed <= available ? SEL_ERROR_OK : model_refuse(call, SEL_ERROR_NO_MEMORY, 0, needed, available);
}

static uint64_t check_space_ids(struct model_call *call)
{
    bool is_vspace = call->arg[0] == OBJECT_TYPE_VSPACE || call->arg[0] == OBJECT_TYPE_VSPACE_GUEST;
    uint64_t alive = model.space_used - model.space_free_count;
    if (is_vspace && call->arg[4] > SEL_LIMIT_SPACE_COUNT_MAX - alive) {
        return model_refuse(call, SEL_ERROR_NO_SPACE_ID, 5, call->arg[4], SEL_LIMIT_SPACE_COUNT_MAX);
    }
    return SEL_ERROR_OK;
}

/* --- doing it --- */

/** In pieces, so that interrupts need not wait. The place in the Untyped where it goes on is `zeroed`. */
static bool zero_up_to(struct model_cap *untyped, uint64_t end)
{
    while (untyped->zeroed < end) {
        uint64_t length = end - untyped->zeroed < ZERO_CHUNK ? end - untyped->zeroed : ZERO_CHUNK;
        model_zero(untyped->address + untyped->zeroed, length);
        untyped->zeroed += length;
        if (model_must_stop()) {
            return false;
        }
    }
    return true;
}

uint64_t model_untyped_retype(struct model_call *call)
{
    uint64_t error = model_check_cap(call, 2, CAP_TYPE_CNODE, 0);
    uint32_t dest = error ? 0 : model_argument_object(call, 2);
    error = error ? error : model_check_slot(call, 3, dest, MODEL_ANY);
    error = error ? error : model_check_range(call, 4, 1, SEL_LIMIT_RETYPE_COUNT_MAX);
    error = error ? error : check_type_and_size(call);
    error = error ? error : check_places(call, dest);
    error = error ? error : check_memory(call);
    error = error ? error : check_space_ids(call);
    if (error != SEL_ERROR_OK) {
        return error;
    }
    struct model_cap *untyped = model_cap_at(call->place);
    uint64_t bits = object_bits(call);
    uint64_t start = first_offset(call);
    uint64_t end = start + (call->arg[4] << bits);
    bool starts_anew = !model_has_children(call->place) && untyped->free != 0;
    untyped->zeroed = starts_anew ? 0 : untyped->zeroed;
    untyped->free = start / UNIT * UNIT;
    untyped->zeroed = untyped->zeroed < untyped->free ? untyped->free : untyped->zeroed;
    if (untyped->kind == UNTYPED_KIND_RAM && call->arg[0] != OBJECT_TYPE_UNTYPED && !zero_up_to(untyped, end)) {
        return MODEL_PREEMPTED;
    }
    untyped->free = end;
    untyped->zeroed = untyped->zeroed < end ? end : untyped->zeroed;
    struct model_cap made_of = *untyped;
    for (uint64_t i = 0; i < call->arg[4]; i++) {
        struct model_cap made = model_make(call->arg[0], made_of.address + start + (i << bits), bits, made_of.kind);
        model_cap_insert(model_slot(dest, call->arg[3] + i), made, call->place);
    }
    return SEL_ERROR_OK;
}
