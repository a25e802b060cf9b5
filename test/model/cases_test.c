/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Sequences in which kernel and model once differed, shrunk: each was a defect of the kernel, or the last one of the model, named by what is right.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "test/model/lockstep.h"
#include "test/model/parts.h"

static void assert_agree(const struct step *steps, size_t count)
{
    const char *difference = lockstep_replay(steps, count);
    if (difference != NULL) {
        print_error("%s", difference);
    }
    assert_null(difference);
}

/* --- the few sequences that are written, not found --- */

#define PLAN_MAX 64

static struct step plan[PLAN_MAX];
static size_t plan_count;

static struct step *add(uint8_t number, uint64_t cap)
{
    assert_true(plan_count < PLAN_MAX);
    plan[plan_count] = (struct step){.kind = STEP_SYSCALL, .number = number, .exit_state = 1, .cap = cap};
    return &plan[plan_count++];
}

static void add_words(uint64_t cap, uint64_t label, const uint64_t *word, size_t count)
{
    struct step *step = add(SYSCALL_CALL, cap);
    step->tag = tag_make(label, count, 0);
    for (size_t i = 0; i < count; i++) {
        step->word[i] = word[i];
    }
}

#define INVOKE(cap, label, ...)                                                                                        \
    add_words(cap, label, (const uint64_t[]){__VA_ARGS__}, sizeof((const uint64_t[]){__VA_ARGS__}) / sizeof(uint64_t))

/** Up to its resumption; the slots are its TCB's and its context's. */
static void add_thread(uint64_t slot, uint64_t priority)
{
    INVOKE(SLOT_UNTYPED, METHOD_UNTYPED_RETYPE, OBJECT_TYPE_TCB, 0, SLOT_CNODE, slot, 1);
    INVOKE(SLOT_UNTYPED, METHOD_UNTYPED_RETYPE, OBJECT_TYPE_SCHED_CONTEXT, 0, SLOT_CNODE, slot + 1, 1);
    INVOKE(slot, METHOD_TCB_CONFIGURE, SLOT_CNODE, SLOT_VSPACE, 0, 0);
    INVOKE(slot, METHOD_TCB_SET_PRIORITY, SLOT_TCB, priority, 255);
    INVOKE(SLOT_SCHED_CONTROL, METHOD_SCHED_CONTROL_CONFIGURE, slot + 1, 10000000, 10000000, 0, 0);
    INVOKE(slot + 1, METHOD_SCHED_CONTEXT_BIND, slot);
    add_words(slot, METHOD_TCB_RESUME, NULL, 0);
}

/** An interrupt wakes the first thread in the middle of the worker's walk; it raises the last sender, and waits again. */
static void a_cancelled_sender_cannot_move_in_front_of_the_walk(void **state)
{
    (void)state;
    enum {
        ENDPOINT = 0x40,
        NOTIFICATION,
        BADGED,
        HANDLER,
        IDLE,
        SENDER = 0x50,
        WORKER = 0x60,
        IRQ = MODEL_IRQ_FREE
    };
    plan_count = 0;
    INVOKE(SLOT_UNTYPED, METHOD_UNTYPED_RETYPE, OBJECT_TYPE_ENDPOINT, 0, SLOT_CNODE, ENDPOINT, 1);
    INVOKE(SLOT_UNTYPED, METHOD_UNTYPED_RETYPE, OBJECT_TYPE_NOTIFICATION, 0, SLOT_CNODE, NOTIFICATION, 1);
    INVOKE(SLOT_UNTYPED, METHOD_UNTYPED_RETYPE, OBJECT_TYPE_NOTIFICATION, 0, SLOT_CNODE, IDLE, 1);
    INVOKE(SLOT_CNODE, METHOD_CNODE_MINT, BADGED, SLOT_CNODE, ENDPOINT, SEL_RIGHT_ALL, 5);
    INVOKE(SLOT_IRQ_CONTROL, METHOD_IRQ_CONTROL_GET, IRQ, 0, SLOT_CNODE, HANDLER);
    INVOKE(HANDLER, METHOD_IRQ_HANDLER_SET_NOTIFICATION, NOTIFICATION);
    add_words(HANDLER, METHOD_IRQ_HANDLER_ACKNOWLEDGE, NULL, 0);
    for (uint64_t i = 0; i < 3; i++) {
        add_thread(SENDER + 2 * i, WORLD_INIT_PRIORITY + 10);
        add(SYSCALL_SEND, BADGED);
    }
    add_thread(WORKER, WORLD_INIT_PRIORITY - 10);
    add(SYSCALL_WAIT, NOTIFICATION);
    INVOKE(SLOT_CNODE, METHOD_CNODE_CANCEL_BADGED_SENDS, BADGED);
    plan[plan_count - 1].preempt_after = 1;
    plan[plan_count - 1].preempt_irq = IRQ;
    add(SYSCALL_WAIT, IDLE); /* the first sender, cancelled */
    INVOKE(SENDER + 4, METHOD_TCB_SET_PRIORITY, SLOT_TCB, WORLD_INIT_PRIORITY + 20, 255);
    add(SYSCALL_WAIT, NOTIFICATION);
    add(SYSCALL_YIELD, 0); /* the worker's call again */
    assert_agree(plan, plan_count);
    assert_int_equal(lockstep_run(plan, plan_count, NULL), LOCKSTEP_AGREE);
    assert_int_equal(model.thread[model.current].priority, WORLD_INIT_PRIORITY + 20);
    for (unsigned int id = 1; id < MODEL_THREADS; id++) {
        assert_int_not_equal(model.thread[id].state, MODEL_SEND);
    }
}

