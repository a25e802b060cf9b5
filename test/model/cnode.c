/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Operations on the slots of a CNode: copy, mint, move, mutate, delete, revoke, cancel_badged_sends, inspect.
 */
#include "test/model/parts.h"

/** The three arguments that copy, mint, move and mutate begin with: an empty slot here, a full one there. */
static uint64_t check_two_slots(struct model_call *call)
{
    uint64_t error = model_check_cap(call, 1, CAP_TYPE_CNODE, 0);
    error = error ? error : model_check_slot(call, 0, call->cap.object, MODEL_EMPTY);
    return error ? error : model_check_slot(call, 2, model_argument_object(call, 1), MODEL_FULL);
}

static struct model_place to_place(const struct model_call *call)
{
    return model_slot(call->cap.object, call->arg[0]);
}

static struct model_place from_place(const struct model_call *call)
{
    return model_slot(model_argument_object(call, 1), call->arg[2]);
}

static uint64_t check_copyable(struct model_call *call)
{
    const struct model_cap *from = model_cap_at(from_place(call));
    return model_is_copyable(from) ? SEL_ERROR_OK : model_refuse(call, SEL_ERROR_DENIED, 3, from->type, 0);
}

static bool takes_badge(const struct model_cap *cap)
{
    return cap->type == CAP_TYPE_ENDPOINT || cap->type == CAP_TYPE_NOTIFICATION || cap->type == CAP_TYPE_SMC;
}

/** A badge is given once. */
static uint64_t check_badge(struct model_call *call)
{
    const struct model_cap *from = model_cap_at(from_place(call));
    uint64_t badge = call->arg[4];
    if (badge == 0 || (takes_badge(from) && from->badge == 0)) {
        return SEL_ERROR_OK;
    }
    return model_refuse(call, SEL_ERROR_INVALID_ARGUMENT, 5, badge, model_cap_badge(from));
}

static void restrict_rights(struct model_cap *cap, uint64_t rights)
{
    if (MODEL_BUG == 1) {
        rights = SEL_RIGHT_ALL;
    }
    cap->rights &= (uint32_t)rights;
}

static void give_badge(struct model_cap *cap, uint64_t badge)
{
    if (badge != 0) {
        cap->badge = badge;
        cap->is_original = true;
    }
}

uint64_t model_cnode_copy(struct model_call *call)
{
    uint64_t error = check_two_slots(call);
    error = error ? error : check_copyable(call);
    if (error == SEL_ERROR_OK) {
        struct model_cap copy = model_cap_copy(model_cap_at(from_place(call)));
        restrict_rights(&copy, call->arg[3]);
        model_cap_insert(to_place(call), copy, from_place(call));
    }
    return error;
}

uint64_t model_cnode_mint(struct model_call *call)
{
    uint64_t error = check_two_slots(call);
    error = error ? error : check_copyable(call);
    error = error ? error : check_badge(call);
    if (error == SEL_ERROR_OK) {
        struct model_cap copy = model_cap_copy(model_cap_at(from_place(call)));
        restrict_rights(&copy, call->arg[3]);
        give_badge(&copy, call->arg[4]);
        model_cap_insert(to_place(call), copy, from_place(call));
    }
    return error;
}

uint64_t model_cnode_move(struct model_call *call)
{
    uint64_t error = check_two_slots(call);
    if (error == SEL_ERROR_OK) {
        model_cap_move(to_place(call), from_place(call));
    }
    return error;
}

uint64_t model_cnode_mutate(struct model_call *call)
{
    uint64_t error = check_two_slots(call);
    error = error ? error : check_badge(call);
    if (error == SEL_ERROR_OK && call->arg[4] != 0 && model_has_children(from_place(call))) {
        error = model_refuse(call, SEL_ERROR_HAS_CHILDREN, 3, 0, 0);
    }
    if (error == SEL_ERROR_OK) {
        struct model_cap *cap = model_cap_at(from_place(call));
        restrict_rights(cap, call->arg[3]);
        give_badge(cap, call->arg[4]);
        cap->is_mapped = false;
        model_cap_move(to_place(call), from_place(call));
    }
    return error;
}

uint64_t model_cnode_delete(struct model_call *call)
{
    uint64_t error = model_check_slot(call, 0, call->cap.object, MODEL_ANY);
    error = error ? error : model_destroy(to_place(call));
    return error ? error : model_destroy_dying();
}

uint64_t model_cnode_revoke(struct model_call *call)
{
    uint64_t error = model_check_slot(call, 0, call->cap.object, MODEL_FULL);
    return error ? error : model_destroy_children(to_place(call));
}

uint64_t model_cnode_cancel_badged_sends(struct model_call *call)
{
    uint64_t error = model_check_slot(call, 0, call->cap.object, MODEL_FULL);
    if (error != SEL_ERROR_OK) {
        return error;
    }
    uint64_t needed = SEL_RIGHT_READ | SEL_RIGHT_WRITE;
    struct model_cap cap = *model_cap_at(to_place(call));
    if (cap.type != CAP_TYPE_ENDPOINT) {
        return model_refuse(call, SEL_ERROR_WRONG_TYPE, 1, cap.type, CAP_TYPE_ENDPOINT);
    }
    if ((cap.rights & needed) != needed) {
        return model_refuse(call, SEL_ERROR_RIGHTS, 1, cap.rights, needed);
    }
    if (cap.badge == 0) {
        return model_refuse(call, SEL_ERROR_INVALID_ARGUMENT, 1, 0, UINT64_MAX);
    }
    return model_cancel_badged(cap.object, cap.badge);
}

/* --- inspect: capabilities as caps.yaml lays them out --- */

static uint64_t flags_word(const struct model_cap *cap)
{
    if (cap->type == CAP_TYPE_UNTYPED) {
        return cap->type | (uint64_t)cap->size_bits << 5 | (uint64_t)cap->kind << 11;
    }
    uint64_t word = cap->type | (uint64_t)cap->rights << 5 | (uint64_t)cap->is_original << 9;
    if (cap->type == CAP_TYPE_FRAME) {
        word |= (uint64_t)((cap->size_bits - OBJECT_BITS_FRAME_0) / 9) << 11 | (uint64_t)cap->kind << 13;
    }
    return word;
}

static uint64_t second_word(const struct model_cap *cap)
{
    switch (cap->type) {
    case CAP_TYPE_UNTYPED:
        return cap->free / 32 | cap->zeroed / 32 << 32;
    case CAP_TYPE_CNODE:
        return model.cnode[cap->object].slot_bits;
    case CAP_TYPE_FRAME:
        return cap->space_id | (uint64_t)cap->space_generation << 12 | cap->page << 35 | (uint64_t)cap->is_mapped << 63;
    default:
        return cap->badge;
    }
}

uint64_t model_cnode_inspect(struct model_call *call)
{
    uint64_t error = model_check_slot(call, 0, call->cap.object, MODEL_ANY);
    if (error != SEL_ERROR_OK) {
        return error;
    }
    const struct model_cap *cap = model_cap_at(to_place(call));
    model_result(call, cap == 0 ? 0 : flags_word(cap));
    model_result(call, cap == 0 ? 0 : second_word(cap));
    model_result(call, cap == 0 ? 0 : cap->address);
    model_result(call, cap == 0 ? 0 : cap->size_bits);
    return SEL_ERROR_OK;
}
