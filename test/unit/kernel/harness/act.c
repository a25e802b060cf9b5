/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Acting in the world: system calls of a thread as the entry code would make them, and the machine around them. Every call that
 * returns is checked for registers that the ABI says are zero; every refusal for what it must not have changed.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "test/unit/kernel/harness/detail.h"
#include "test/unit/kernel/harness/seen.h"
#include "test/unit/kernel/harness/spoil.h"
#include "test/unit/kernel/harness/world.h"

#define ARENA_BYTES     (1ul << WORLD_ARENA_BITS)
#define PRIORITY_SWITCH 255
#define POISON          0xdeadbeefdeadbeeful
#define RESTART_MAX     1000000
#define EXIT_MAX        10000

/* --- the machine --- */

void world_exit(void)
{
    unsigned int count = 0;
    fake_switch_to(percpu()->must_choose ? sched_pick() : percpu()->current);
    while (fake_irq_is_waiting()) {
        assert_true(count++ < EXIT_MAX);
        kernel_irq();
        fake_switch_to(percpu()->must_choose ? sched_pick() : percpu()->current);
    }
    if (world.is_checked) {
        world_check();
    }
}

void world_switch(struct tcb *thread)
{
    assert_int_equal(thread->state, THREAD_READY);
    assert_non_null(thread->context);
    if (percpu()->current == thread) {
        return;
    }
    uint8_t priority = thread->priority;
    sched_set_priority(thread, PRIORITY_SWITCH);
    world_exit();
    assert_ptr_equal(percpu()->current, thread);
    thread->priority = priority;
    percpu()->must_choose = true; /* behind the scheduler's back */
}

void world_advance(uint64_t ticks)
{
    uint64_t end = fake.clock + ticks;
    unsigned int count = 0;
    while (fake.timer_deadline <= end) {
        assert_true(count++ < EXIT_MAX);
        fake.clock = fake.timer_deadline > fake.clock ? fake.timer_deadline : fake.clock;
        world_exit();
    }
    fake.clock = end;
}

uint64_t world_ticks(uint64_t time_ns)
{
    return time_ns / 1000 * (fake.clock_hz / 500000) / 2;
}

void world_irq(uint64_t irq)
{
    fake_irq_raise(irq);
    world_exit();
}

bool world_is_runnable(const struct tcb *thread)
{
    return thread->state == THREAD_READY && thread->context != NULL && !thread->context->is_released &&
           (thread->is_queued || percpu()->current == thread);
}

/* --- refusals change nothing --- */

static uint8_t *arena_before;
static struct percpu percpu_before;
static struct fake_machine fake_before;

static void remember(void)
{
    if (arena_before == NULL) {
        arena_before = malloc(ARENA_BYTES);
        assert_non_null(arena_before);
    }
    memcpy(arena_before, world.arena, ARENA_BYTES);
    percpu_before = percpu_area;
    fake_before = fake;
}

/** All of memory but the caller's registers, the scheduler's state, the machine. */
static void assert_unchanged(struct tcb *caller)
{
    memcpy(arena_before + ((uint8_t *)&caller->registers - world.arena), &caller->registers, sizeof(caller->registers));
    assert_memory_equal(arena_before, world.arena, ARENA_BYTES);
    assert_memory_equal(&percpu_before, &percpu_area, sizeof(percpu_before));
    fake_before.check_count = fake.check_count;
    assert_memory_equal(&fake_before, &fake, sizeof(fake));
}

/* --- system calls --- */

static void registers_set(struct arch_context *registers, uint64_t number, const struct world_call *call)
{
    for (unsigned int i = 0; i <= 18; i++) {
        registers->reg[i] = POISON;
    }
    registers->reg[0] = call->cap;
    registers->reg[1] = call->tag;
    registers->reg[2] = call->reply;
    registers->reg[3] = call->second;
    registers->reg[8] = number;
    for (unsigned int i = 0; i < MESSAGE_REGISTER_WORDS; i++) {
        arch_message_set(registers, i, call->word[i]);
    }
}

static void assert_scrubbed(const struct arch_context *registers)
{
    for (unsigned int i = 4; i <= 8; i++) {
        assert_int_equal(registers->reg[i], 0);
    }
    assert_int_equal(registers->reg[16], 0);
    assert_int_equal(registers->reg[17], 0);
}

/** The instruction once; whether preemption put the thread back on it. */
static bool execute(struct tcb *thread, bool is_refused)
{
    uint64_t pc = thread->registers.reg[FAKE_REG_PC] + FAKE_INSTRUCTION_BYTES;
    thread->registers.reg[FAKE_REG_PC] = pc;
    if (is_refused) {
        remember();
    }
    fake_syscall();
    if (is_refused) {
        assert_unchanged(thread);
    }
    bool is_restarted = thread->state == THREAD_READY && thread->registers.reg[FAKE_REG_PC] != pc;
    world_exit();
    return is_restarted;
}

static uint64_t syscall_run(struct tcb *thread, uint64_t number, const struct world_call *call, bool is_refused)
{
    world_switch(thread);
    registers_set(&thread->registers, number, call);
    unsigned int count = 0;
    while (execute(thread, is_refused)) {
        assert_true(count++ < RESTART_MAX);
        world.restart_count++;
        world_switch(thread);
    }
    if (thread->state != THREAD_READY) {
        spoil_results(thread, SPOILED);
        return WORLD_BLOCKED;
    }
    assert_scrubbed(&thread->registers);
    return world_status(thread);
}