static void an_invocation_with_capabilities_needs_no_right(void **state)
{
    (void)state;
    static const struct step steps[] = {
        {.kind = 1, .number = 1, .exit_state = 1, .cap = 7, .tag = 0x10004, .word = {0x23, 0x0, 0x1, 0xbd}},
        {.kind = 1, .number = 1, .exit_state = 1, .cap = 0xbd, .tag = 0x20080},
    };
    assert_agree(steps, sizeof(steps) / sizeof(steps[0]));
}

static void words_of_a_fault_that_arrived_are_not_told(void **state)
{
    (void)state;
    static const struct step steps[] = {
        {.kind = 1, .number = 1, .exit_state = 1, .cap = 3, .tag = 0x10005, .word = {0x4, 0x0, 0x1, 0xb7, 0x2}},
        {.kind = 1, .number = 1, .exit_state = 1, .cap = 3, .tag = 0x10005, .word = {0x3, 0x0, 0x1, 0xd5, 0x1}},
        {.kind = 1, .number = 1, .exit_state = 1, .cap = 3, .tag = 0x10005, .word = {0x7, 0x0, 0x1, 0xd7, 0x1}},
        {.kind = 1, .number = 1, .exit_state = 1, .cap = 0xd5, .tag = 0x10004, .word = {0x1, 0x2}},
        {.kind = 1, .number = 1, .exit_state = 1, .cap = 0xd5, .tag = 0x20003, .word = {0xa, 0x66}},
        {.kind = 1, .number = 1, .exit_state = 1, .cap = 6, .tag = 0x10005, .word = {0xd7, 0x1e8480, 0x1e8480}},
        {.kind = 1, .number = 1, .exit_state = 1, .cap = 0xd7, .tag = 0x10001, .word = {0xd5}},
        {.kind = 1, .number = 1, .exit_state = 1, .cap = 0xd5, .tag = 0x80000},
        {.kind = 1, .number = 1, .exit_state = 1, .cap = 3, .tag = 0x10005, .word = {0x6, 0x0, 0x1, 0xbd, 0x3}},
        {.kind = 1, .number = 1, .exit_state = 1, .cap = 0xd5, .tag = 0x30001, .word = {0xb8}},
        {.kind = 1, .number = 1, .exit_state = 1, .cap = 1, .tag = 0x20005, .word = {0xee, 0x1, 0xb8, 0x1}},
        {.kind = 4, .number = 1, .exit_state = 1, .word = {0x0, 0x0, 0x1}},
        {.kind = 1, .number = 1, .exit_state = 1, .cap = 3, .tag = 0x10005, .word = {0x3, 0x0, 0x1, 0x60, 0x1}},
        {.kind = 1, .number = 1, .exit_state = 1, .cap = 3, .tag = 0x10005, .word = {0x7, 0x0, 0x1, 0x62, 0x1}},
        {.kind = 1, .number = 1, .exit_state = 1, .cap = 0x60, .tag = 0x10004, .word = {0x1, 0x2}},
        {.kind = 1, .number = 1, .exit_state = 1, .cap = 0x60, .tag = 0x20003, .word = {0xa, 0x8d}},
        {.kind = 1, .number = 1, .exit_state = 1, .cap = 6, .tag = 0x10005, .word = {0x62, 0x9c40, 0x9c40}},
        {.kind = 1, .number = 1, .exit_state = 1, .cap = 0x62, .tag = 0x10001, .word = {0x60}},
        {.kind = 1, .number = 1, .exit_state = 1, .cap = 0x60, .tag = 0x80000},
        {.kind = 1, .number = 2, .exit_state = 1, .cap = 0xee, .tag = 0x20007, .reply = 0xbf},
        {.kind = 1, .number = 1, .exit_state = 1, .cap = 0x60, .tag = 0x70000},
    };
    assert_agree(steps, sizeof(steps) / sizeof(steps[0]));
}

