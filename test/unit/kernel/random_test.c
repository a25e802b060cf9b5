/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Random histories: threads call, wait, signal, fault and are suspended, deleted and made anew under them, with preemption at random
 * points, while the harness checks every invariant after each step and, at the end, that nothing is left. The seed of a failing
 * history is printed.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>

#include <cmocka.h>

#include "test/unit/kernel/harness/world.h"

#define SEED_COUNT   30
#define STEP_COUNT   1500
#define THREAD_COUNT 10
#define OBJECT_COUNT 3
#define MS           1000000ul

enum kind {
    ENDPOINTS,
    NOTIFICATIONS,
    REPLIES,
    CONTEXTS,
    TIMERS,
    KIND_COUNT,
};

static const uint64_t OBJECT_TYPES[KIND_COUNT] = {
    OBJECT_TYPE_ENDPOINT, OBJECT_TYPE_NOTIFICATION, OBJECT_TYPE_REPLY, OBJECT_TYPE_SCHED_CONTEXT, OBJECT_TYPE_TIMER,
};

static struct world_thread threads[THREAD_COUNT];
static uint64_t objects[KIND_COUNT][OBJECT_COUNT];
static uint64_t badged[OBJECT_COUNT * 2]; /* slots for minted Endpoint and Notification capabilities */

static uint64_t pick(uint64_t bound)
{
    return (uint64_t)random() % bound;
}

static uint64_t any(enum kind kind)
{
    return objects[kind][pick(OBJECT_COUNT)];
}

/** An object of the kind, its badged copy, or now and then something unfit. */
static uint64_t aim(enum kind kind)
{
    uint64_t choice = pick(50);
    if (choice == 0) {
        return WORLD_SLOT_FIRST + pick(60);
    }
    if (choice < 20 && kind <= NOTIFICATIONS) {
        return badged[pick(OBJECT_COUNT) + (kind == NOTIFICATIONS ? OBJECT_COUNT : 0)];
    }
    return any(kind);
}

/** By world.init; refusals are part of the game. */
#define try(cap, label, ...) ((void)world_invoke(world.init.tcb, cap, label, __VA_ARGS__))

static void object_make(enum kind kind, uint64_t slot)
{
    try(WORLD_UNTYPED, METHOD_UNTYPED_RETYPE, OBJECT_TYPES[kind], 0, WORLD_CNODE, slot, 1);
    if (kind == CONTEXTS) {
        uint64_t period = (1 + pick(10)) * MS;
        uint64_t budget = pick(3) == 0 ? period : period / (1 + pick(5));
        try(WORLD_SCHED_CONTROL, METHOD_SCHED_CONTROL_CONFIGURE, slot, budget, period, 2 + pick(6), 5);
    }
}

/** Few, so that there are equals, and in each word of the bitmap of those that are queued. */
static uint64_t a_priority(void)
{
    static const uint8_t PRIORITIES[] = {1, 2, 3, 64, 130, 254};
    return PRIORITIES[pick(sizeof(PRIORITIES))];
}

static void thread_set_up(const struct world_thread *thread)
{
    uint64_t priority = a_priority();
    try(thread->tcb_slot, METHOD_TCB_SUSPEND);
    try(thread->tcb_slot, METHOD_TCB_CONFIGURE, WORLD_CNODE, WORLD_VSPACE, thread->buffer_slot, 0);
    try(thread->tcb_slot, METHOD_TCB_SET_PRIORITY, WORLD_INIT_TCB, priority, priority);
    if (pick(2) == 0) {
        try(thread->tcb_slot, METHOD_TCB_SET_FAULT_HANDLER, aim(ENDPOINTS));
        try(thread->tcb_slot, METHOD_TCB_SET_TIMEOUT_HANDLER, aim(ENDPOINTS));
    }
    try(thread->tcb_slot, METHOD_TCB_RESUME);
}

