/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Time of the sequence: see clock.h.
 */
#include "clock.h"

#include "stage.h"
#include "test/model/parts.h"

#define SLICES      8  /* of a budget: after each it is looked whether it is over */
#define SLICES_MOST 12 /* the thread's own program and the supervisor's calls between them are not counted */

static uint64_t used_most[MODEL_CONTEXTS]; /* ticks that its thread may have run since its budget was whole */
static uint32_t context_before;
static uint64_t paused_before;

void clock_begin(void)
{
    for (uint32_t id = 0; id < MODEL_CONTEXTS; id++) {
        used_most[id] = 0;
    }
}

uint64_t clock_next_timer(void)
{
    uint64_t next = MODEL_NO_DEADLINE;

    for (uint32_t id = 1; id < MODEL_TIMERS; id++) {
        bool is_next = model.timer[id].is_set && model.timer[id].deadline < next;
        next = is_next ? model.timer[id].deadline : next;
    }
    return next;
}

void clock_pass(uint64_t now)
{
    do {
        uint64_t next = clock_next_timer() < now ? clock_next_timer() : now;
        uint64_t ticks = next > model.machine.clock ? next - model.machine.clock : 0;
        model.charged_since += ticks; /* so that nothing is charged for them */
        model_pick();
        model_advance(ticks);
    } while (model.machine.clock < now);
}

/* --- budgets --- */

static uint64_t budget_ticks(void)
{
    return model_ticks(CLOCK_BUDGET_NS);
}

void clock_step_begins(void)
{
    context_before = model.charged;
    paused_before = stage_paused();
}

void clock_step_ends(void)
{
    uint64_t ticks = stage_paused() - paused_before;

    used_most[context_before] += ticks;
    if (model.charged != context_before) {
        used_most[model.charged] += ticks;
    }
}

bool clock_is_limited(void)
{
    const struct model_context *context = &model.context[model.charged];

    return model.charged != 0 && context->budget != context->period;
}

bool clock_must_run_out(void)
{
    return clock_is_limited() && used_most[model.charged] >= budget_ticks() / 2;
}

uint64_t clock_run_out_ticks(void)
{
    return budget_ticks() / SLICES * (SLICES_MOST + 1);
}

static void model_runs_out(void)
{
    const struct model_context *context = &model.context[model.charged];

    used_most[model.charged] = 0;
    model.charged_since = model.machine.clock - context->refill[0].amount;
    model_pick();
    model_advance(0);
}

bool clock_run_out(uint32_t thread)
{
    for (unsigned int i = 0; i < SLICES_MOST; i++) {
        stage_clear_witness();
        stage_pause(budget_ticks() / SLICES);
        if (stage_witness() != thread) {
            model_runs_out();
            return true;
        }
    }
    return false;
}
