/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * The beginning of a sequence: the first thread and what it holds. And model_tidy, which makes equal states equal bytes.
 */
#include "test/model/parts.h"

void model_reset(uint64_t clock, uint64_t clock_hz)
{
    model = (struct model){0};
    model.machine.clock = clock;
    model.machine.clock_hz = clock_hz;
    model.machine.timer_deadline = MODEL_NO_DEADLINE;
    model.machine.preempt_irq = MODEL_IRQ_EDGE;
    model.machine.exit_state = MODEL_READY;
    for (uint64_t irq = 0; irq < MODEL_IRQ_FREE; irq++) {
        model.irq[irq].is_unmasked = true;
    }
}

uint32_t model_boot_object(uint32_t cnode, uint32_t index, uint64_t object_type, uint64_t address, uint64_t size_bits)
{
    struct model_cap cap = model_make(object_type, address, size_bits, UNTYPED_KIND_RAM);
    uint32_t holder = cnode == 0 ? cap.object : cnode;
    model_cap_insert_root(model_slot(holder, index), cap);
    return cap.object;
}

void model_boot_cap(uint32_t cnode, uint32_t index, uint64_t cap_type)
{
    struct model_cap cap = {.type = (uint32_t)cap_type, .rights = SEL_RIGHT_ALL, .is_original = true};
    model_cap_insert_root(model_slot(cnode, index), cap);
}

void model_boot_untyped(uint32_t cnode, uint32_t index, uint64_t address, uint64_t size_bits, uint64_t kind)
{
    model_cap_insert_root(model_slot(cnode, index), model_make(OBJECT_TYPE_UNTYPED, address, size_bits, kind));
}

void model_boot_thread(uint32_t thread, uint32_t context, uint32_t cnode, const uint32_t slots[3], uint32_t priority,
                       uint64_t slice_ns)
{
    struct model_thread *self = &model.thread[thread];
    struct model_context *time = &model.context[context];
    model_thread_fill(thread, MODEL_CSPACE, model_slot(cnode, slots[0]));
    model_thread_fill(thread, MODEL_VSPACE, model_slot(cnode, slots[1]));
    model_thread_set_buffer(thread, model_slot(cnode, slots[2]), 0);
    self->priority = priority;
    self->max_priority = SEL_LIMIT_PRIORITY_MAX;
    time->budget = model_ticks(slice_ns);
    time->period = time->budget;
    time->refill_min = model_ticks(SEL_LIMIT_BUDGET_NS_MIN / 5);
    time->refill_max = SEL_LIMIT_REFILL_COUNT_DEFAULT;
    model_refill_start(time, model.machine.clock);
    time->home_thread = thread;
    self->home_context = context;
    model_give(context, thread);
    model_make_ready(thread);
}

/* --- tidy --- */

static void tidy_thread(struct model *state, uint32_t id)
{
    struct model_thread *self = &state->thread[id];
    if (self->state != MODEL_SEND) {
        self->badge = 0;
        self->is_call = false;
        self->can_grant = false;
    }
    if (self->fault_label == 0) {
        self->fault_length = 0;
        for (unsigned int i = 0; i < 8; i++) {
            self->fault_word[i] = 0;
        }
    }
}

/** How many threads stand before `id` in its ready queue, and in its queue at an object. */
void model_renumber(struct model *state)
{
    uint32_t ready[MODEL_THREADS] = {0};
    uint32_t wait[MODEL_THREADS] = {0};
    for (uint32_t a = 1; a < MODEL_THREADS; a++) {
        for (uint32_t b = 1; b < MODEL_THREADS; b++) {
            const struct model_thread *x = &state->thread[a];
            const struct model_thread *y = &state->thread[b];
            bool is_equal = x->priority == y->priority;
            bool same_place = x->waits_at == y->waits_at && (x->state == MODEL_WAIT) == (y->state == MODEL_WAIT) &&
                              x->is_passive_waiter == y->is_passive_waiter;
            ready[a] += is_equal && x->ready_turn != 0 && y->ready_turn != 0 && y->ready_turn <= x->ready_turn;
            wait[a] += is_equal && same_place && x->waits_at != 0 && y->wait_turn <= x->wait_turn;
        }
    }
    for (uint32_t id = 1; id < MODEL_THREADS; id++) {
        state->thread[id].ready_turn = ready[id];
        state->thread[id].wait_turn = wait[id];
    }
}

static bool is_live_mapping(const struct model *state, const struct model_cap *cap)
{
    for (uint32_t id = 1; cap->is_mapped && id < MODEL_VSPACES; id++) {
        const struct model_vspace *vspace = &state->vspace[id];
        if (vspace->exists && vspace->space_id == cap->space_id && vspace->space_generation == cap->space_generation) {
            return true;
        }
    }
    return false;
}

void model_tidy(struct model *state)
{
    for (uint32_t id = 1; id < MODEL_THREADS; id++) {
        tidy_thread(state, id);
    }
    for (uint32_t id = 1; id < MODEL_TIMERS; id++) {
        state->timer[id].deadline = state->timer[id].is_set ? state->timer[id].deadline : 0;
        state->timer[id].badge = state->timer[id].notification != 0 ? state->timer[id].badge : 0;
    }
    for (uint32_t id = 1; id < MODEL_VCPUS; id++) {
        state->vcpu[id].deadline = state->vcpu[id].is_set ? state->vcpu[id].deadline : 0;
    }
    for (uint32_t i = 0; i < MODEL_IRQS; i++) {
        state->irq[i].badge = state->irq[i].notification != 0 ? state->irq[i].badge : 0;
    }
    for (uint32_t i = 0; i < state->cap_count; i++) {
        struct model_cap *cap = &state->cap[i];
        if (!is_live_mapping(state, cap)) {
            cap->map_rights = 0;
            cap->map_attribute = 0;
        }
    }
    state->charged_since = state->charged != 0 ? state->charged_since : 0;
}
