/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * CNode: look-up and the invocations that copy, move, delete and show capabilities.
 */
#include "kernel/object/cnode.h"

#include "gen/invocations.h"
#include "kernel/object/objects.h"

#define CAP_FLAGS_MASK 0xffff

struct slot *cnode_lookup(const struct tcb *tcb, uint64_t index)
{
    if (index == 0 || index >= tcb->cspace_count || slot_is_empty(&tcb->cspace_slots[index])) {
        return NULL;
    }
    return &tcb->cspace_slots[index];
}

uint64_t cnode_slot_count(struct cap cap)
{
    return UINT64_C(1) << cnode_cap_slot_bits(cap);
}

err_t cnode_slot(struct cap cap, uint64_t index, uint64_t argument, struct slot **out, struct err_info *info)
{
    if (index == 0 || index >= cnode_slot_count(cap)) {
        return refuse(info, ERR_OUT_OF_RANGE, argument, index, cnode_slot_count(cap) - 1);
    }
    *out = (struct slot *)cap_object(cap) + index;
    return ERR_OK;
}

err_t cnode_empty_slot(struct cap cap, uint64_t index, uint64_t argument, struct slot **out, struct err_info *info)
{
    err_t error = cnode_slot(cap, index, argument, out, info);
    if (error == ERR_OK && !slot_is_empty(*out)) {
        return refuse(info, ERR_SLOT_OCCUPIED, argument, index, cap_type((*out)->cap));
    }
    return error;
}

static err_t full_slot(struct cap cap, uint64_t index, uint64_t argument, struct slot **out, struct err_info *info)
    REQUIRES(kernel_lock)
{
    err_t error = cnode_slot(cap, index, argument, out, info);
    if (error == ERR_OK && slot_is_empty(*out)) {
        return refuse(info, ERR_SLOT_EMPTY, argument, index, 0);
    }
    return error;
}

/* --- copy, mint, move, mutate: argument words index, source, source_index[, rights[, badge]] --- */

static err_t decode_places(const struct invocation *in, struct cnode_copy_op *op, struct err_info *info)
    REQUIRES(kernel_lock)
{
    err_t error = cnode_empty_slot(in->cap, in->arg[0], 1, &op->dest, info);
    error = error == ERR_OK ? full_slot(in->cap_slot[1]->cap, in->arg[2], 3, &op->source, info) : error;
    op->cap = error == ERR_OK ? op->source->cap : null_cap_make();
    return error;
}

/** Badge 0 leaves the capability's badge as it is. */
static err_t decode_badge(const struct invocation *in, struct cnode_copy_op *op, struct err_info *info)
{
    uint64_t badge = in->arg[4];
    if (badge == 0) {
        return ERR_OK;
    }
    if (!cap_has_badge(op->cap) || cap_badge(op->cap) != 0) {
        return refuse(info, ERR_INVALID_ARGUMENT, 5, badge, cap_badge(op->cap));
    }
    op->cap = cap_set_badge(op->cap, badge);
    return ERR_OK;
}

err_t decode_cnode_copy(const struct invocation *in, struct cnode_copy_op *op, struct err_info *info)
{
    err_t error = decode_places(in, op, info);
    if (error == ERR_OK && !cap_is_copyable(op->cap)) {
        return refuse(info, ERR_DENIED, 3, cap_type(op->cap), 0);
    }
    op->cap = cap_restrict(cap_copy(op->cap), in->arg[3]);
    return error;
}

void invoke_cnode_copy(const struct cnode_copy_op *op)
{
    slot_insert(op->dest, op->cap, op->source);
}

err_t decode_cnode_mint(const struct invocation *in, struct cnode_mint_op *op, struct err_info *info)
{
    err_t error = decode_cnode_copy(in, &op->copy, info);
    return error == ERR_OK ? decode_badge(in, &op->copy, info) : error;
}

void invoke_cnode_mint(const struct cnode_mint_op *op)
{
    invoke_cnode_copy(&op->copy);
}

