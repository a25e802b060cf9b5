/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * A small world for unit tests: memory, a CNode, an address space and threads, made through the kernel's own system calls and run
 * as the machine would run them: every step ends with sched_pick() and the interrupts that wait, and checks all invariants.
 *
 * The first thread, `world.init` (priority 100, its own time), makes everything. All threads share one CNode and one VSpace; an
 * object's capability is its slot number in that CNode.
 */
#pragma once

#include <stdbool.h>
#include <stdint.h>

#include "gen/abi.h"
#include "kernel/arch/fake/fake.h"
#include "kernel/object/endpoint.h"
#include "kernel/object/notification.h"
#include "kernel/object/reply.h"
#include "kernel/object/sched_context.h"
#include "kernel/object/slot.h"
#include "kernel/object/tcb.h"
#include "kernel/object/timer.h"
#include "kernel/sched/sched.h"
#include "kernel/smp/percpu.h"

/* A program that needs a smaller, faster world is compiled with sizes of its own. */
#ifndef WORLD_CNODE_BITS
#define WORLD_CNODE_BITS  12 /* slots */
#define WORLD_ARENA_BITS  23
#define WORLD_VSPACE_BITS 18
#endif
#define WORLD_DEVICE_BASE 0x4000000000ul /* a device Untyped of 2 GiB; nothing is there */
#define WORLD_DEVICE_BITS 31
#define WORLD_BLOCKED     UINT64_MAX /* status of a call that did not return yet */

/** The first slots of the world's CNode; objects made later follow. */
enum world_slot {
    WORLD_CNODE = 1,
    WORLD_VSPACE,
    WORLD_UNTYPED,
    WORLD_DEVICE,
    WORLD_SCHED_CONTROL,
    WORLD_IRQ_CONTROL,
    WORLD_SMC,
    WORLD_CONSOLE,
    WORLD_INIT_TCB,
    WORLD_INIT_CONTEXT,
    WORLD_SLOT_FIRST = 16,
};

#define WORLD_LIST_MAX 16 /* capabilities made at boot, each the first of a derivation list */

/** A thread and the slots of what belongs to it. */
struct world_thread {
    struct tcb *tcb;
    struct sched_context *context; /* NULL: passive */
    uint64_t *buffer;              /* its IPC buffer's words */
    uint64_t tcb_slot;
    uint64_t context_slot;
    uint64_t buffer_slot;
};

struct world {
    uint8_t *arena;
    struct slot *slots; /* the CNode */
    struct world_thread init;
    uint64_t boot_next; /* address of the next object made as boot makes them */
    uint64_t next_slot;
    uint64_t restart_count; /* system calls put back on their instruction by preemption */
    bool is_checked;        /* invariants are checked after each step (default) */
    unsigned int list_count;
    struct slot
        anchor[WORLD_LIST_MAX]; /* in front of each derivation list, so that it is found wherever its capabilities go */
};

extern struct world world;

/**
 * A test in a world of its own. When it has passed so far everything is deleted, and nothing may be left behind; a test that failed
 * leaves its broken world alone.
 */
#define world_test(function)                                                                                           \
    (struct CMUnitTest)                                                                                                \
    {                                                                                                                  \
        #function, world_run, world_setup, world_teardown, (void *)(void (*)(void **))(function)                       \
    }
int world_setup(void **state);
int world_teardown(void **state);
void world_run(void **state);
/** What a passed test ends with: every capability is deleted, and nothing may be left behind. */
void world_end(void);

/** Put a capability into an empty slot as boot does. */
void world_root(uint64_t slot, struct cap cap);

/* --- making things (by world.init) --- */

/** The next unused slots of the CNode. */
uint64_t world_slots(uint64_t count);
/** Retype one object from the world's Untyped; returns its slot. */
uint64_t world_new(uint64_t object_type, uint64_t size_bits);
/** Copy with fewer rights, or with a badge. */
uint64_t world_copy(uint64_t source, uint64_t rights);
uint64_t world_mint(uint64_t source, uint64_t badge);
/** The object a slot's capability names. */
void *world_object(uint64_t slot);
struct slot *world_slot(uint64_t slot);
/** A running thread with a round-robin context (10 ms) of its own; passive: without, as made it cannot run. */
struct world_thread world_thread_new(uint8_t priority);
struct world_thread world_passive_new(uint8_t priority);
/** A passive server: waits in Recv (reply 0: none) or Wait, without time of its own; its context is unbound, `context_slot` keeps it. */
struct world_thread world_server_new(uint8_t priority, uint64_t endpoint, uint64_t reply);
struct world_thread world_waiter_new(uint8_t priority, uint64_t notification);
/** A configured SchedContext, bound to nobody. */
uint64_t world_context_new(uint64_t budget_ns, uint64_t period_ns);

