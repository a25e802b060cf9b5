/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Acting: see kernel.h. Unlike the harness's world_syscall this takes whatever comes: threads that lose their time, die or are overtaken.
 * Checked of every call: an error is one that the ABI lists for it; a refused invocation changes nothing but the caller's registers; what
 * the ABI says is zero is zero.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "test/fuzz/kernel/kernel.h"

#define PRIORITY_SWITCH 255
#define POISON          0xdeadbeefdeadbeeful
#define RESTART_MAX     64
#define METHOD_MAX      128
#define ARENA_BYTES     (1ul << WORLD_ARENA_BITS)

static uint64_t successes[METHOD_MAX];
static uint64_t syscall_successes[SYSCALL_YIELD + 1];

/* libFuzzer counts these as edges: an input is worth keeping for what it gets past, not only for the code it reaches. */
__attribute__((section("__libfuzzer_extra_counters"))) static uint8_t passed[METHOD_MAX];

struct tcb *act_switch(struct tcb *thread)
{
    if (thread != NULL && percpu()->current != thread && world_is_runnable(thread)) {
        uint8_t priority = thread->priority;
        sched_set_priority(thread, PRIORITY_SWITCH);
        world_exit();
        if (percpu()->current == thread) {
            thread->priority = priority;
            percpu()->must_choose = true; /* behind the scheduler's back */
        } else {
            sched_set_priority(thread, priority);
        }
    }
    return percpu()->current;
}

/* --- refusals change nothing --- */

static uint8_t arena_before[ARENA_BYTES];
static struct percpu percpu_before;
static struct fake_machine fake_before;

/** Both halves of the arena hold objects up to a mark that only rises; behind it nothing was ever made. */
static uint64_t low_bytes(void)
{
    return world.boot_next - (uint64_t)world.arena;
}

static void remember(void)
{
    memcpy(arena_before, world.arena, low_bytes());
    memcpy(arena_before + ARENA_BYTES / 2, world.arena + ARENA_BYTES / 2, ARENA_BYTES / 2);
    percpu_before = percpu_area;
    fake_before = fake;
}

static void check_unchanged(struct tcb *caller, const struct act *act, uint64_t status)
{
    memcpy(arena_before + ((uint8_t *)&caller->registers - world.arena), &caller->registers, sizeof(caller->registers));
    fake_before.check_count = fake.check_count;
    fake_before.is_fast_done = fake.is_fast_done;
    percpu_before.must_choose = percpu_area.must_choose; /* act_switch set it, and the way out has chosen */
    /* NOLINTBEGIN(bugprone-suspicious-memory-comparison): copied whole, padding too */
    bool is_same = memcmp(arena_before, world.arena, low_bytes()) == 0 &&
                   memcmp(arena_before + ARENA_BYTES / 2, world.arena + ARENA_BYTES / 2, ARENA_BYTES / 2) == 0 &&
                   memcmp(&percpu_before, &percpu_area, sizeof(percpu_before)) == 0 &&
                   memcmp(&fake_before, &fake, sizeof(fake)) == 0;
    /* NOLINTEND(bugprone-suspicious-memory-comparison) */
    fuzz_check(is_same, "%s was refused (error %lu) and changed something", act->method->name, status);
}

/* --- what a call may return --- */

static uint32_t allowed_errors(const struct act *act)
{
    if (act->method == NULL) {
        return grammar_syscall_errors[act->number];
    }
    /* What call itself refuses before there is an invocation. */
    return act->method->errors | 1u << SEL_ERROR_INVALID_CAP | 1u << SEL_ERROR_MESSAGE_TOO_LONG |
           1u << SEL_ERROR_NO_BUFFER | 1u << SEL_ERROR_WRONG_TYPE |
           (tag_caps(act->call.tag) != 0 ? 1u << SEL_ERROR_RIGHTS : 0);
}

static void check_status(const struct act *act, uint64_t status)
{
    const char *name = act->method != NULL ? act->method->name : "a system call";
    bool is_known = status == SEL_ERROR_OK || (status < 32 && (allowed_errors(act) >> status & 1) != 0);
    fuzz_check(is_known, "%s (system call %lu) returned error %lu, which the ABI does not list for it", name,
               act->number, status);
    if (status == SEL_ERROR_OK && act->method != NULL) {
        fuzz_check(act->method->type != CAP_TYPE_NULL, "%s was carried out", act->method->name);
        successes[act->method - grammar_methods]++;
        passed[act->method - grammar_methods] = 1;
    } else if (status == SEL_ERROR_OK) {
        syscall_successes[act->number]++;
    }
}

static void check_scrubbed(const struct arch_context *registers)
{
    for (unsigned i = 4; i <= 17; i++) {
        bool is_zero = (i >= 9 && i <= 15) || registers->reg[i] == 0;
        fuzz_check(is_zero, "x%u holds %lx after a system call", i, registers->reg[i]);
    }
}

/* --- the instruction --- */

static void set_registers(struct arch_context *registers, const struct act *act)
{
    for (unsigned i = 0; i <= 18; i++) {
        registers->reg[i] = POISON;
    }
    registers->reg[0] = act->call.cap;
    registers->reg[1] = act->call.tag;
    registers->reg[2] = act->call.reply;
    registers->reg[3] = act->call.second;
    registers->reg[8] = act->number;
    for (unsigned i = 0; i < MESSAGE_REGISTER_WORDS; i++) {
        arch_message_set(registers, i, act->call.word[i]);
    }
}

/** Once; true if preemption put the thread back on its instruction. */
static bool execute_once(struct tcb *thread, const struct act *act)
{
    uint64_t pc = thread->registers.reg[FAKE_REG_PC] + FAKE_INSTRUCTION_BYTES;
    bool is_known = act->number <= SYSCALL_YIELD && act->number != 0;
    thread->registers.reg[FAKE_REG_PC] = pc;
    remember();
    fake_syscall();
    if (percpu()->current != thread || thread->state != THREAD_READY) {
        syscall_successes[is_known ? act->number : 0]++;
        world_exit();
        return false;
    }
    if (thread->registers.reg[FAKE_REG_PC] != pc) {
        world_exit();
        return is_known;
    }
    uint64_t status = world_status(thread);
    if (is_known) {
        check_status(act, status);
        check_scrubbed(&thread->registers);
    }
    if (act->method != NULL && status != SEL_ERROR_OK) {
        check_unchanged(thread, act, status);
    }
    world_exit();
    return false;
}

void act_execute(const struct act *act)
{
    struct tcb *thread = percpu()->current;
    set_registers(&thread->registers, act);
    for (unsigned count = 0; execute_once(thread, act) && count < RESTART_MAX; count++) {
        if (act->is_abandoned_when_preempted || act_switch(thread) != thread) {
            return;
        }
    }
}

void act_report(void)
{
    unsigned count = 0;
    for (unsigned i = 0; i < grammar_method_count; i++) {
        fprintf(stderr, "passed: %s %lu\n", grammar_methods[i].name, successes[i]);
        count += successes[i] != 0;
    }
    for (unsigned i = 1; i <= SYSCALL_YIELD; i++) {
        fprintf(stderr, "passed: syscall_%u %lu\n", i, syscall_successes[i]);
    }
    fprintf(stderr, "passed: %u of %u invocations got past their checks\n", count, grammar_method_count);
}
