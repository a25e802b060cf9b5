/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Timers: an absolute deadline that becomes a signal. Guests that wait in WFI have deadlines of the same kind (vcpu.c).
 */
#include "test/model/parts.h"

void model_timer_unbind_now(uint32_t timer)
{
    struct model_timer *self = &model.timer[timer];
    for (uint32_t id = 1; id < MODEL_TIMERS; id++) {
        struct model_timer *other = &model.timer[id];
        bool is_behind = other->notification == self->notification && other->bind_turn > self->bind_turn;
        other->bind_turn -= self->notification != 0 && is_behind;
    }
    self->is_set = false;
    self->notification = 0;
    self->bind_turn = 0;
}

/** The Timer bound to the Notification last, or 0. */
static uint32_t last_bound(uint32_t notification)
{
    for (uint32_t id = 1; id < MODEL_TIMERS; id++) {
        if (model.timer[id].notification == notification && model.timer[id].bind_turn == 1) {
            return id;
        }
    }
    return 0;
}

uint64_t model_timers_forget(uint32_t notification)
{
    while (last_bound(notification) != 0) {
        model_timer_unbind_now(last_bound(notification));
        if (model_must_stop()) {
            return MODEL_PREEMPTED;
        }
    }
    return SEL_ERROR_OK;
}

/* --- expiry --- */

struct due {
    uint64_t deadline;
    uint32_t timer; /* or */
    uint32_t vcpu;
};

static void earlier(struct due *best, struct due other, uint64_t now)
{
    if (other.deadline > now) {
        return;
    }
    if (other.deadline == best->deadline) {
        model.is_ambiguous = true;
    }
    if (other.deadline < best->deadline) {
        *best = other;
    }
}

static struct due first_due(uint64_t now)
{
    struct due best = {.deadline = MODEL_NO_DEADLINE};
    for (uint32_t id = 1; id < MODEL_TIMERS; id++) {
        if (model.timer[id].is_set) {
            earlier(&best, (struct due){.deadline = model.timer[id].deadline, .timer = id}, now);
        }
    }
    for (uint32_t id = 1; id < MODEL_VCPUS; id++) {
        if (model.vcpu[id].is_set) {
            earlier(&best, (struct due){.deadline = model.vcpu[id].deadline, .vcpu = id}, now);
        }
    }
    return best;
}

static void expire(uint32_t timer)
{
    model.timer[timer].is_set = false;
    model_notify(model.timer[timer].notification, model.timer[timer].badge);
}

void model_timers_expire(uint64_t now)
{
    for (struct due due = first_due(now); due.timer != 0 || due.vcpu != 0; due = first_due(now)) {
        if (due.timer != 0) {
            expire(due.timer);
        } else {
            model_vcpu_expired(due.vcpu);
        }
        if (model_must_stop()) {
            return;
        }
    }
}

/* --- invocations --- */

uint64_t model_timer_bind(struct model_call *call)
{
    struct model_timer *timer = &model.timer[call->cap.object];
    uint64_t error = model_check_cap(call, 0, CAP_TYPE_NOTIFICATION, SEL_RIGHT_WRITE);
    error = error ? error : model_check_bound(call, timer->notification != 0, false);
    if (error != SEL_ERROR_OK) {
        return error;
    }
    uint32_t notification = model_argument_object(call, 0);
    for (uint32_t id = 1; id < MODEL_TIMERS; id++) {
        model.timer[id].bind_turn += model.timer[id].notification == notification && model.timer[id].exists;
    }
    timer->notification = notification;
    timer->badge = model_cap_at(model_argument_place(call, 0))->badge;
    timer->bind_turn = 1;
    return SEL_ERROR_OK;
}

uint64_t model_timer_unbind(struct model_call *call)
{
    uint64_t error = model_check_bound(call, model.timer[call->cap.object].notification != 0, true);
    if (error == SEL_ERROR_OK) {
        model_timer_unbind_now(call->cap.object);
    }
    return error;
}

uint64_t model_timer_set(struct model_call *call)
{
    struct model_timer *timer = &model.timer[call->cap.object];
    uint64_t error = model_check_bound(call, timer->notification != 0, true);
    if (error != SEL_ERROR_OK) {
        return error;
    }
    timer->is_set = true;
    timer->deadline = call->arg[0];
    if (timer->deadline <= model.machine.clock) {
        expire(call->cap.object);
    }
    return SEL_ERROR_OK;
}

uint64_t model_timer_cancel(struct model_call *call)
{
    struct model_timer *timer = &model.timer[call->cap.object];
    model_result(call, timer->is_set);
    timer->is_set = false;
    return SEL_ERROR_OK;
}
