/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Who waits where: a waiting thread names its object and its turn among those of its priority. At a Notification those without time are
 * a queue of their own.
 */
#include "test/model/parts.h"

/** Whether both stand in the same queue. */
static bool same_queue(const struct model_thread *a, const struct model_thread *b)
{
    bool is_at_notification = a->state == MODEL_WAIT;
    return a->waits_at == b->waits_at && (b->state == MODEL_WAIT) == is_at_notification &&
           (a->state == b->state || !is_at_notification) && a->is_passive_waiter == b->is_passive_waiter &&
           a->waits_at != 0;
}

/** Whether a is served before b. */
static bool is_before(const struct model_thread *a, const struct model_thread *b)
{
    return a->priority > b->priority || (a->priority == b->priority && a->wait_turn < b->wait_turn);
}

/** A walk on its way that cancels sends must not miss a thread that now stands before it. */
static void show_walk(struct model_endpoint *endpoint, uint32_t thread)
{
    const struct model_thread *self = &model.thread[thread];
    bool is_meant = endpoint->cancel_next != 0 && self->badge == endpoint->cancel_badge;
    if (is_meant && is_before(self, &model.thread[endpoint->cancel_next])) {
        endpoint->cancel_next = thread;
    }
}

void model_wait_at(uint32_t thread, uint32_t object)
{
    struct model_thread *self = &model.thread[thread];
    self->waits_at = object;
    self->is_passive_waiter = self->state == MODEL_WAIT && self->context == 0;
    self->wait_turn = 1;
    for (uint32_t id = 1; id < MODEL_THREADS; id++) {
        const struct model_thread *other = &model.thread[id];
        bool is_before = id != thread && same_queue(self, other) && other->priority == self->priority;
        if (is_before && other->wait_turn >= self->wait_turn) {
            self->wait_turn = other->wait_turn + 1;
        }
    }
    if (MODEL_BUG == 3 && self->state == MODEL_SEND) {
        self->wait_turn = 0;
    }
    if (self->state == MODEL_SEND) {
        show_walk(&model.endpoint[object], thread);
    }
}

void model_leave(uint32_t thread)
{
    struct model_thread *self = &model.thread[thread];
    if (self->state != MODEL_WAIT && model.endpoint[self->waits_at].cancel_next == thread) {
        model.endpoint[self->waits_at].cancel_next = model_next_waiter(thread);
    }
    self->waits_at = 0;
    self->wait_turn = 0;
    self->is_passive_waiter = false;
}

uint32_t model_first_waiter(enum model_state state, uint32_t object, bool is_passive)
{
    uint32_t first = 0;
    for (uint32_t id = 1; id < MODEL_THREADS; id++) {
        const struct model_thread *thread = &model.thread[id];
        bool is_there = thread->state == state && thread->waits_at == object && thread->is_passive_waiter == is_passive;
        if (thread->exists && is_there && (first == 0 || is_before(thread, &model.thread[first]))) {
            first = id;
        }
    }
    return first;
}

uint32_t model_next_waiter(uint32_t thread)
{
    const struct model_thread *self = &model.thread[thread];
    uint32_t next = 0;
    for (uint32_t id = 1; id < MODEL_THREADS; id++) {
        const struct model_thread *other = &model.thread[id];
        if (same_queue(self, other) && is_before(self, other) && (next == 0 || is_before(other, &model.thread[next]))) {
            next = id;
        }
    }
    return next;
}