static void world_fill(void)
{
    for (unsigned int kind = 0; kind < KIND_COUNT; kind++) {
        for (unsigned int i = 0; i < OBJECT_COUNT; i++) {
            objects[kind][i] = world_slots(1);
            object_make(kind, objects[kind][i]);
        }
    }
    for (unsigned int i = 0; i < OBJECT_COUNT * 2; i++) {
        badged[i] = world_slots(1);
    }
    for (unsigned int i = 0; i < THREAD_COUNT; i++) {
        threads[i] = pick(3) == 0 ? world_passive_new(5) : world_thread_new(5);
        thread_set_up(&threads[i]);
    }
}

/* --- what threads do --- */

static void thread_calls(const struct world_thread *thread)
{
    static const uint64_t NUMBERS[] = {
        SYSCALL_CALL,    SYSCALL_CALL, SYSCALL_REPLY_RECV,   SYSCALL_REPLY_RECV, SYSCALL_SEND,
        SYSCALL_NB_SEND, SYSCALL_RECV, SYSCALL_RECV,         SYSCALL_NB_RECV,    SYSCALL_SIGNAL,
        SYSCALL_WAIT,    SYSCALL_POLL, SYSCALL_NB_SEND_RECV, SYSCALL_YIELD,
    };
    uint64_t number = NUMBERS[pick(sizeof(NUMBERS) / sizeof(NUMBERS[0]))];
    bool is_signal = number == SYSCALL_SIGNAL || number == SYSCALL_WAIT || number == SYSCALL_POLL;
    struct world_call call = {
        .cap = aim(is_signal      ? NOTIFICATIONS
                   : pick(8) == 0 ? REPLIES
                                  : ENDPOINTS),
        .tag = tag_make(pick(6), pick(12), pick(20) == 0 ? 1 : 0),
        .reply = pick(6) == 0 ? 0 : aim(REPLIES),
        .second = aim(ENDPOINTS),
        .word = {pick(4), 1, 2, 3, 4, 5, 6, 7},
    };
    thread->buffer[IPC_BUFFER_CAPS] = aim(ENDPOINTS);
    thread->buffer[IPC_BUFFER_RECEIVE_INDEX] = pick(2) * (WORLD_SLOT_FIRST + 2000);
    (void)world_syscall(thread->tcb, number, call);
}

/** A thread that can run, or NULL. */
static const struct world_thread *runnable_thread(void)
{
    uint64_t first = pick(THREAD_COUNT);
    for (unsigned int i = 0; i < THREAD_COUNT; i++) {
        const struct world_thread *thread = &threads[(first + i) % THREAD_COUNT];
        if (world_is_runnable(thread->tcb)) {
            return thread;
        }
    }
    return NULL;
}

/** Everybody is blocked, stopped or without time: one gets another chance. */
static void someone_is_freed(void)
{
    const struct world_thread *thread = &threads[pick(THREAD_COUNT)];
    try(thread->tcb_slot, METHOD_TCB_SUSPEND);
    try(thread->tcb_slot, METHOD_TCB_RESUME);
    if (thread->context_slot != 0 && pick(2) == 0) {
        try(thread->context_slot, METHOD_SCHED_CONTEXT_UNBIND);
        try(thread->context_slot, METHOD_SCHED_CONTEXT_BIND, thread->tcb_slot);
    }
    world_advance(pick(world_ticks(12 * MS)));
}

static void a_thread_acts(void)
{
    const struct world_thread *thread = runnable_thread();
    if (thread == NULL) {
        someone_is_freed();
    } else if (pick(15) == 0) {
        world_fault(thread->tcb, FAULT_MEMORY, (const uint64_t[]){1, 2, 3, 0}, 4);
    } else {
        thread_calls(thread);
    }
}

/* --- what is done to them --- */

static void thread_is_managed(void)
{
    const struct world_thread *thread = &threads[pick(THREAD_COUNT)];
    switch (pick(8)) {
    case 0:
        try(thread->tcb_slot, METHOD_TCB_SUSPEND);
        break;
    case 1:
    case 2:
        try(thread->tcb_slot, METHOD_TCB_RESUME);
        break;
    case 3:
        try(thread->tcb_slot, METHOD_TCB_SET_PRIORITY, WORLD_INIT_TCB, a_priority(), 10);
        break;
    case 4:
        try(thread->tcb_slot, METHOD_TCB_BIND_NOTIFICATION, aim(NOTIFICATIONS));
        break;
    case 5:
        try(thread->tcb_slot, METHOD_TCB_UNBIND_NOTIFICATION);
        break;
    case 6:
        thread_set_up(thread);
        break;
    default:
        try(thread->tcb_slot, METHOD_TCB_READ_REGISTERS, 0, 8);
    }
}

