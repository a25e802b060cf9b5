/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * The loop: the generator proposes what the model's current thread does next, the kernel's does it, the model follows, and both are
 * compared. The supervisor runs above all of them and lets them run for a moment at a time; what becomes due by time becomes due while
 * it runs itself, so that the order of events is certain.
 */
#include "replay.h"

#include "agents.h"
#include "compare.h"
#include "follow.h"
#include "inspect.h"
#include "reach.h"
#include "stage.h"
#include "test/model/lockstep.h"
#include "test/model/parts.h"

#define TIMER_MARGIN_TICKS 300000 /* of a step, until the model's clock is right again */
#define REJECTED_MAX       200
#define AHEAD_MAX          100
#define ESR_FETCH_LEVEL1   0x82000005 /* DDI 0487, D17.2.37: fetch, 32 bits long, translation fault at level 1 */
#define ESR_UNKNOWN        0x02000000
#define ESR_LOAD_LEVEL1    0x93c08005 /* syndrome valid, doubleword into x0, translation fault at level 1 */

struct replay_counts replay_counts;

/* --- what happens without a step --- */

static bool is_at(uint32_t thread, const uint8_t *place)
{
    return model.thread[thread].reg[THREAD_REG_PC] == stage_program(place);
}

/** Only one address space has the program. */
static bool has_program(uint32_t vspace)
{
    return vspace == 1;
}

static void fetch_fault(uint64_t pc)
{
    uint64_t word[] = {pc, pc, ESR_FETCH_LEVEL1, true};

    model_fault(FAULT_MEMORY, word, FAULT_MEMORY_LENGTH);
}

static void load_fault(const uint64_t *reg)
{
    uint64_t word[] = {reg[THREAD_REG_PC], reg[1], ESR_LOAD_LEVEL1, false};

    model_fault(FAULT_MEMORY, word, FAULT_MEMORY_LENGTH);
}

static void undefined_fault(const uint64_t *reg)
{
    uint64_t word[] = {reg[THREAD_REG_PC], ESR_UNKNOWN, reg[THREAD_REG_SP], reg[THREAD_REG_PSTATE]};

    model_fault(FAULT_EXCEPTION, word, FAULT_EXCEPTION_LENGTH);
}

/** What the model's current thread does at once, without being told: false if it waits for a step. */
static bool run_ahead_once(void)
{
    uint32_t thread = model.current;
    uint32_t vspace = model_thread_vspace(thread);
    const uint64_t *reg = model.thread[thread].reg;

    if (thread == 0) {
        return false;
    }
    if (model.vspace[vspace].is_guest) { /* a native thread cannot run there */
        model_thread_stop(thread);
    } else if (!has_program(vspace)) {
        fetch_fault(reg[THREAD_REG_PC]);
    } else if (is_at(thread, trampoline_svc)) {
        model_syscall();
    } else if (is_at(thread, trampoline_undefined)) {
        undefined_fault(reg);
    } else if (is_at(thread, trampoline_load)) {
        load_fault(reg);
    } else {
        return false;
    }
    model_exit();
    return true;
}

static void run_ahead(void)
{
    for (unsigned int i = 0; run_ahead_once(); i++) {
        if (i == AHEAD_MAX) {
            differ("thread that makes no progress", model.current, i, 0, 0);
            return;
        }
    }
}

/* --- time --- */

static uint64_t next_timer(void)
{
    uint64_t next = MODEL_NO_DEADLINE;

    for (uint32_t id = 1; id < MODEL_TIMERS; id++) {
        bool is_next = model.timer[id].is_set && model.timer[id].deadline < next;
        next = is_next ? model.timer[id].deadline : next;
    }
    return next;
}

/** What is due before the next step has ended becomes due now, while the supervisor runs. */
static void pass_time(void)
{
    uint64_t next = next_timer();

    while (next != MODEL_NO_DEADLINE && sel_clock_ticks() + TIMER_MARGIN_TICKS > next) {
        while (sel_clock_ticks() <= next) {
        }
        model_advance(sel_clock_ticks() - model.machine.clock);
        next = next_timer();
    }
    model_advance(sel_clock_ticks() - model.machine.clock);
    run_ahead();
}

/** Nobody runs: wait for the next Timer. False if there is none, or not soon. */
static bool sleep(void)
{
    uint64_t next = next_timer();
    uint64_t now = sel_clock_ticks();

    replay_counts.idle++;
    if (next == MODEL_NO_DEADLINE || next - now > 10ul * TIMER_MARGIN_TICKS) {
        return false;
    }
    pass_time();
    return true;
}

/* --- what a step does besides --- */