static void a_context_that_was_not_donated_leaves_the_chain(void **state)
{
    (void)state;
    static const struct step steps[] = {
        {.kind = 1, .number = 1, .exit_state = 1, .cap = 3, .tag = 0x10005, .word = {0x4, 0x0, 0x1, 0x5a, 0x3}},
        {.kind = 1, .number = 1, .exit_state = 1, .cap = 3, .tag = 0x10005, .word = {0x6, 0x0, 0x1, 0x5e, 0x3}},
        {.kind = 1, .number = 1, .exit_state = 1, .cap = 3, .tag = 0x10005, .word = {0x3, 0x0, 0x1, 0xc2, 0x1}},
        {.kind = 1, .number = 1, .exit_state = 1, .cap = 3, .tag = 0x10005, .word = {0x7, 0x0, 0x1, 0xc4, 0x1}},
        {.kind = 1, .number = 1, .exit_state = 1, .cap = 0xc2, .tag = 0x10004, .word = {0x1, 0x2}},
        {.kind = 1, .number = 1, .exit_state = 1, .cap = 0xc2, .tag = 0x20003, .word = {0xa, 0x95}},
        {.kind = 1, .number = 1, .exit_state = 1, .cap = 6, .tag = 0x10005, .word = {0xc4, 0x186a0, 0x186a0}},
        {.kind = 1, .number = 1, .exit_state = 1, .cap = 0xc4, .tag = 0x10001, .word = {0xc2}},
        {.kind = 1, .number = 1, .exit_state = 1, .cap = 0xc2, .tag = 0x80000},
        {.kind = 1, .number = 5, .exit_state = 1, .cap = 0x5b, .tag = 0x10005, .reply = 0x5f},
        {.kind = 1, .number = 1, .exit_state = 1, .cap = 0xc4, .tag = 0x20000},
        {.kind = 1, .number = 1, .exit_state = 1, .cap = 3, .tag = 0x10005, .word = {0x3, 0x0, 0x1, 0xef, 0x1}},
        {.kind = 1, .number = 1, .exit_state = 1, .cap = 3, .tag = 0x10005, .word = {0x7, 0x0, 0x1, 0xf1, 0x1}},
        {.kind = 1, .number = 1, .exit_state = 1, .cap = 0xef, .tag = 0x10004, .word = {0x1, 0x2}},
        {.kind = 1, .number = 1, .exit_state = 1, .cap = 0xef, .tag = 0x20003, .word = {0xa, 0x94}},
        {.kind = 1, .number = 1, .exit_state = 1, .cap = 6, .tag = 0x10005, .word = {0xf1, 0xf4240, 0x1e8480}},
        {.kind = 1, .number = 1, .exit_state = 1, .cap = 0xf1, .tag = 0x10001, .word = {0xef}},
        {.kind = 1, .number = 1, .exit_state = 1, .cap = 0xef, .tag = 0x80000},
        {.kind = 1, .number = 5, .exit_state = 1, .cap = 0x5c, .tag = 0x10003, .reply = 0x60},
        {.kind = 1, .number = 1, .exit_state = 1, .cap = 0xf1, .tag = 0x20000},
        {.kind = 1, .number = 1, .exit_state = 1, .cap = 0x5c, .tag = 0x10008},
        {.kind = 1, .number = 1, .exit_state = 1, .cap = 0x5b, .tag = 0x10001},
        {.kind = 1, .number = 1, .exit_state = 1, .cap = 0xf1, .tag = 0x10001, .word = {0xef}},
        {.kind = 1, .number = 1, .exit_state = 1, .cap = 0xf1, .tag = 0x20000},
    };
    assert_agree(steps, sizeof(steps) / sizeof(steps[0]));
}