/* --- acting: `thread` becomes the current one, if it can, and executes a system call --- */

struct world_call {
    uint64_t cap;
    uint64_t tag;
    uint64_t reply;
    uint64_t second;
    uint64_t word[8];
};

/** Returns the status, or WORLD_BLOCKED. */
uint64_t world_syscall(struct tcb *thread, uint64_t number, struct world_call call);
/** An invocation; returns its status. With results: world_word(thread, i). */
uint64_t world_invoke_words(struct tcb *thread, uint64_t cap, uint64_t label, const uint64_t *word, uint64_t count);
/** The same, expected to be refused with `error`: everything but the caller's registers stays as it was. Recorded as seen. */
void world_refused_words(struct tcb *thread, uint64_t cap, uint64_t label, const uint64_t *word, uint64_t count,
                         uint64_t error);
/** A system call expected to fail with `error`: recorded as seen. */
void world_syscall_refused(struct tcb *thread, uint64_t number, struct world_call call, uint64_t error);

#define WORLD_WORDS(...) (const uint64_t[]){__VA_ARGS__ __VA_OPT__(, ) 0}
#define WORLD_COUNT(...) (sizeof(WORLD_WORDS(__VA_ARGS__)) / sizeof(uint64_t) - 1)
/** world_invoke(thread, cap, label, words...) and world_refused(error, thread, cap, label, words...). */
#define world_invoke(thread, cap, label, ...)                                                                          \
    world_invoke_words(thread, cap, label, WORLD_WORDS(__VA_ARGS__), WORLD_COUNT(__VA_ARGS__))
#define world_refused(error, thread, cap, label, ...)                                                                  \
    world_refused_words(thread, cap, label, WORLD_WORDS(__VA_ARGS__), WORLD_COUNT(__VA_ARGS__), error)
/** By world.init, expected to succeed. */
#define world_do(cap, label, ...) assert_int_equal(world_invoke(world.init.tcb, cap, label, __VA_ARGS__), SEL_ERROR_OK)

/** Messages of up to eight words: `word` is word 0, the others are word + 1, word + 2, ... */
uint64_t world_ipc_call(struct tcb *thread, uint64_t endpoint, uint64_t label, uint64_t length, uint64_t word);
uint64_t world_send(struct tcb *thread, uint64_t endpoint, uint64_t label, uint64_t length, uint64_t word);
uint64_t world_nb_send(struct tcb *thread, uint64_t endpoint, uint64_t label, uint64_t length, uint64_t word);
uint64_t world_recv(struct tcb *thread, uint64_t endpoint, uint64_t reply);
uint64_t world_nb_recv(struct tcb *thread, uint64_t endpoint, uint64_t reply);
uint64_t world_reply_recv(struct tcb *thread, uint64_t endpoint, uint64_t reply, uint64_t label, uint64_t length,
                          uint64_t word);
uint64_t world_signal(struct tcb *thread, uint64_t notification);
uint64_t world_wait(struct tcb *thread, uint64_t notification);
uint64_t world_poll(struct tcb *thread, uint64_t notification);

/** What the thread's registers hold on its return. */
uint64_t world_status(const struct tcb *thread);
uint64_t world_tag(const struct tcb *thread);
uint64_t world_badge(const struct tcb *thread);
uint64_t world_reply_status(const struct tcb *thread);
uint64_t world_word(const struct tcb *thread, uint64_t index);

/** The thread faults (kernel/api/entry.h); words not given are 0. */
void world_fault(struct tcb *thread, uint64_t label, const uint64_t *word, uint64_t length);

/* --- the machine --- */

/** Make a runnable thread the current one, whatever its priority. */
void world_switch(struct tcb *thread);
/** Leave the kernel: choose who runs, then serve every interrupt that waits. */
void world_exit(void);
/** Time passes; the timer fires at each of its deadlines on the way. */
void world_advance(uint64_t ticks);
uint64_t world_ticks(uint64_t time_ns);
/** Raise a device interrupt and serve it. */
void world_irq(uint64_t irq);
/** Whether the thread is the current one, or would be chosen if those before it stopped. */
bool world_is_runnable(const struct tcb *thread);

/** All invariants of the kernel's state, over every object reachable from the world's capabilities (check.c). */
void world_check(void);
/** The same over the derivation lists that begin in these slots: all there are. */
void world_check_lists(struct slot *const *first, unsigned int count);
