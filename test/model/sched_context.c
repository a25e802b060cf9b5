/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Scheduling contexts: who runs on which, whose home it is, to whom it was lent; and the invocations of SchedContext.
 */
#include "test/model/parts.h"

void model_give(uint32_t context, uint32_t thread)
{
    model.thread[thread].context = context;
    model.context[context].thread = thread;
    if (model.thread[thread].state == MODEL_READY) {
        model_make_ready(thread);
    }
}

uint32_t model_idle_home(uint32_t thread)
{
    uint32_t home = model.thread[thread].home_context;
    return model.context[home].thread == 0 && model.context[home].chain_count == 0 ? home : 0;
}

/** Its thread goes on with the context whose home it is, if that is idle. */
void model_take(uint32_t context)
{
    uint32_t thread = model.context[context].thread;
    if (thread == 0) {
        return;
    }
    model_block(thread);
    model.thread[thread].context = 0;
    model.context[context].thread = 0;
    uint32_t home = model_idle_home(thread);
    if (home != 0 && home != context) {
        model_give(home, thread);
    }
}

static void idle_at_home(uint32_t context)
{
    uint32_t home = model.context[context].home_notification;
    if (home != 0 && model.context[context].thread == 0) {
        model_recheck(home);
    }
}

void model_lend(uint32_t context, uint32_t thread)
{
    model.context[context].lent_to = thread;
    model.thread[thread].lent_context = context;
    model_give(context, thread);
}

void model_unlend(uint32_t thread)
{
    uint32_t context = model.thread[thread].lent_context;
    if (context == 0) {
        return;
    }
    model.thread[thread].lent_context = 0;
    model.context[context].lent_to = 0;
    if (model.context[context].thread == thread) {
        model_take(context);
        idle_at_home(context);
    }
}

static void chain_cut(uint32_t context)
{
    struct model_context *self = &model.context[context];
    for (uint32_t i = 0; i < MODEL_CHAIN; i++) {
        self->chain[i] = 0;
    }
    self->chain_count = 0;
}

static uint32_t owner_of(uint32_t context)
{
    const struct model_context *self = &model.context[context];
    return self->home_thread != 0 ? self->home_thread : self->lent_to;
}

void model_return_home(uint32_t context)
{
    uint32_t owner = owner_of(context);
    chain_cut(context);
    if (owner != 0 && model.context[context].thread == owner) {
        return;
    }
    model_take(context);
    if (owner == 0) {
        idle_at_home(context);
    } else if (model.thread[owner].context == 0) {
        model_give(context, owner);
        model_time_changed(owner);
    }
}

bool model_is_stray(uint32_t thread)
{
    uint32_t id = model.thread[thread].context;
    const struct model_context *context = &model.context[id];
    if (id == 0 || context->home_thread == thread || context->lent_to == thread) {
        return false;
    }
    uint32_t top = context->chain_count == 0 ? 0 : context->chain[context->chain_count - 1];
    return top == 0 || model.reply[top].server != thread;
}

static bool is_in_chain(uint32_t context, uint32_t reply)
{
    for (uint32_t i = 0; i < model.context[context].chain_count; i++) {
        if (model.context[context].chain[i] == reply) {
            return true;
        }
    }
    return false;
}

/** Its chain goes on to its end, but not back to the owner: that one's call gives it away for good. */
void model_context_unbind(uint32_t context)
{
    struct model_context *self = &model.context[context];
    if (context == 0) {
        return;
    }
    uint32_t owner = owner_of(context);
    uint32_t user = self->thread;
    model.thread[self->home_thread].home_context = 0;
    model.notification[self->home_notification].context = 0;
    model.thread[self->lent_to].lent_context = 0;
    self->home_thread = 0;
    self->home_notification = 0;
    self->lent_to = 0;
    if (owner != 0 && model.thread[owner].state == MODEL_REPLY && is_in_chain(context, model.thread[owner].reply)) {
        model_undonate(model.thread[owner].reply);
    }
    if (user == 0) {
        return;
    }
    if (user == owner || (model_has_no_use_for_time(user) && model_is_stray(user))) {
        model_take(context);
        model_time_changed(user);
        if (model.thread[user].context == 0 && model.thread[user].state == MODEL_READY) {
            model_donate(user);
        }
    }
}

void model_context_destroy(uint32_t context)
{
    model_context_unbind(context);
    chain_cut(context);
    uint32_t user = model.context[context].thread;
    if (user != 0) {
        model_take(context);
        model_time_changed(user);
    }
    model_forget_context(context);
}

/* --- invocations --- */

static bool is_bound(uint32_t context)
{
    return model.context[context].home_thread != 0 || model.context[context].home_notification != 0;
}

uint64_t model_sched_context_bind(struct model_call *call)
{
    uint32_t id = call->cap.object;
    struct model_context *context = &model.context[id];
    uint64_t types = 1ul << CAP_TYPE_TCB | 1ul << CAP_TYPE_NOTIFICATION;
    uint64_t error = model_check_cap_of(call, 0, types, CAP_TYPE_TCB, 0);
    if (error == SEL_ERROR_OK && context->budget == 0) {
        error = model_refuse(call, SEL_ERROR_NOT_BOUND, 0, 0, 0);
    }
    error = error ? error : model_check_bound(call, is_bound(id), false);
    if (error != SEL_ERROR_OK) {
        return error;
    }
    const struct model_cap *target = model_cap_at(model_argument_place(call, 0));
    bool is_thread = target->type == CAP_TYPE_TCB;
    uint32_t other = is_thread ? model.thread[target->object].home_context : model.notification[target->object].context;
    if (other != 0) {
        return model_refuse(call, SEL_ERROR_ALREADY_BOUND, 1, 0, 0);
    }
    if (!is_thread) {
        context->home_notification = target->object;
        model.notification[target->object].context = id;
        idle_at_home(id);
        return SEL_ERROR_OK;
    }
    context->home_thread = target->object;
    model.thread[target->object].home_context = id;
    if (context->thread == 0 && model.thread[target->object].context == 0) {
        model_give(id, context->home_thread);
        model_time_changed(context->home_thread);
    }
    return SEL_ERROR_OK;
}

uint64_t model_sched_context_unbind(struct model_call *call)
{
    uint64_t error = model_check_bound(call, is_bound(call->cap.object), true);
    if (error == SEL_ERROR_OK) {
        model_context_unbind(call->cap.object);
    }
    return error;
}

uint64_t model_sched_context_consumed(struct model_call *call)
{
    model_result(call, model_ns(model_consumed(call->cap.object)));
    return SEL_ERROR_OK;
}