uint64_t world_syscall(struct tcb *thread, uint64_t number, struct world_call call)
{
    return syscall_run(thread, number, &call, false);
}

void world_syscall_refused(struct tcb *thread, uint64_t number, struct world_call call, uint64_t error)
{
    assert_int_equal(syscall_run(thread, number, &call, false), error);
    seen_syscall(number, error);
}

static struct world_call invocation_call(uint64_t cap, uint64_t label, const uint64_t *word, uint64_t count)
{
    struct world_call call = {.cap = cap, .tag = tag_make(label, count, 0)};
    assert_true(count <= MESSAGE_REGISTER_WORDS);
    memcpy(call.word, word, count * sizeof(uint64_t));
    return call;
}

uint64_t world_invoke_words(struct tcb *thread, uint64_t cap, uint64_t label, const uint64_t *word, uint64_t count)
{
    struct world_call call = invocation_call(cap, label, word, count);
    return syscall_run(thread, SYSCALL_CALL, &call, false);
}

void world_refused_words(struct tcb *thread, uint64_t cap, uint64_t label, const uint64_t *word, uint64_t count,
                         uint64_t error)
{
    struct world_call call = invocation_call(cap, label, word, count);
    uint64_t type = cap_type(world.slots[cap].cap);
    assert_int_equal(syscall_run(thread, SYSCALL_CALL, &call, true), error);
    detail_check(thread, error, label, word, count);
    seen_invocation(type, label, error);
}

/* --- messages --- */

static struct world_call message(uint64_t cap, uint64_t label, uint64_t length, uint64_t word)
{
    struct world_call call = {.cap = cap, .tag = tag_make(label, length, 0)};
    for (uint64_t i = 0; i < MESSAGE_REGISTER_WORDS; i++) { /* also beyond the length, where they say nothing */
        call.word[i] = word + i;
    }
    return call;
}

uint64_t world_ipc_call(struct tcb *thread, uint64_t endpoint, uint64_t label, uint64_t length, uint64_t word)
{
    return world_syscall(thread, SYSCALL_CALL, message(endpoint, label, length, word));
}

uint64_t world_send(struct tcb *thread, uint64_t endpoint, uint64_t label, uint64_t length, uint64_t word)
{
    return world_syscall(thread, SYSCALL_SEND, message(endpoint, label, length, word));
}

uint64_t world_nb_send(struct tcb *thread, uint64_t endpoint, uint64_t label, uint64_t length, uint64_t word)
{
    return world_syscall(thread, SYSCALL_NB_SEND, message(endpoint, label, length, word));
}

uint64_t world_recv(struct tcb *thread, uint64_t endpoint, uint64_t reply)
{
    return world_syscall(thread, SYSCALL_RECV, (struct world_call){.cap = endpoint, .reply = reply});
}

uint64_t world_nb_recv(struct tcb *thread, uint64_t endpoint, uint64_t reply)
{
    return world_syscall(thread, SYSCALL_NB_RECV, (struct world_call){.cap = endpoint, .reply = reply});
}

uint64_t world_reply_recv(struct tcb *thread, uint64_t endpoint, uint64_t reply, uint64_t label, uint64_t length,
                          uint64_t word)
{
    struct world_call call = message(endpoint, label, length, word);
    call.reply = reply;
    return world_syscall(thread, SYSCALL_REPLY_RECV, call);
}

uint64_t world_signal(struct tcb *thread, uint64_t notification)
{
    return world_syscall(thread, SYSCALL_SIGNAL, (struct world_call){.cap = notification});
}

uint64_t world_wait(struct tcb *thread, uint64_t notification)
{
    return world_syscall(thread, SYSCALL_WAIT, (struct world_call){.cap = notification});
}

uint64_t world_poll(struct tcb *thread, uint64_t notification)
{
    return world_syscall(thread, SYSCALL_POLL, (struct world_call){.cap = notification});
}

void world_fault(struct tcb *thread, uint64_t label, const uint64_t *word, uint64_t length)
{
    struct fault fault = {.tag = tag_make(label, length, 0) | TAG_KERNEL};
    assert_true(length <= sizeof(fault.word) / sizeof(fault.word[0]));
    memcpy(fault.word, word, length * sizeof(uint64_t));
    world_switch(thread);
    kernel_fault(fault.tag, fault.word[0], &fault.word[1]);
    world_exit();
}

/* --- results --- */

uint64_t world_status(const struct tcb *thread)
{
    return thread->registers.reg[FAKE_REG_STATUS];
}

uint64_t world_tag(const struct tcb *thread)
{
    return thread->registers.reg[FAKE_REG_TAG];
}

uint64_t world_badge(const struct tcb *thread)
{
    return thread->registers.reg[FAKE_REG_BADGE];
}

uint64_t world_reply_status(const struct tcb *thread)
{
    return thread->registers.reg[FAKE_REG_REPLY_STATUS];
}

uint64_t world_word(const struct tcb *thread, uint64_t index)
{
    return arch_message_get(&thread->registers, index);
}