static void time_is_managed(void)
{
    uint64_t context = pick(2) == 0 ? any(CONTEXTS) : threads[pick(THREAD_COUNT)].context_slot;
    switch (pick(7)) {
    case 0:
    case 1:
        try(context, METHOD_SCHED_CONTEXT_BIND,
            pick(2) == 0 ? threads[pick(THREAD_COUNT)].tcb_slot : any(NOTIFICATIONS));
        break;
    case 2:
        try(context, METHOD_SCHED_CONTEXT_UNBIND);
        break;
    case 3:
        try(WORLD_SCHED_CONTROL, METHOD_SCHED_CONTROL_CONFIGURE, context, 20000 + pick(2 * MS), 5 * MS, 0, 3);
        break;
    case 4:
        try(any(TIMERS), METHOD_TIMER_BIND, aim(NOTIFICATIONS));
        break;
    case 5:
        try(any(TIMERS), METHOD_TIMER_SET, fake.clock + pick(200000));
        break;
    default:
        world_advance(pick(world_ticks(4 * MS)));
    }
}

static void capabilities_are_managed(void)
{
    enum kind kind = (enum kind)pick(KIND_COUNT);
    uint64_t index = pick(OBJECT_COUNT);
    uint64_t slot = objects[kind][index];
    switch (pick(6)) {
    case 0:
        try(WORLD_CNODE, METHOD_CNODE_DELETE, slot);
        object_make(kind, slot);
        break;
    case 1:
        try(WORLD_CNODE, METHOD_CNODE_REVOKE, slot);
        break;
    case 2:
        try(WORLD_CNODE, METHOD_CNODE_CANCEL_BADGED_SENDS, badged[pick(OBJECT_COUNT)]);
        break;
    case 3:
        try(WORLD_CNODE, METHOD_CNODE_DELETE, threads[index].tcb_slot);
        try(WORLD_UNTYPED, METHOD_UNTYPED_RETYPE, OBJECT_TYPE_TCB, 0, WORLD_CNODE, threads[index].tcb_slot, 1);
        threads[index].tcb = world_object(threads[index].tcb_slot);
        thread_set_up(&threads[index]);
        break;
    default:
        kind = (enum kind)pick(2);
        try(WORLD_CNODE, METHOD_CNODE_MINT, badged[index + (kind == NOTIFICATIONS ? OBJECT_COUNT : 0)], WORLD_CNODE,
            objects[kind][pick(OBJECT_COUNT)], 7, 1 + pick(3));
    }
}

static void a_step(void)
{
    fake.preempt_after = pick(10) == 0 ? 1 + pick(3) : 0;
    uint64_t choice = pick(100);
    if (choice < 70) {
        a_thread_acts();
    } else if (choice < 80) {
        thread_is_managed();
    } else if (choice < 93) {
        time_is_managed();
    } else {
        capabilities_are_managed();
    }
}

static void histories_keep_all_invariants(void **state)
{
    (void)state;
    for (unsigned int step = 0; step < STEP_COUNT; step++) {
        a_step();
    }
}

/* CMocka names a test by its function: one function a seed would be forty; the seed is counted here. */
static unsigned int next_seed = 1;

static void a_random_history(void **state)
{
    unsigned int seed = next_seed++;
    const char *chosen = getenv("SEL_SEED");
    seed = chosen != NULL ? (unsigned int)strtoul(chosen, NULL, 10) : seed;
    print_message("seed %u\n", seed);
    srandom(seed);
    world_fill();
    histories_keep_all_invariants(state);
}

int main(void)
{
    struct CMUnitTest tests[SEED_COUNT];
    for (unsigned int i = 0; i < SEED_COUNT; i++) {
        tests[i] = world_test(a_random_history);
    }
    return cmocka_run_group_tests(tests, NULL, NULL);
}