static void a_server_with_time_at_home_takes_signals(void **state)
{
    (void)state;
    static const struct step steps[] = {
        {.kind = 1, .number = 1, .exit_state = 1, .cap = 3, .tag = 0x10005, .word = {0x5, 0x0, 0x1, 0x42, 0x1}},
        {.kind = 1, .number = 1, .exit_state = 1, .cap = 3, .tag = 0x10005, .word = {0x4, 0x0, 0x1, 0x60, 0x1}},
        {.kind = 1, .number = 1, .exit_state = 1, .cap = 3, .tag = 0x10005, .word = {0x6, 0x0, 0x1, 0x64, 0x1}},
        {.kind = 1, .number = 1, .exit_state = 1, .cap = 3, .tag = 0x10005, .word = {0x3, 0x0, 0x1, 0x16, 0x1}},
        {.kind = 1, .number = 1, .exit_state = 1, .cap = 3, .tag = 0x10005, .word = {0x7, 0x0, 0x1, 0x18, 0x1}},
        {.kind = 1, .number = 1, .exit_state = 1, .cap = 0x16, .tag = 0x10004, .word = {0x1, 0x2}},
        {.kind = 1, .number = 1, .exit_state = 1, .cap = 0x16, .tag = 0x20003, .word = {0xa, 0x96}},
        {.kind = 1, .number = 1, .exit_state = 1, .cap = 6, .tag = 0x10005, .word = {0x18, 0x4c4b40, 0x989680}},
        {.kind = 1, .number = 1, .exit_state = 1, .cap = 0x18, .tag = 0x10001, .word = {0x16}},
        {.kind = 1, .number = 1, .exit_state = 1, .cap = 0x16, .tag = 0x80000},
        {.kind = 1, .number = 5, .exit_state = 1, .cap = 0x60, .tag = 0x10005, .reply = 0x64},
        {.kind = 1, .number = 1, .exit_state = 1, .cap = 3, .tag = 0x10005, .word = {0x7, 0x0, 0x1, 0x13, 0x1}},
        {.kind = 1, .number = 1, .exit_state = 1, .cap = 6, .tag = 0x10005, .word = {0x13, 0x2ee0, 0x98a620}},
        {.kind = 1, .number = 1, .exit_state = 1, .cap = 0x18, .tag = 0x20000},
        {.kind = 1, .number = 7, .exit_state = 1, .cap = 0x42, .tag = 0x70003},
        {.kind = 1, .number = 1, .exit_state = 1, .cap = 0x60, .tag = 0x40186},
        {.kind = 1, .number = 1, .exit_state = 1, .cap = 0x13, .tag = 0x10001, .word = {0x16}},
        {.kind = 1, .number = 1, .exit_state = 1, .cap = 1, .tag = 0x50001, .word = {0x64}},
        {.kind = 1, .number = 8, .exit_state = 1, .cap = 0x42, .tag = 0x20009},
    };
    assert_agree(steps, sizeof(steps) / sizeof(steps[0]));
}