err_t decode_cnode_move(const struct invocation *in, struct cnode_move_op *op, struct err_info *info)
{
    return decode_places(in, &op->move, info);
}

void invoke_cnode_move(const struct cnode_move_op *op)
{
    slot_move(op->move.dest, op->move.source, op->move.cap);
}

err_t decode_cnode_mutate(const struct invocation *in, struct cnode_mutate_op *op, struct err_info *info)
{
    err_t error = decode_places(in, &op->move, info);
    op->move.cap = cap_restrict(op->move.cap, in->arg[3]);
    error = error == ERR_OK ? decode_badge(in, &op->move, info) : error;
    if (error == ERR_OK && in->arg[4] != 0 && slot_has_children(op->move.source)) {
        return refuse(info, ERR_HAS_CHILDREN, 3, 0, 0);
    }
    return error;
}

void invoke_cnode_mutate(const struct cnode_mutate_op *op)
{
    struct cap cap = op->move.cap;
    if (cap_type(cap) == CAP_TYPE_FRAME) {
        /* Its mapping might be wider than the new rights. */
        frame_destroy(op->move.source->cap);
        cap = frame_cap_set_mapped(cap, 0);
    }
    slot_move(op->move.dest, op->move.source, cap);
}

/* --- delete, revoke, cancel --- */

err_t decode_cnode_delete(const struct invocation *in, struct cnode_delete_op *op, struct err_info *info)
{
    return cnode_slot(in->cap, in->arg[0], 1, &op->slot, info);
}

enum progress invoke_cnode_delete(const struct cnode_delete_op *op)
{
    return destroy_slot(op->slot) == PREEMPTED ? PREEMPTED : destroy_dying();
}

err_t decode_cnode_revoke(const struct invocation *in, struct cnode_revoke_op *op, struct err_info *info)
{
    return full_slot(in->cap, in->arg[0], 1, &op->slot, info);
}

enum progress invoke_cnode_revoke(const struct cnode_revoke_op *op)
{
    return destroy_children(op->slot);
}

err_t decode_cnode_cancel_badged_sends(const struct invocation *in, struct cnode_cancel_badged_sends_op *op,
                                       struct err_info *info)
{
    uint64_t needed = SEL_RIGHT_READ | SEL_RIGHT_WRITE;
    struct slot *slot;
    err_t error = full_slot(in->cap, in->arg[0], 1, &slot, info);
    if (error != ERR_OK) {
        return error;
    }
    if (cap_type(slot->cap) != CAP_TYPE_ENDPOINT) {
        return refuse(info, ERR_WRONG_TYPE, 1, cap_type(slot->cap), CAP_TYPE_ENDPOINT);
    }
    if ((cap_rights(slot->cap) & needed) != needed) {
        return refuse(info, ERR_RIGHTS, 1, cap_rights(slot->cap), needed);
    }
    if (cap_badge(slot->cap) == 0) {
        return refuse(info, ERR_INVALID_ARGUMENT, 1, 0, UINT64_MAX);
    }
    *op = (struct cnode_cancel_badged_sends_op){.endpoint = (struct endpoint *)cap_object(slot->cap),
                                                .badge = cap_badge(slot->cap)};
    return ERR_OK;
}

enum progress invoke_cnode_cancel_badged_sends(const struct cnode_cancel_badged_sends_op *op)
{
    return endpoint_cancel_badged(op->endpoint, op->badge);
}

/* --- inspect --- */

err_t decode_cnode_inspect(const struct invocation *in, struct cnode_inspect_op *op, struct err_info *info)
{
    return cnode_slot(in->cap, in->arg[0], 1, &op->slot, info);
}

void invoke_cnode_inspect(const struct cnode_inspect_op *op, struct result *out)
{
    struct cap cap = op->slot->cap;
    *out = (struct result){{cap.word0 & CAP_FLAGS_MASK, cap.word1, cap_object(cap), cap_size_bits(cap)}, .count = 4};
}
