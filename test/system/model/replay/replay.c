/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * The loop: the generator proposes what the model's current thread does next, the kernel's does it, the model follows, and both are
 * compared. The supervisor runs above all of them and lets them run for a moment at a time; what becomes due by time becomes due while
 * it runs itself, so that the order of events is certain.
 */
#include "replay.h"

#include "access.h"
#include "agents.h"
#include "clock.h"
#include "compare.h"
#include "device.h"
#include "follow.h"
#include "guests.h"
#include "inspect.h"
#include "reach.h"
#include "stage.h"
#include "test/model/choose.h"
#include "test/model/parts.h"
#include "test/model/recipes.h"

#define TIMER_MARGIN_TICKS 300000 /* of a step, until the model's clock is right again */
#define INTERRUPT_FIRST    40     /* ticks after which the supervisor has gone to sleep */
#define INTERRUPT_RANGE    260
#define REJECTED_MAX       200
#define AHEAD_MAX          100
#define ONE_ACCESS_IN      12
#define ONE_MESSAGE_IN     2
#define ONE_RARE_IN        8
#define RARE_TRIES         20
#define THREADS_TALKING    3
#define THREADS_WANTED     7
#define ONE_THREAD_IN      20
#define ONE_DEADENING_IN   6
#define ONE_END_IN         40

struct replay_counts replay_counts;

/** What the model's current thread does at once, without being told, until one waits for a step. */
static void run_ahead(void)
{
    for (unsigned int i = 0; model.current != 0 && access_execute(); i++) {
        if (i == AHEAD_MAX) {
            differ("thread that makes no progress", model.current, i, 0, 0);
            return;
        }
    }
}

/* --- time --- */

/** What is due within so many ticks becomes due now, while the supervisor runs. */
static void pass_time(uint64_t margin)
{
    uint64_t next = clock_next_timer();

    while (next != MODEL_NO_DEADLINE && sel_clock_ticks() + margin > next) {
        while (sel_clock_ticks() <= next) {
        }
        clock_pass(sel_clock_ticks());
        next = clock_next_timer();
    }
    clock_pass(sel_clock_ticks());
    run_ahead();
}

/** Somebody outside takes thread 1 out of whatever it waits for, in the kernel and in the model. False if it cannot go on. */
static bool wake_first(void)
{
    struct model_call call = {.cap = {.object = 1}};

    same("suspending thread 1", 1, 0, sel_tcb_suspend(own(OWN_TCB)), model_tcb_suspend(&call));
    same("resuming thread 1", 1, 0, sel_tcb_resume(own(OWN_TCB)), model_tcb_resume(&call));
    model_exit();
    run_ahead();
    return model.current != 0;
}

static void interrupt(void)
{
    replay_counts.interrupts++;
    device_interrupt();
    run_ahead();
}

