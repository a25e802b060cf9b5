/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Sporadic servers (ADR 0008): what was used comes back one period after its use began; amounts always sum to the budget. A context whose
 * budget is its period is a round-robin slice instead: what is left of it.
 */
#include "test/model/parts.h"

static bool is_round_robin(const struct model_context *context)
{
    return context->budget == context->period;
}

static struct model_refill drop_first(struct model_context *context)
{
    struct model_refill first = context->refill[0];
    for (uint32_t i = 1; i < context->refill_count; i++) {
        context->refill[i - 1] = context->refill[i];
    }
    context->refill_count--;
    context->refill[context->refill_count] = (struct model_refill){0, 0};
    return first;
}

/** What was used joins the last refill if it comes back while that lasts; if there is no room, that one waits until it does. */
static void add_last(struct model_context *context, struct model_refill used)
{
    if (context->refill_count == 0) {
        context->refill[context->refill_count++] = used;
        return;
    }
    struct model_refill *last = &context->refill[context->refill_count - 1];
    bool is_touching = used.release <= last->release + last->amount;
    bool is_full = context->refill_count == context->refill_max;
    if (!is_touching && !is_full) {
        context->refill[context->refill_count++] = used;
        return;
    }
    last->release = is_touching ? last->release : used.release - last->amount;
    last->amount += used.amount;
}

void model_refill_start(struct model_context *context, uint64_t now)
{
    for (unsigned int i = 1; i < SEL_LIMIT_REFILL_COUNT_MAX; i++) {
        context->refill[i] = (struct model_refill){0, 0};
    }
    context->refill[0] = (struct model_refill){.release = now, .amount = context->budget};
    context->refill_count = 1;
}

void model_refill_begin_use(struct model_context *context, uint64_t now)
{
    if (is_round_robin(context)) {
        return;
    }
    context->refill[0].release = now;
    while (context->refill_count > 1 && context->refill[1].release <= now + context->refill[0].amount) {
        struct model_refill first = drop_first(context);
        context->refill[0].release = now;
        context->refill[0].amount += first.amount;
    }
}

static bool use_slice(struct model_context *context, uint64_t used)
{
    struct model_refill *left = &context->refill[0];
    if (used >= left->amount) {
        model_refill_start(context, left->release);
        return true;
    }
    left->amount -= used;
    return false;
}

/** Too short a rest is not worth an interrupt: it waits for the next refill and stands directly before it. */
static bool must_stop(struct model_context *context, uint64_t now)
{
    while (context->refill_count > 1 && context->refill[0].amount < context->refill_min) {
        struct model_refill small = drop_first(context);
        context->refill[0].release -= small.amount;
        context->refill[0].amount += small.amount;
    }
    if (context->refill[0].release > now) {
        return true;
    }
    model_refill_begin_use(context, now);
    return false;
}

bool model_refill_use(struct model_context *context, uint64_t used, uint64_t now)
{
    if (is_round_robin(context)) {
        return use_slice(context, used);
    }
    for (; used >= context->budget; used -= context->budget) { /* whole budgets: everything comes a period later */
        for (uint32_t i = 0; i < context->refill_count; i++) {
            context->refill[i].release += context->period;
        }
    }
    while (used >= context->refill[0].amount) {
        struct model_refill first = drop_first(context);
        used -= first.amount;
        first.release += context->period;
        add_last(context, first);
    }
    if (used > 0) {
        struct model_refill part = {.release = context->refill[0].release + context->period, .amount = used};
        if (MODEL_BUG == 5) {
            part.release -= used;
        }
        context->refill[0].release += used;
        context->refill[0].amount -= used;
        add_last(context, part);
    }
    return must_stop(context, now);
}

bool model_refill_drop(struct model_context *context, uint64_t now)
{
    if (is_round_robin(context)) {
        model_refill_start(context, context->refill[0].release);
        return true;
    }
    struct model_refill first = drop_first(context);
    first.release = now + context->period;
    add_last(context, first);
    return must_stop(context, now);
}
