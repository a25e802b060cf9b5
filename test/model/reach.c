/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Counting what sequences reach, on the model's state.
 */
#include "test/model/reach.h"

#include "gen/model_names.h"
#include "test/model/model.h"

#define LABELS       16
#define STATUSES     32
#define NO_OPERATION 0
#define PREEMPTED    (STATUSES - 1)
#define BLOCKED      (STATUSES - 2)

/* Rows: system calls 1..11, then invocations by type and label. */
#define ROWS ((1 + CAP_TYPE_COUNT) * LABELS)

static unsigned long pairs[ROWS][STATUSES];

struct state {
    const char *name;
    bool (*is_there)(void);
    unsigned long count;
};

/* --- states --- */

static bool any_thread(bool (*test)(const struct model_thread *thread))
{
    for (uint32_t id = 1; id < MODEL_THREADS; id++) {
        if (model.thread[id].exists && test(&model.thread[id])) {
            return true;
        }
    }
    return false;
}

static bool any_context(bool (*test)(const struct model_context *context))
{
    for (uint32_t id = 1; id < MODEL_CONTEXTS; id++) {
        if (model.context[id].exists && test(&model.context[id])) {
            return true;
        }
    }
    return false;
}

#define THREAD_STATE(name, condition)                                                                                  \
    static bool name##_one(const struct model_thread *self)                                                            \
    {                                                                                                                  \
        return condition;                                                                                              \
    }                                                                                                                  \
    static bool name(void)                                                                                             \
    {                                                                                                                  \
        return any_thread(name##_one);                                                                                 \
    }

#define CONTEXT_STATE(name, condition)                                                                                 \
    static bool name##_one(const struct model_context *self)                                                           \
    {                                                                                                                  \
        return condition;                                                                                              \
    }                                                                                                                  \
    static bool name(void)                                                                                             \
    {                                                                                                                  \
        return any_context(name##_one);                                                                                \
    }

THREAD_STATE(passive_server, self->state == MODEL_RECV && self->context == 0 && self->reply != 0)
THREAD_STATE(passive_waiter, self->is_passive_waiter != 0)
THREAD_STATE(third_in_queue, self->wait_turn >= 3)
THREAD_STATE(third_ready, self->ready_turn >= 3)
THREAD_STATE(timeout_sent, self->fault_label == FAULT_TIMEOUT)
THREAD_STATE(fault_sent, self->fault_label == FAULT_MEMORY && self->state != MODEL_INACTIVE)
THREAD_STATE(exit_sent, self->fault_label == FAULT_VM_EXIT && self->state != MODEL_INACTIVE)
THREAD_STATE(stopped_by_fault, self->fault_label != 0 && self->state == MODEL_INACTIVE)
THREAD_STATE(in_wfi, self->state == MODEL_WFI)
THREAD_STATE(lent_to, self->lent_context != 0)
THREAD_STATE(ready_without_time, self->state == MODEL_READY && self->context == 0)
THREAD_STATE(preempted_call, self->repeats != 0)
THREAD_STATE(on_foreign_time, self->context != 0 && self->home_context != 0 && self->context != self->home_context)
CONTEXT_STATE(chain_of_two, self->chain_count >= 2)
CONTEXT_STATE(chain_of_three, self->chain_count >= 3)
CONTEXT_STATE(refills_full, self->refill_count > 2 && self->refill_count == self->refill_max)
CONTEXT_STATE(waits_for_release, self->is_released != 0)
CONTEXT_STATE(lent_then_donated, self->lent_to != 0 && self->thread != 0 && self->thread != self->lent_to)
CONTEXT_STATE(homeless_in_use, self->thread != 0 && self->home_thread == 0 && self->home_notification == 0)

static bool serves_two(void)
{
    for (uint32_t id = 1; id < MODEL_REPLIES; id++) {
        if (model.reply[id].serve_turn >= 2) {
            return true;
        }
    }
    return false;
}

static bool dying_cnode(void)
{
    for (uint32_t id = 1; id < MODEL_CNODES; id++) {
        if (model.cnode[id].dying_turn >= 1) {
            return true;
        }
    }
    return false;
}

static bool dying_two(void)
{
    for (uint32_t id = 1; id < MODEL_CNODES; id++) {
        if (model.cnode[id].dying_turn >= 2) {
            return true;
        }
    }
    return false;
}

static bool dead_mapping(void)
{
    for (uint32_t i = 0; i < model.cap_count; i++) {
        const struct model_cap *cap = &model.cap[i];
        if (cap->is_mapped && cap->map_rights == 0) {
            return true;
        }
    }
    return false;
}

static bool signal_held_back(void)
{
    for (uint32_t id = 1; id < MODEL_THREADS; id++) {
        const struct model_thread *thread = &model.thread[id];
        if (thread->is_passive_waiter && model.notification[thread->waits_at].pending != 0) {
            return true;
        }
    }
    return false;
}

static bool cancel_on_its_way(void)
{
    for (uint32_t id = 1; id < MODEL_ENDPOINTS; id++) {
        if (model.endpoint[id].cancel_next != 0) {
            return true;
        }
    }
    return false;
}

static bool interrupt_active(void)
{
    for (uint32_t irq = MODEL_IRQ_FREE; irq < MODEL_IRQS; irq++) {
        if (model.irq[irq].is_active) {
            return true;
        }
    }
    return false;
}

static bool idle(void)
{
    return model.current == 0;
}

#define STATE(name) {#name, name, 0}

static struct state states[] = {
    STATE(idle),
    STATE(passive_server),
    STATE(passive_waiter),
    STATE(third_in_queue),
    STATE(third_ready),
    STATE(timeout_sent),
    STATE(fault_sent),
    STATE(exit_sent),
    STATE(in_wfi),
    STATE(stopped_by_fault),
    STATE(lent_to),
    STATE(ready_without_time),
    STATE(preempted_call),
    STATE(on_foreign_time),
    STATE(chain_of_two),
    STATE(chain_of_three),
    STATE(refills_full),
    STATE(waits_for_release),
    STATE(lent_then_donated),
    STATE(homeless_in_use),
    STATE(serves_two),
    STATE(dying_cnode),
    STATE(dying_two),
    STATE(dead_mapping),
    STATE(signal_held_back),
    STATE(cancel_on_its_way),
    STATE(interrupt_active),
};

#define STATE_COUNT (sizeof(states) / sizeof(states[0]))

/* --- pairs --- */

/* What a thread that waits called, to know what came of it later. */
static unsigned int waiting_row[MODEL_THREADS];

static unsigned int row_of(const struct step_done *done)
{
    if (done->type != 0) {
        return (1 + done->type) * LABELS + (done->label < LABELS ? (unsigned int)done->label : 0);
    }
    return done->number < LABELS ? (unsigned int)done->number : NO_OPERATION;
}

static void count_waiters(void)
{
    for (uint32_t id = 1; id < MODEL_THREADS; id++) {
        const struct model_thread *thread = &model.thread[id];
        bool is_ended = thread->state == MODEL_READY || thread->state == MODEL_INACTIVE;
        if (waiting_row[id] != NO_OPERATION && is_ended) {
            if (thread->exists && thread->reg[0] < NAMED_ERRORS) {
                pairs[waiting_row[id]][thread->reg[0]]++;
            }
            waiting_row[id] = NO_OPERATION;
        }
    }
}

void reach_begin(void)
{
    for (uint32_t id = 0; id < MODEL_THREADS; id++) {
        waiting_row[id] = NO_OPERATION;
    }
}

void reach_after(void)
{
    const struct step_done *done = &step_done;
    unsigned int row = done->thread == 0 ? NO_OPERATION : row_of(done);
    count_waiters();
    if (row != NO_OPERATION && done->is_preempted) {
        pairs[row][PREEMPTED]++;
    } else if (row != NO_OPERATION && done->is_waiting && done->type == 0) {
        pairs[row][BLOCKED]++;
        waiting_row[done->thread] =
            model.thread[done->thread].waits_at != 0 || model.thread[done->thread].reply != 0 ? row : 0;
    } else if (row != NO_OPERATION && done->status < NAMED_ERRORS) {
        pairs[row][done->status]++;
    }
    for (unsigned int i = 0; i < STATE_COUNT; i++) {
        states[i].count += states[i].is_there();
    }
}

unsigned int reach_pairs(void)
{
    unsigned int count = 0;
    for (unsigned int i = 0; i < ROWS * STATUSES; i++) {
        count += pairs[i / STATUSES][i % STATUSES] != 0;
    }
    return count;
}

unsigned int reach_states(void)
{
    unsigned int count = 0;
    for (unsigned int i = 0; i < STATE_COUNT; i++) {
        count += states[i].count != 0;
    }
    return count;
}

unsigned int reach_states_known(void)
{
    return STATE_COUNT;
}

static void report_pair(FILE *out, unsigned int number, unsigned int status)
{
    unsigned int type = number / LABELS;
    const char *method = type == 0 ? NULL : METHOD_NAMES[type - 1][number % LABELS];
    bool is_syscall = type == 0 && number < NAMED_SYSCALLS && SYSCALL_NAMES[number] != NULL;
    const char *result = status == PREEMPTED ? "PREEMPTED" : status == BLOCKED ? "BLOCKED" : ERROR_NAMES[status];
    if (method == NULL && !is_syscall) {
        (void)fprintf(out, "pair unknown_%u_%u %s %lu\n", type, number % LABELS, result, pairs[number][status]);
        return;
    }
    (void)fprintf(out, "pair %s%s %s %lu\n", is_syscall ? "syscall_" : "", is_syscall ? SYSCALL_NAMES[number] : method,
                  result, pairs[number][status]);
}

void reach_report(FILE *out)
{
    for (unsigned int i = 0; i < ROWS * STATUSES; i++) {
        if (pairs[i / STATUSES][i % STATUSES] != 0) {
            report_pair(out, i / STATUSES, i % STATUSES);
        }
    }
    for (unsigned int i = 0; i < STATE_COUNT; i++) {
        (void)fprintf(out, "state %s %lu\n", states[i].name, states[i].count);
    }
}
