/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Who runs: the highest priority, first come first served. Who is charged: the context of whoever runs, from when it began to. When the
 * timer comes: at the end of what the context in use may run, the first release, the first Timer.
 */
#include "test/model/parts.h"

static uint64_t release_of(uint32_t context)
{
    return model.context[context].refill[0].release;
}

/* --- the ready queues: a turn among those of one priority --- */

static bool is_queued(const struct model_thread *thread)
{
    return thread->exists && thread->ready_turn != 0;
}

static void queue_last(uint32_t thread)
{
    struct model_thread *self = &model.thread[thread];
    uint32_t last = 0;
    for (uint32_t id = 1; id < MODEL_THREADS; id++) {
        const struct model_thread *other = &model.thread[id];
        if (is_queued(other) && other->priority == self->priority && other->ready_turn > last) {
            last = other->ready_turn;
        }
    }
    self->ready_turn = last + 1;
}

static void queue_first(uint32_t thread)
{
    for (uint32_t id = 1; id < MODEL_THREADS; id++) {
        struct model_thread *other = &model.thread[id];
        other->ready_turn += is_queued(other) && other->priority == model.thread[thread].priority;
    }
    model.thread[thread].ready_turn = 1;
}

static uint32_t first_queued(void)
{
    uint32_t first = 0;
    for (uint32_t id = 1; id < MODEL_THREADS; id++) {
        const struct model_thread *other = &model.thread[id];
        const struct model_thread *best = &model.thread[first];
        bool is_better = first == 0 || other->priority > best->priority ||
                         (other->priority == best->priority && other->ready_turn < best->ready_turn);
        if (is_queued(other) && is_better) {
            first = id;
        }
    }
    return first;
}

/* --- ready and not --- */

/** A READY thread with time is queued, or waits for its context's release, or is the current one. */
static void enqueue(uint32_t thread)
{
    struct model_thread *self = &model.thread[thread];
    struct model_context *context = &model.context[self->context];
    if (self->context == 0 || context->is_released || self->ready_turn != 0) {
        return;
    }
    if (release_of(self->context) > model.machine.clock) {
        context->is_released = true;
    } else if (thread != model.current) {
        queue_last(thread);
    }
}

void model_make_ready(uint32_t thread)
{
    model.thread[thread].state = MODEL_READY;
    enqueue(thread);
}

void model_block(uint32_t thread)
{
    struct model_thread *self = &model.thread[thread];
    if (self->state == MODEL_READY) {
        self->ready_turn = 0;
        model.context[self->context].is_released = false;
    }
}

void model_end_call(uint32_t thread, uint64_t status)
{
    if (status != SEL_ERROR_OK) {
        model_transfer_kernel(thread, 0, 0);
    }
    model_set_status(thread, status);
}

void model_wake(uint32_t thread, uint64_t status)
{
    model_end_call(thread, status);
    model_make_ready(thread);
}

void model_forget_thread(uint32_t thread)
{
    if (model.current == thread) {
        model.current = 0;
    }
}

/** Wherever it is queued it goes behind its new equals. */
void model_set_priority(uint32_t thread, uint32_t priority)
{
    struct model_thread *self = &model.thread[thread];
    uint32_t object = self->waits_at;
    bool was_queued = self->ready_turn != 0;
    self->ready_turn = 0;
    if (object != 0) {
        model_leave(thread);
    }
    self->priority = priority;
    if (was_queued) {
        queue_last(thread);
    }
    if (object != 0) {
        model_wait_at(thread, object);
    }
}

/* --- charging --- */

/** Whether the context in use must stop. */
static bool charge(void)
{
    uint64_t now = model.machine.clock;
    uint64_t used = now - model.charged_since;
    model.charged_since = now;
    if (model.charged == 0) {
        return false;
    }
    model.context[model.charged].consumed += used;
    return model_refill_use(&model.context[model.charged], used, now);
}

uint64_t model_consumed(uint32_t context)
{
    uint64_t running = context == model.charged ? model.machine.clock - model.charged_since : 0;
    return model.context[context].consumed + running;
}