/** Nobody runs: wait for the next Timer or for the device, or have thread 1 go on. False if nothing will ever happen. */
static bool rest(void)
{
    uint64_t next = clock_next_timer();

    replay_counts.idle++;
    if (next != MODEL_NO_DEADLINE && next - sel_clock_ticks() < 10ul * TIMER_MARGIN_TICKS) {
        pass_time(TIMER_MARGIN_TICKS);
        return true;
    }
    if (device_is_ready()) {
        interrupt();
        return true;
    }
    return wake_first();
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

static void model_step(const struct step *step)
{
    if (step->kind == STEP_SYSCALL) {
        step_model(step);
    }
    run_ahead();
}

static void count(uint32_t actor, const struct step *step)
{
    bool is_ended = model.current == actor && step->kind == STEP_SYSCALL;

    replay_counts.steps++;
    replay_counts.faults += step->kind == STEP_FAULT;
    replay_counts.switches += model.current != actor && model.current != 0;
    replay_counts.guests += is_ended && step_done.type == CAP_TYPE_VCPU && step_done.status == SEL_ERROR_OK;
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

static uint64_t interrupt_random;

/** Half of those that may be interrupted are, at the entry, in the kernel, at the exit, or in the thread's own program. */
static uint64_t interrupt_for(const struct step *step)
{
    uint64_t chance = lockstep_random(&interrupt_random);

    replay_counts.interrupted += chance % 2 == 0 && follow_is_interruptible(step);
    return chance % 2 == 0 && follow_is_interruptible(step) ? INTERRUPT_FIRST + chance / 2 % INTERRUPT_RANGE : 0;
}

/** The budget of the thread that runs is over, unless a Timer's signal lets another one go first. */
static bool run_out(void)
{
    uint32_t thread = model.current;

    pass_time(clock_run_out_ticks());
    if (model.current != thread) {
        return true;
    }
    replay_counts.budgets++;
    if (!clock_run_out(thread)) {
        differ("thread whose budget does not end", thread, 0, stage_witness(), thread);
        return false;
    }
    replay_counts.timeouts += model.thread[thread].fault_label == FAULT_TIMEOUT;
    run_ahead();
    return arrive();
}

/** False: the sequence cannot go on (that is no difference). */
static bool play(struct step *step)
{
    if (step->kind == STEP_IRQ) {
        interrupt();
        return arrive();
    }
    uint32_t actor = model.current;
    uint32_t target = target_of(step);

    compare_excuse(step);
    remember_registers();
    write_buffer(step);
    agent_load(step, step->kind == STEP_SYSCALL ? AREA_KIND_SYSCALL : access_kind(step));
    if (!agent_run(actor, follow_is_long(step), interrupt_for(step))) {
        differ("thread that takes a step", actor, 0, stage_witness(), actor);
        return false;
    }
    model_step(step);
    guests_adopt(step);
    count(actor, step);
    return arrive() && agents_adopt() && mend(actor, step, target) && !model.is_full && !model.is_ambiguous;
}

/* --- what comes next --- */

/** Threads that run, or wait for something that may happen. */
static unsigned int living_count(void)
{
    unsigned int number = 0;

    for (uint32_t id = 1; id < MODEL_THREADS; id++) {
        const struct model_thread *thread = &model.thread[id];
        bool is_without_time = thread->state == MODEL_READY && thread->context == 0;
        number += thread->exists && thread->state != MODEL_INACTIVE && !is_without_time;
    }
    return number;
}

/** Mostly where somebody waits: so that threads meet. */
static void meet(struct step *step)
{
    const struct model_cap *cap = model_cap_at(model_lookup(model.current, step->cap));
    uint32_t found = 0;
    uint64_t number = 0;

    for (uint32_t id = 1; id < MODEL_THREADS; id++) {
        const struct model_thread *thread = &model.thread[id];
        bool is_waiting = thread->state == MODEL_RECV || thread->state == MODEL_SEND;
        found = is_waiting && choose_one_in(++number) ? thread->waits_at : found;
    }
    uint64_t slot = choose_cap_of(CAP_TYPE_ENDPOINT, found);
    if (slot != 0 && cap != NULL && cap->type == CAP_TYPE_ENDPOINT && !choose_one_in(4)) {
        step->cap = slot;
    }
}

static void generate_message(struct step *step)
{
    *step = (struct step){0};
    generate_ipc(step);
    if (model.current == 1 && choose_one_in(2)) { /* then others run; should nobody, it is woken again */
        step->number = (uint8_t)CHOOSE(SYSCALL_CALL, SYSCALL_CALL, SYSCALL_RECV, SYSCALL_SEND);
        step->cap = choose_cap(CAP_TYPE_ENDPOINT);
    }
    meet(step);
}

static bool is_rare(const struct step *step)
{
    const struct model_cap *cap = model_cap_at(model_lookup(model.current, step->cap));
    uint64_t label = tag_label(step->tag);

    return cap != NULL &&
           (cap->type == CAP_TYPE_IRQ_HANDLER || cap->type == CAP_TYPE_VCPU || cap->type == CAP_TYPE_SCHED_CONTROL ||
            (cap->type == CAP_TYPE_TCB && label == METHOD_TCB_BIND_VCPU) ||
            (cap->type == CAP_TYPE_CNODE && label == METHOD_CNODE_REVOKE));
}

/** Mostly the device signals with a badge, so that one sees whose signal it is. */
static void badge_device(struct step *step)
{
    const struct model_cap *cap = model_cap_at(model_lookup(model.current, step->cap));
    bool is_binding = cap->type == CAP_TYPE_IRQ_HANDLER && tag_label(step->tag) == METHOD_IRQ_HANDLER_SET_NOTIFICATION;
    uint64_t badged = is_binding ? choose_badged(CAP_TYPE_NOTIFICATION) : 0;

    step->word[0] = badged != 0 ? badged : step->word[0];
}

/** The device's interrupt, a look at whether it came, or an invocation that the generator comes to seldom. */
static bool generate_rare(struct step *step)
{
    uint64_t signalled = choose_cap_of(CAP_TYPE_NOTIFICATION, device_signalled());

    if (signalled != 0 && choose_one_in(2)) {
        *step = (struct step){.kind = STEP_SYSCALL, .number = SYSCALL_POLL, .cap = signalled};
        return true;
    }
    if (device_is_ready() && choose_one_in(2)) {
        *step = (struct step){.kind = STEP_IRQ};
        return true;
    }
    for (unsigned int i = 0; i < RARE_TRIES; i++) {
        *step = (struct step){0};
        generate_invocation(step);
        if (is_rare(step)) {
            badge_device(step);
            return true;
        }
    }
    return false;
}

/** Besides what the generator proposes: loads and stores; what is rare; and messages, once there are threads to exchange them. */
static void generate(uint64_t *random, struct step *step)
{
    unsigned int living = living_count();

    choose_state = *random;
    if (model.current == 1 && living < THREADS_WANTED && choose_one_in(ONE_THREAD_IN)) {
        recipe_plan_thread();
    }
    bool is_access = choose_one_in(ONE_ACCESS_IN) && access_propose(step, model.current == 1);
    bool is_else = is_access || (choose_one_in(ONE_RARE_IN) && generate_rare(step));
    bool is_message = !is_else && living >= THREADS_TALKING && choose_one_in(ONE_MESSAGE_IN);

    if (is_message) {
        generate_message(step);
    }
    *random = choose_state;
    if (!is_else && !is_message) {
        lockstep_generate(random, step);
    }
}

/** What takes threads out of the game is done more seldom than the generator proposes it, and more seldom than threads are made. */
static bool is_deadening(const struct step *step)
{
    const struct model_cap *cap = model_cap_at(model_lookup(model.current, step->cap));
    uint64_t label = tag_label(step->tag);

    if (step->kind == STEP_FAULT) {
        return model_cap_at(model_thread_place(model.current, MODEL_FAULT_HANDLER)) == NULL;
    }
    return step->number == SYSCALL_CALL && cap != NULL &&
           ((cap->type == CAP_TYPE_TCB && label == METHOD_TCB_SUSPEND) ||
            (cap->type == CAP_TYPE_SCHED_CONTEXT && label == METHOD_SCHED_CONTEXT_UNBIND));
}

/** What the current thread does next. False if nothing of it can be followed. */
static bool propose(uint64_t *random, struct step *step)
{
    for (unsigned int i = 0; i < REJECTED_MAX; i++) {
        generate(random, step);
        if (follow(step) && (!is_deadening(step) || choose_one_in(ONE_DEADENING_IN))) {
            return true;
        }
    }
    return false;
}

/** What happens next. False: the sequence ends. */
static bool go_on(uint64_t number, uint64_t *random)
{
    static struct step step;

    compare_at(number, NULL);
    pass_time(TIMER_MARGIN_TICKS);
    if (model.current == 0) {
        bool goes_on = rest();
        replay_counts.ended_idle += !goes_on;
        return goes_on;
    }
    bool goes_on = !agent_is_awaited(model.current) || arrive();
    if (goes_on && (clock_must_run_out() || (clock_is_limited() && lockstep_random(random) % ONE_END_IN == 0))) {
        return run_out();
    }
    goes_on = goes_on && propose(random, &step);
    compare_at(number, &step);
    goes_on = goes_on && play(&step);
    replay_counts.ended_full += !goes_on;
    return goes_on;
}

static void begin(uint64_t seed, bool is_wanted)
{
    compare_begin(seed, is_wanted);
    stage_begin();
    agents_reset();
    clock_begin();
    guests_begin();
    lockstep_generate_begin();
    replay_counts.sequences++;
}

bool replay_sequence(uint64_t seed, uint64_t steps, uint64_t interval, bool is_wanted)
{
    uint64_t random = seed * 0x9e3779b97f4a7c15ul + 1;
    bool goes_on = true;

    interrupt_random = random;
    begin(seed, is_wanted);
    for (uint64_t i = 0; goes_on && i < steps && !compare_has_differed(); i++) {
        clock_step_begins();
        goes_on = go_on(i, &random);
        clock_step_ends();
        if (i % interval == interval - 1 && goes_on) {
            inspect_all();
        }
    }
    if (!compare_has_differed() && goes_on) {
        inspect_all();
    }
    return !compare_has_differed();
}
