/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * CNode: look-up and the invocations that copy, move, delete and show capabilities.
 */
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

err_t cnode_slot(struct cap cap, uint64_t index, uint64_t argument, enum slot_must must, struct slot **out,
                 struct err_info *info)
{
    if (index == 0 || index >= cnode_slot_count(cap)) {
        return refuse(info, ERR_OUT_OF_RANGE, argument, index, cnode_slot_count(cap) - 1);
    }
    *out = (struct slot *)cap_object(cap) + index;
    if (must == SLOT_MUST_EMPTY && !slot_is_empty(*out)) {
        return refuse(info, ERR_SLOT_OCCUPIED, argument, index, cap_type((*out)->cap));
    }
    bool is_missing = must == SLOT_MUST_FULL && slot_is_empty(*out);
    return is_missing ? refuse(info, ERR_SLOT_EMPTY, argument, index, 0) : ERR_OK;
}

/* --- copy, mint, move, mutate --- */

/** Badge 0 leaves the capability's badge as it is. */
static err_t check_badge(struct cap cap, uint64_t badge, struct err_info *info)
{
    bool can_have = badge == 0 || (cap_has_badge(cap) && cap_badge(cap) == 0);
    return can_have ? ERR_OK : refuse(info, ERR_INVALID_ARGUMENT, 5, badge, cap_badge(cap));
}

/** Badges and SMC functions are all of word 1 (caps.yaml). What gets one is `original`: parent of its own copies. */
static struct cap cap_badged(struct cap cap, uint64_t badge)
{
    return badge == 0 ? cap : cap_set_original((struct cap){.word0 = cap.word0, .word1 = badge}, 1);
}

static err_t check_copy(struct cap cap, uint64_t badge, struct err_info *info)
{
    return cap_is_copyable(cap) ? check_badge(cap, badge, info) : refuse(info, ERR_DENIED, 3, cap_type(cap), 0);
}

err_t decode_cnode_copy(struct cnode_copy_op *op, struct err_info *info)
{
    return check_copy(op->from->cap, 0, info);
}

void invoke_cnode_copy(const struct cnode_copy_op *op)
{
    slot_insert(op->to, cap_restrict(cap_copy(op->from->cap), op->rights), op->from);
}

err_t decode_cnode_mint(struct cnode_mint_op *op, struct err_info *info)
{
    return check_copy(op->from->cap, op->badge, info);
}

void invoke_cnode_mint(const struct cnode_mint_op *op)
{
    slot_insert(op->to, cap_badged(cap_restrict(cap_copy(op->from->cap), op->rights), op->badge), op->from);
}

void invoke_cnode_move(const struct cnode_move_op *op)
{
    slot_move(op->to, op->from, op->from->cap);
}

err_t decode_cnode_mutate(struct cnode_mutate_op *op, struct err_info *info)
{
    err_t error = check_badge(op->from->cap, op->badge, info);
    bool is_refused = error == ERR_OK && op->badge != 0 && slot_has_children(op->from);
    return is_refused ? refuse(info, ERR_HAS_CHILDREN, 3, 0, 0) : error;
}

/** A Frame's mapping might be wider than the new rights: it does not come along. */
void invoke_cnode_mutate(const struct cnode_mutate_op *op)
{
    struct cap cap = cap_badged(cap_restrict(op->from->cap, op->rights), op->badge);
    if (cap_type(cap) == CAP_TYPE_FRAME) {
        frame_destroy(cap);
        cap = frame_cap_set_mapped(cap, 0);
    }
    slot_move(op->to, op->from, cap);
}

/* --- delete, revoke, cancel, inspect --- */

enum progress invoke_cnode_delete(const struct cnode_delete_op *op)
{
    return destroy_slot(op->target) == PREEMPTED ? PREEMPTED : destroy_dying();
}

err_t decode_cnode_cancel_badged_sends(struct cnode_cancel_badged_sends_op *op, struct err_info *info)
{
    struct cap cap = op->target->cap;
    if (cap_type(cap) != CAP_TYPE_ENDPOINT) {
        return refuse(info, ERR_WRONG_TYPE, 1, cap_type(cap), CAP_TYPE_ENDPOINT);
    }
    err_t error = check_held(info, 1, cap, SEL_RIGHT_READ | SEL_RIGHT_WRITE);
    bool is_refused = error == ERR_OK && cap_badge(cap) == 0;
    return is_refused ? refuse(info, ERR_INVALID_ARGUMENT, 1, 0, UINT64_MAX) : error;
}

enum progress invoke_cnode_cancel_badged_sends(const struct cnode_cancel_badged_sends_op *op)
{
    return endpoint_cancel_badged(slot_object(op->target), cap_badge(op->target->cap));
}

void invoke_cnode_inspect(const struct cnode_inspect_op *op, struct result *out)
{
    struct cap cap = op->target->cap;
    *out = (struct result){.word = {cap.word0 & CAP_FLAGS_MASK, cap.word1, cap_object(cap), cap_size_bits(cap)}};
}