/** Its thread goes behind its equals, to its timeout handler, or waits for the release. */
static void stop(bool is_told)
{
    uint32_t id = model.charged;
    struct model_context *context = &model.context[id];
    uint32_t thread = context->thread;
    model.charged = 0;
    if (thread == 0 || model.thread[thread].state != MODEL_READY) {
        return;
    }
    model_block(thread);
    if (release_of(id) <= model.charged_since) {
        queue_last(thread);
    } else if (!is_told || !model_fault_timeout(thread, context->badge, model_ns(context->consumed))) {
        context->is_released = true;
    }
}

void model_give_up_time(uint32_t thread)
{
    uint32_t context = model.thread[thread].context;
    if (context == 0 || context != model.charged) {
        return;
    }
    if (charge() || model_refill_drop(&model.context[context], model.charged_since)) {
        stop(false);
    }
}

void model_forget_context(uint32_t context)
{
    if (model.charged == context) {
        model.charged = 0;
    }
}

void model_restart_context(uint32_t context)
{
    uint32_t thread = model.context[context].thread;
    model_forget_context(context);
    model_block(thread);
    model_refill_start(&model.context[context], model.machine.clock);
    if (thread != 0 && model.thread[thread].state == MODEL_READY) {
        enqueue(thread);
    }
}

/* --- the timer --- */

/** The context that is released first, by `now`, or 0. */
static uint32_t first_release(uint64_t now)
{
    uint32_t first = 0;
    for (uint32_t id = 1; id < MODEL_CONTEXTS; id++) {
        if (!model.context[id].is_released || release_of(id) > now) {
            continue;
        }
        if (first != 0 && release_of(id) == release_of(first)) {
            model.is_ambiguous |=
                model.thread[model.context[id].thread].priority == model.thread[model.context[first].thread].priority;
        }
        if (first == 0 || release_of(id) < release_of(first)) {
            first = id;
        }
    }
    return first;
}

void model_tick(void)
{
    model.machine.timer_deadline = MODEL_NO_DEADLINE;
    if (charge()) {
        stop(true);
    }
    uint64_t now = model.charged_since;
    for (uint32_t context = first_release(now); context != 0; context = first_release(now)) {
        model.context[context].is_released = false;
        enqueue(model.context[context].thread);
        if (model_must_stop()) {
            break;
        }
    }
    model_timers_expire(now);
}

static uint64_t least(uint64_t a, uint64_t b)
{
    return a < b ? a : b;
}

static uint64_t next_deadline(void)
{
    uint64_t deadline = MODEL_NO_DEADLINE;
    if (model.charged != 0) {
        deadline = model.charged_since + model.context[model.charged].refill[0].amount;
    }
    for (uint32_t id = 1; id < MODEL_CONTEXTS; id++) {
        deadline = model.context[id].is_released ? least(deadline, release_of(id)) : deadline;
    }
    for (uint32_t id = 1; id < MODEL_TIMERS; id++) {
        deadline = model.timer[id].is_set ? least(deadline, model.timer[id].deadline) : deadline;
    }
    for (uint32_t id = 1; id < MODEL_VCPUS; id++) {
        deadline = model.vcpu[id].is_set ? least(deadline, model.vcpu[id].deadline) : deadline;
    }
    return deadline;
}

/* --- choosing --- */

static bool is_runnable(uint32_t thread)
{
    const struct model_thread *self = &model.thread[thread];
    return thread != 0 && self->state == MODEL_READY && self->context != 0 && !model.context[self->context].is_released;
}

/** Among equals the current thread goes on. */
static uint32_t choose(void)
{
    uint32_t first = first_queued();
    const struct model_thread *current = &model.thread[model.current];
    bool goes_on = is_runnable(model.current) && current->ready_turn == 0 &&
                   (first == 0 || current->priority >= model.thread[first].priority);
    return goes_on ? model.current : first;
}

static void become_current(uint32_t next)
{
    uint32_t previous = model.current;
    model.thread[next].ready_turn = 0;
    model.current = next;
    if (previous != next && is_runnable(previous) && model.thread[previous].ready_turn == 0) {
        queue_first(previous);
    }
}

void model_pick(void)
{
    uint32_t next = choose();
    if (model.thread[next].context != model.charged) {
        if (charge()) {
            stop(true);
            next = choose();
        }
        model.charged = model.thread[next].context;
        if (model.charged != 0) {
            model_refill_begin_use(&model.context[model.charged], model.charged_since);
        }
    }
    become_current(next);
    model.machine.timer_deadline = next_deadline();
}