/** Up to its resumption; it waits at `endpoint` with `reply` and has no time of its own any more. */
static void add_server(uint64_t slot, uint64_t priority, uint64_t endpoint, uint64_t reply)
{
    add_thread(slot, priority);
    add(SYSCALL_RECV, endpoint)->reply = reply;
    add_words(slot + 1, METHOD_SCHED_CONTEXT_UNBIND, NULL, 0);
}

/** The context travels along two calls; its last server takes it from its owner, then from itself. */
static void who_holds_a_context_again_loses_it_with_its_call(void **state)
{
    (void)state;
    enum {
        NEAR = 0x30,
        FAR,
        REPLY_NEAR,
        REPLY_FAR,
        LAST = 0x50,
        MIDDLE = 0x60,
        OWNER = 0x70
    };
    plan_count = 0;
    INVOKE(SLOT_UNTYPED, METHOD_UNTYPED_RETYPE, OBJECT_TYPE_ENDPOINT, 0, SLOT_CNODE, NEAR, 2);
    INVOKE(SLOT_UNTYPED, METHOD_UNTYPED_RETYPE, OBJECT_TYPE_REPLY, 0, SLOT_CNODE, REPLY_NEAR, 2);
    add_server(LAST, WORLD_INIT_PRIORITY + 30, FAR, REPLY_FAR);
    add_server(MIDDLE, WORLD_INIT_PRIORITY + 20, NEAR, REPLY_NEAR);
    add_thread(OWNER, WORLD_INIT_PRIORITY + 10);
    add(SYSCALL_CALL, NEAR);
    add(SYSCALL_CALL, FAR);
    add_words(OWNER + 1, METHOD_SCHED_CONTEXT_UNBIND, NULL, 0);
    INVOKE(OWNER + 1, METHOD_SCHED_CONTEXT_BIND, LAST);
    add_words(OWNER + 1, METHOD_SCHED_CONTEXT_UNBIND, NULL, 0);
    INVOKE(OWNER + 1, METHOD_SCHED_CONTEXT_BIND, MIDDLE);
    add_words(OWNER + 1, METHOD_SCHED_CONTEXT_UNBIND, NULL, 0);
    assert_agree(plan, plan_count);
}

/** A server runs on a client's time while a context that became its own is still with whom it was donated to, and calls on. */
static void a_context_that_loses_its_home_leaves_other_chains(void **state)
{
    (void)state;
    enum {
        FIRST = 0x30,
        SERVICE,
        SECOND,
        REPLY_FIRST,
        REPLY_SERVICE,
        REPLY_SECOND,
        WORKER = 0x50,
        OWNER = 0x58,
        HELPER = 0x60,
        ELDER = 0x68,
        CLIENT = 0x70,
    };
    plan_count = 0;
    INVOKE(SLOT_UNTYPED, METHOD_UNTYPED_RETYPE, OBJECT_TYPE_ENDPOINT, 0, SLOT_CNODE, FIRST, 3);
    INVOKE(SLOT_UNTYPED, METHOD_UNTYPED_RETYPE, OBJECT_TYPE_REPLY, 0, SLOT_CNODE, REPLY_FIRST, 3);
    add_server(WORKER, WORLD_INIT_PRIORITY + 10, FIRST, REPLY_FIRST);
    add_server(OWNER, WORLD_INIT_PRIORITY + 20, SERVICE, REPLY_SERVICE);
    add_server(HELPER, WORLD_INIT_PRIORITY + 30, SECOND, REPLY_SECOND);
    add_thread(ELDER, WORLD_INIT_PRIORITY + 10);
    add(SYSCALL_CALL, FIRST);
    add_words(ELDER + 1, METHOD_SCHED_CONTEXT_UNBIND, NULL, 0);
    INVOKE(ELDER + 1, METHOD_SCHED_CONTEXT_BIND, OWNER);
    add_thread(CLIENT, WORLD_INIT_PRIORITY + 20);
    add(SYSCALL_CALL, SERVICE);
    add(SYSCALL_CALL, SECOND);
    add_words(ELDER + 1, METHOD_SCHED_CONTEXT_UNBIND, NULL, 0);
    struct step *answer = add(SYSCALL_REPLY_RECV, SECOND);
    answer->reply = REPLY_SECOND;
    assert_agree(plan, plan_count);
    assert_int_equal(lockstep_run(plan, plan_count, NULL), LOCKSTEP_AGREE);
    assert_int_equal(model.thread[model.current].priority, WORLD_INIT_PRIORITY + 20);
}

