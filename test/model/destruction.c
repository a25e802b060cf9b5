/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Deleting capabilities, and the objects whose last one goes (docs/design/kernel.md, "Deletion"; ADR 0004). A dying CNode is emptied by
 * whoever deletes or revokes next, from its last slot down. Each step that may take long ends at a preemption point.
 */
#include "test/model/parts.h"

/* --- CNodes --- */

static void cnode_dies(struct model_place place)
{
    uint32_t cnode = model_cap_at(place)->object;
    for (uint32_t id = 1; id < MODEL_CNODES; id++) {
        model.cnode[id].dying_turn += model.cnode[id].dying_turn != 0;
    }
    model.cnode[cnode].dying_turn = 1;
    model.cnode[cnode].remaining = (uint32_t)model_slot_count(cnode);
    model_cap_move(model_slot(cnode, 0), place);
    struct model_cap *zombie = model_cap_at(model_slot(cnode, 0));
    zombie->type = CAP_TYPE_ZOMBIE;
    zombie->rights = 0;
    zombie->is_original = false;
}

static uint32_t first_dying(void)
{
    for (uint32_t id = 1; id < MODEL_CNODES; id++) {
        if (model.cnode[id].dying_turn == 1) {
            return id;
        }
    }
    return 0;
}

static void cnode_ends(uint32_t cnode)
{
    model_cap_remove(model_slot(cnode, 0));
    model.cnode[cnode] = (struct model_cnode){0};
    for (uint32_t id = 1; id < MODEL_CNODES; id++) {
        model.cnode[id].dying_turn -= model.cnode[id].dying_turn != 0;
    }
}

uint64_t model_destroy_dying(void)
{
    for (uint32_t cnode = first_dying(); cnode != 0; cnode = first_dying()) {
        if (model.cnode[cnode].remaining == 1) {
            cnode_ends(cnode);
        } else if (model_destroy(model_slot(cnode, model.cnode[cnode].remaining - 1)) == MODEL_PREEMPTED) {
            return MODEL_PREEMPTED;
        } else {
            model.cnode[cnode].remaining--;
        }
        if (model_must_stop()) {
            return MODEL_PREEMPTED;
        }
    }
    return SEL_ERROR_OK;
}

/* --- objects --- */

/** What happens to others when the object goes; the object itself stays until its capability is gone. */
static uint64_t object_dies(const struct model_cap *cap)
{
    switch (cap->type) {
    case CAP_TYPE_TCB:
        return model_thread_destroy(cap->object);
    case CAP_TYPE_ENDPOINT:
        return model_endpoint_destroy(cap->object);
    case CAP_TYPE_NOTIFICATION:
        return model_notification_destroy(cap->object);
    case CAP_TYPE_REPLY:
        model_reply_destroy(cap->object);
        return SEL_ERROR_OK;
    case CAP_TYPE_SCHED_CONTEXT:
        model_context_destroy(cap->object);
        return SEL_ERROR_OK;
    case CAP_TYPE_TIMER:
        model_timer_unbind_now(cap->object);
        return SEL_ERROR_OK;
    case CAP_TYPE_VCPU:
        model_vcpu_destroy(cap->object);
        return SEL_ERROR_OK;
    case CAP_TYPE_IRQ_HANDLER:
        model_irq_destroy(cap->badge);
        return SEL_ERROR_OK;
    case CAP_TYPE_VSPACE:
        model_vspace_destroy(cap->object);
        return SEL_ERROR_OK;
    default:
        return SEL_ERROR_OK;
    }
}

/** Nothing of it is left. */
static void object_ends(const struct model_cap *cap)
{
    switch (cap->type) {
    case CAP_TYPE_TCB:
        model.thread[cap->object] = (struct model_thread){0};
        break;
    case CAP_TYPE_ENDPOINT:
        model.endpoint[cap->object] = (struct model_endpoint){0};
        break;
    case CAP_TYPE_NOTIFICATION:
        model.notification[cap->object] = (struct model_notification){0};
        break;
    case CAP_TYPE_REPLY:
        model.reply[cap->object] = (struct model_reply){0};
        break;
    case CAP_TYPE_SCHED_CONTEXT:
        model.context[cap->object] = (struct model_context){0};
        break;
    case CAP_TYPE_TIMER:
        model.timer[cap->object] = (struct model_timer){0};
        break;
    case CAP_TYPE_VCPU:
        model.vcpu[cap->object] = (struct model_vcpu){0};
        break;
    default:
        break;
    }
}

/* --- capabilities --- */

static uint64_t destroy_one(struct model_place place)
{
    if (model_cap_at(place) == 0) {
        return SEL_ERROR_OK;
    }
    struct model_cap cap = *model_cap_at(place);
    bool is_last = model_is_last(place);
    if (is_last && object_dies(&cap) == MODEL_PREEMPTED) {
        return MODEL_PREEMPTED;
    }
    if (place.holder == MODEL_IN_THREAD) {
        model_thread_cleared(place);
    }
    if (is_last && cap.type == CAP_TYPE_CNODE) {
        cnode_dies(place);
        return SEL_ERROR_OK;
    }
    model_cap_remove(place);
    if (is_last) {
        object_ends(&cap);
    }
    return SEL_ERROR_OK;
}

/** A thread's own capabilities go with it. */
static uint64_t thread_is_emptied(uint32_t thread)
{
    if (model_thread_destroy(thread) == MODEL_PREEMPTED) {
        return MODEL_PREEMPTED;
    }
    for (unsigned int i = 0; i < MODEL_THREAD_PLACES; i++) {
        if (destroy_one(model_thread_place(thread, i)) == MODEL_PREEMPTED) {
            return MODEL_PREEMPTED;
        }
    }
    return SEL_ERROR_OK;
}

uint64_t model_destroy(struct model_place place)
{
    const struct model_cap *cap = model_cap_at(place);
    if (cap == 0) {
        return SEL_ERROR_OK;
    }
    if (cap->type == CAP_TYPE_TCB && model_is_last(place) && thread_is_emptied(cap->object) == MODEL_PREEMPTED) {
        return MODEL_PREEMPTED;
    }
    return destroy_one(place) == MODEL_PREEMPTED || model_must_stop() ? MODEL_PREEMPTED : SEL_ERROR_OK;
}

uint64_t model_destroy_children(struct model_place place)
{
    while (model_has_children(place)) {
        struct model_cap *child = model_cap_at(place) + 1;
        if (MODEL_BUG == 2 && child->type == CAP_TYPE_ENDPOINT && child->place.index % 4 == 3) {
            break;
        }
        uint64_t status = child->type == CAP_TYPE_ZOMBIE ? model_destroy_dying() : model_destroy(child->place);
        if (status == MODEL_PREEMPTED || model_must_stop()) {
            return MODEL_PREEMPTED;
        }
    }
    return model_destroy_dying();
}
