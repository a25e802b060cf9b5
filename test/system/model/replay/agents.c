/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Threads of the sequence: see agents.h.
 */
#include "agents.h"

#include "reach.h"
#include "stage.h"
#include "test/model/lockstep.h"

#define SHORT_TICKS 2000 /* 32 us at 62.5 MHz: with one instruction a nanosecond no short system call takes longer */
#define LONG_TICKS  40000
#define TRIES       20
#define NZCV_BITS   MODEL_PSTATE_NATIVE

static uint64_t known[MODEL_THREADS]; /* address of the TCB whose thread has this area, 0 = none */
static bool is_awaited[MODEL_THREADS];
static uint64_t pattern;

void agents_reset(void)
{
    for (uint32_t id = 0; id < MODEL_THREADS; id++) {
        known[id] = 0;
        is_awaited[id] = false;
    }
    known[1] = model.thread[1].address;
}

bool agent_write(uint32_t thread, uint64_t first, uint64_t count, const uint64_t *value)
{
    sel_cap_t tcb = reach_object(CAP_TYPE_TCB, thread, 0);

    if (tcb == 0) {
        return false;
    }
    stage_must(sel_tcb_write_registers(tcb, first, count, value), "write registers");
    reach_end(tcb);
    for (uint64_t i = 0; i < count; i++) {
        model.thread[thread].reg[first + i] = value[i];
    }
    return true;
}

bool agents_adopt(void)
{
    bool is_reached = true;

    for (uint32_t id = 1; id < MODEL_THREADS; id++) {
        const struct model_thread *thread = &model.thread[id];
        if (thread->exists && known[id] != thread->address) {
            uint64_t start[2] = {stage_area_address(id), stage_program(trampoline_start)};
            struct area *area = stage_area(id);
            area->go = 0;
            area->took = 0;
            area->done = 0;
            is_awaited[id] = false;
            is_reached = agent_write(id, THREAD_REG_SP, 2, start) && is_reached;
        }
        known[id] = thread->exists ? thread->address : 0;
    }
    return is_reached;
}

bool agent_is_in_step(uint32_t thread)
{
    const volatile struct area *area = stage_area(thread);

    return area->took != area->done;
}

/* --- a step --- */

/** The registers that a step says nothing of hold numbers that name their thread, register and step. */
static uint64_t next_pattern(uint32_t thread, uint64_t index)
{
    pattern++;
    return (uint64_t)thread << 56 | index << 48 | pattern;
}

static void load_system_call(const struct step *step, uint64_t *reg)
{
    const uint64_t first[] = {step->cap, step->tag, step->reply, step->second};

    for (uint64_t i = 0; i < 18; i++) {
        reg[i] = i < 4 ? first[i] : STEP_POISON;
    }
    reg[MODEL_REG_NUMBER] = step->number;
    for (uint64_t i = 0; i < 7; i++) {
        reg[9 + i] = step->word[i];
    }
    reg[9] += (step->flags & STEP_FROM_NOW) != 0 ? model.machine.clock : 0;
    reg[18] = step->word[7];
}

static const uint8_t *place_of(uint64_t kind)
{
    static const uint8_t *const places[] = {trampoline_svc, trampoline_undefined, trampoline_load, trampoline_store};

    return places[kind];
}

void agent_load(const struct step *step, uint64_t kind)
{
    uint32_t thread = model.current;
    uint64_t *reg = model.thread[thread].reg;
    struct area *area = stage_area(thread);

    for (uint64_t i = 0; i <= 30; i++) {
        reg[i] = next_pattern(thread, i);
    }
    if (kind == AREA_KIND_SYSCALL) {
        load_system_call(step, reg);
    } else if (kind != AREA_KIND_UNDEFINED) {
        reg[1] = step->word[0];
    }
    reg[THREAD_REG_TPIDR_EL0] = next_pattern(thread, THREAD_REG_TPIDR_EL0);
    reg[THREAD_REG_PSTATE] = pattern << 28 & NZCV_BITS;
    reg[THREAD_REG_PC] = stage_program(place_of(kind));
    for (uint64_t i = 0; i <= 30; i++) {
        area->in[i] = reg[i];
    }
    area->in[AREA_NZCV] = reg[THREAD_REG_PSTATE];
    area->in[AREA_TPIDR] = reg[THREAD_REG_TPIDR_EL0];
    area->kind = kind;
}

bool agent_run(uint32_t thread, bool is_long, uint64_t interrupt_ticks)
{
    volatile struct area *area = stage_area(thread);

    area->go = area->go + 1;
    is_awaited[thread] = true;
    stage_clear_witness();
    if (interrupt_ticks != 0) {
        stage_pause(interrupt_ticks);
    }
    unsigned int i = 0;
    do {
        stage_pause(is_long ? LONG_TICKS : SHORT_TICKS);
    } while (++i < TRIES && area->took != area->go);
    return area->took == area->go;
}

bool agent_is_running(uint32_t thread)
{
    for (unsigned int i = 0; i < TRIES; i++) {
        if (stage_witness() == thread && (thread == 0 || !agent_is_in_step(thread))) {
            return true;
        }
        stage_clear_witness();
        stage_pause(LONG_TICKS);
    }
    return false;
}

bool agent_is_awaited(uint32_t thread)
{
    return is_awaited[thread];
}

void agent_has_arrived(uint32_t thread)
{
    is_awaited[thread] = false;
}

const uint64_t *agent_result(uint32_t thread)
{
    return stage_area(thread)->out;
}

bool agent_mend(uint32_t thread, const uint64_t before[MODEL_REGISTERS])
{
    bool is_waiting = !agent_is_in_step(thread);
    uint64_t start[2] = {stage_area_address(thread),
                         is_waiting ? stage_program(trampoline_start) : before[THREAD_REG_PC]};

    bool is_access = before[THREAD_REG_PC] == stage_program(trampoline_load) ||
                     before[THREAD_REG_PC] == stage_program(trampoline_store);

    if (is_access && !is_waiting && !agent_write(thread, 1, 1, &before[1])) {
        return false;
    }
    return agent_write(thread, THREAD_REG_SP, 2, start);
}