static void write_buffer(struct step *step)
{
    volatile uint64_t *buffer = step->buffer_count == 0 ? NULL : reach_buffer(model.thread[model.current].buffer);

    if (buffer == NULL) {
        step->buffer_count = 0;
        return;
    }
    for (unsigned int i = 0; i < step->buffer_count; i++) {
        buffer[step->buffer_index[i]] = step->buffer_word[i];
    }
    reach_buffer_end();
}

static uint64_t kind_of(const struct step *step)
{
    if (step->kind == STEP_SYSCALL) {
        return AREA_KIND_SYSCALL;
    }
    return step->number == FAULT_MEMORY ? AREA_KIND_LOAD : AREA_KIND_UNDEFINED;
}

static void model_step(const struct step *step)
{
    const uint64_t *reg = model.thread[model.current].reg;

    if (step->kind == STEP_SYSCALL) {
        step_model(step);
    } else if (step->number == FAULT_MEMORY) {
        load_fault(reg);
        model_exit();
    } else {
        undefined_fault(reg);
        model_exit();
    }
    run_ahead();
}

static void count(uint32_t actor, const struct step *step)
{
    bool is_ended = model.current == actor && step->kind == STEP_SYSCALL;

    replay_counts.steps++;
    replay_counts.faults += step->kind == STEP_FAULT;
    replay_counts.switches += model.current != actor && model.current != 0;
    replay_counts.calls += is_ended && model.thread[actor].reg[0] == SEL_ERROR_OK;
    replay_counts.refusals += is_ended && model.thread[actor].reg[0] != SEL_ERROR_OK;
}

static uint64_t registers_before[MODEL_THREADS][MODEL_REGISTERS];

static void remember_registers(void)
{
    for (uint32_t id = 1; id < MODEL_THREADS; id++) {
        for (uint64_t i = 0; i < MODEL_REGISTERS; i++) {
            registers_before[id][i] = model.thread[id].reg[i];
        }
    }
}

/** A thread whose registers another one wrote. */
static bool mend(uint32_t actor, const struct step *step, uint32_t target)
{
    bool is_written = target != 0 && target != actor && model.thread[target].exists && step->kind == STEP_SYSCALL &&
                      tag_label(step->tag) == METHOD_TCB_WRITE_REGISTERS;

    return !is_written || agent_mend(target, registers_before[target]);
}

static uint32_t target_of(const struct step *step)
{
    const struct model_cap *cap = model_cap_at(model_lookup(model.current, step->cap));

    return cap != NULL && cap->type == CAP_TYPE_TCB && step->number == SYSCALL_CALL ? cap->object : 0;
}

/* --- one step --- */

/** Whoever the model says runs, does, and waits for its next step; if it comes out of one, with these results. */
static bool arrive(void)
{
    uint32_t thread = model.current;

    if (!agent_is_running(thread)) {
        differ("thread that runs", thread, 0, stage_witness(), thread);
        return false;
    }
    if (agent_is_awaited(thread)) {
        compare_take_over(thread);
        compare_result(thread);
        agent_has_arrived(thread);
    }
    return true;
}

/** False: the sequence cannot go on (that is no difference). */
static bool play(struct step *step)
{
    uint32_t actor = model.current;
    uint32_t target = target_of(step);

    compare_excuse(step);
    remember_registers();
    write_buffer(step);
    agent_load(step, kind_of(step));
    if (!agent_run(actor, follow_is_long(step))) {
        differ("thread that takes a step", actor, 0, stage_witness(), actor);
        return false;
    }
    model_step(step);
    count(actor, step);
    return arrive() && agents_adopt() && mend(actor, step, target) && !model.is_full && !model.is_ambiguous;
}

/** What the current thread does next. False if the generator has nothing that can be followed. */
static bool propose(uint64_t *random, struct step *step)
{
    for (unsigned int i = 0; i < REJECTED_MAX; i++) {
        lockstep_generate(random, step);
        if (follow(step)) {
            return true;
        }
    }
    return false;
}

bool replay_sequence(uint64_t seed, uint64_t steps, uint64_t interval)
{
    uint64_t random = seed * 0x9e3779b97f4a7c15ul + 1;
    static struct step step;
    bool goes_on = true;

    compare_begin(seed);
    stage_begin();
    agents_reset();
    lockstep_generate_begin();
    replay_counts.sequences++;
    for (uint64_t i = 0; goes_on && i < steps && !compare_has_differed(); i++) {
        compare_at(i, NULL);
        pass_time();
        if (model.current == 0) {
            goes_on = sleep();
            continue;
        }
        goes_on = !agent_is_awaited(model.current) || arrive();
        goes_on = goes_on && propose(&random, &step);
        compare_at(i, &step);
        goes_on = goes_on && play(&step);
        if (i % interval == interval - 1 && goes_on) {
            inspect_all();
        }
    }
    if (!compare_has_differed() && goes_on) {
        inspect_all();
    }
    return !compare_has_differed();
}