/** The model once told it anew only if the timer got another interrupt. */
static void a_configured_timer_tells_a_waiting_exit_anew(void **state)
{
    (void)state;
    static const struct step steps[] = {
        {.kind = 1, .number = 1, .exit_state = 1, .cap = 3, .tag = 0x10005, .word = {0x4, 0x0, 0x1, 0x50, 0x4}},
        {.kind = 1, .number = 1, .exit_state = 1, .cap = 3, .tag = 0x10005, .word = {0x12, 0xe, 0x1, 0xa0, 0x1}},
        {.kind = 1, .number = 1, .exit_state = 1, .cap = 3, .tag = 0x10005, .word = {0xc, 0x0, 0x1, 0xa1, 0x1}},
        {.kind = 1, .number = 1, .exit_state = 1, .cap = 3, .tag = 0x10005, .word = {0x3, 0x0, 0x1, 0xb3, 0x1}},
        {.kind = 1, .number = 1, .exit_state = 1, .cap = 3, .tag = 0x10005, .word = {0x7, 0x0, 0x1, 0xb5, 0x1}},
        {.kind = 1, .number = 1, .exit_state = 1, .cap = 0xb3, .tag = 0x10004, .word = {0x1, 0xa0}},
        {.kind = 1, .number = 1, .exit_state = 1, .cap = 0xb3, .tag = 0x20003, .word = {0xa, 0x64}},
        {.kind = 1, .number = 1, .exit_state = 1, .cap = 6, .tag = 0x10005, .word = {0xb5, 0x989680, 0x989680}},
        {.kind = 1, .number = 1, .exit_state = 1, .cap = 0xb5, .tag = 0x10001, .word = {0xb3}},
        {.kind = 1, .number = 1, .exit_state = 1, .cap = 0xb3, .tag = 0xb0001, .word = {0xa1}},
        {.kind = 1, .number = 1, .exit_state = 1, .cap = 0xb3, .tag = 0x30001, .word = {0x51}},
        {.kind = 1, .number = 1, .exit_state = 1, .cap = 0xb3, .tag = 0x80000},
        {.kind = 1, .number = 1, .exit_state = 1, .cap = 0xa1, .tag = 0x40004, .word = {0x0, 0x1c}},
        {.kind = 2, .exit_state = 1, .ticks = 0x98968},
        {.kind = 4, .number = 5, .exit_state = 1, .word = {0x100000000}},
        {.kind = 1, .number = 1, .exit_state = 1, .cap = 0xa1, .tag = 0x40004, .word = {0x0, 0x1c}},
    };
    assert_agree(steps, sizeof(steps) / sizeof(steps[0]));
}

/* --- how a difference is told --- */

/** Of a field of two words the one that differs. */
static void an_equal_half_is_no_difference(void **state)
{
    (void)state;
    static struct model expected;
    static struct model found;
    char text[256];
    lockstep_begin();
    expected = found = model;
    found.context[0].refill[1].release++;
    assert_int_equal(lockstep_diff(&expected, &found, text, sizeof(text)), 1);
    assert_non_null(strchr(text, '\n'));
    assert_null(strchr(strchr(text, '\n') + 1, '\n'));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(an_equal_half_is_no_difference),
        cmocka_unit_test(a_cancelled_sender_cannot_move_in_front_of_the_walk),
        cmocka_unit_test(an_invocation_with_capabilities_needs_no_right),
        cmocka_unit_test(words_of_a_fault_that_arrived_are_not_told),
        cmocka_unit_test(a_context_that_was_not_donated_leaves_the_chain),
        cmocka_unit_test(a_server_with_time_at_home_takes_signals),
        cmocka_unit_test(who_holds_a_context_again_loses_it_with_its_call),
        cmocka_unit_test(a_context_that_loses_its_home_leaves_other_chains),
        cmocka_unit_test(a_configured_timer_tells_a_waiting_exit_anew),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
