/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Notifications: bits that wait for a thread which can run (H2), in Wait or, if it is bound, in Recv; and the context that a Notification
 * may lend to a thread without time.
 */
#include "test/model/parts.h"

/** Its context is at home, used and lent to nobody. */
static bool can_lend(const struct model_notification *self)
{
    const struct model_context *context = &model.context[self->context];
    return self->context != 0 && context->thread == 0 && context->lent_to == 0;
}

/** Those with time come first, among them who waits; then, if there is time to lend, those without. */
static uint32_t taker(uint32_t notification)
{
    const struct model_notification *self = &model.notification[notification];
    uint32_t with_time = model_first_waiter(MODEL_WAIT, notification, false);
    uint32_t without = model_first_waiter(MODEL_WAIT, notification, true);
    uint32_t bound = self->bound != 0 && model.thread[self->bound].state == MODEL_RECV ? self->bound : 0;
    if (with_time != 0) {
        return with_time;
    }
    if (bound != 0 && model.thread[bound].context != 0) {
        return bound;
    }
    if (!can_lend(self)) {
        return 0;
    }
    return without != 0 ? without : bound;
}

void model_recheck(uint32_t notification)
{
    struct model_notification *self = &model.notification[notification];
    uint32_t thread = self->pending == 0 ? 0 : taker(notification);
    if (thread == 0) {
        return;
    }
    uint64_t bits = self->pending;
    self->pending = 0;
    if (model.thread[thread].state == MODEL_RECV) {
        model_withdraw(thread);
        model_transfer_bits(thread, bits);
    }
    model_leave(thread);
    model.thread[thread].reg[2] = bits;
    if (model.thread[thread].context == 0) {
        model_lend(self->context, thread);
    }
    model_wake(thread, SEL_ERROR_OK);
}

void model_notify(uint32_t notification, uint64_t badge)
{
    uint64_t unbadged = MODEL_BUG == 4 ? 2 : 1;
    uint64_t shift = MODEL_BUG == 10 ? 64 : 0; /* which C does not define */
    model.notification[notification].pending |= (badge != 0 ? badge : unbadged) << shift;
    model_recheck(notification);
}

bool model_can_take(uint32_t notification, uint32_t thread, bool would_wait)
{
    const struct model_notification *self = &model.notification[notification];
    if (self->pending == 0 || !would_wait) {
        return self->pending != 0;
    }
    uint32_t context = model.thread[thread].context;
    return model_keeps_time(thread, 0) || model_idle_home(thread) != 0 || can_lend(self) ||
           (context != 0 && context == self->context);
}

uint64_t model_take_bits(uint32_t notification, uint32_t thread)
{
    struct model_notification *self = &model.notification[notification];
    uint64_t bits = self->pending;
    self->pending = 0;
    if (!model_keeps_time(thread, 0) && (can_lend(self) || model_idle_home(thread) != 0)) {
        model_settle(thread, true);
        if (model.thread[thread].context == 0) {
            model_lend(self->context, thread);
        }
    }
    return bits;
}

void model_wait_for(uint32_t notification, uint32_t thread)
{
    model_settle(thread, true);
    model_block(thread);
    model.thread[thread].state = MODEL_WAIT;
    model_wait_at(thread, notification);
}

void model_time_changed(uint32_t thread)
{
    struct model_thread *self = &model.thread[thread];
    if (self->state == MODEL_WAIT) {
        uint32_t notification = self->waits_at;
        model_leave(thread);
        model_wait_at(thread, notification);
        model_recheck(notification);
    } else if (self->state == MODEL_RECV && self->notification != 0) {
        model_recheck(self->notification);
    }
}

/** H5, then whatever is bound to it. */
uint64_t model_notification_destroy(uint32_t notification)
{
    struct model_notification *self = &model.notification[notification];
    for (unsigned int is_passive = 0; is_passive < 2; is_passive++) {
        uint32_t thread;
        while ((thread = model_first_waiter(MODEL_WAIT, notification, is_passive)) != 0) {
            model_leave(thread);
            model_wake(thread, SEL_ERROR_PEER_DIED);
            if (model_must_stop()) {
                return MODEL_PREEMPTED;
            }
        }
    }
    if (model_timers_forget(notification) == MODEL_PREEMPTED || model_irqs_forget(notification) == MODEL_PREEMPTED) {
        return MODEL_PREEMPTED;
    }
    model_context_unbind(self->context);
    model.thread[self->bound].notification = 0;
    self->bound = 0;
    return SEL_ERROR_OK;
}
