/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * General registers. Every register holds a value that names its owner and itself before each entry; what is found afterwards must be
 * the own value, a result by the ABI, or zero (libsel/abi/syscalls.yaml).
 */
#include "capture.h"
#include "test/system/lib/check.h"
#include "test/system/lib/world.h"
#include "tests.h"

#define MINE         0x1111000000000000ull
#define THEIRS       0x7777000000000000ull
#define OWNER(value) ((value) & 0xffff000000000000ull)
#define NZCV_MINE    0xa0000000ull

/* Modes of Arm ARM DDI 0487, C5.2.19 (SPSR_EL2.M); D, A, I, F are bits 9..6. */
#define PSTATE_EL2H       0x3c9ull
#define PSTATE_EL1H       0x500003c5ull
#define PSTATE_EL0_MASKED 0x3c0ull
#define PSTATE_FLAGS      0xf0000000ull

static sel_cap_t endpoint;
static sel_cap_t reply;
static sel_cap_t notification;

static struct capture poison(uint64_t owner)
{
    struct capture state = {.nzcv = owner == MINE ? NZCV_MINE : 0x50000000};

    for (uint64_t i = 0; i < 31; i++) {
        state.x[i] = owner | 0x123400 | i;
    }
    return state;
}

static bool is_message_register(uint64_t i)
{
    return (i >= 9 && i <= 15) || i == 18;
}

static bool is_result_register(uint64_t i)
{
    return i < 4;
}

/** After a system call: preserved ones are the own, the rest is a result or a message word or zero. */
static void expect_scrubbed(const struct capture *in, const struct capture *out)
{
    for (uint64_t i = 0; i < 31; i++) {
        if (i >= 19) {
            CHECK_EQUAL(out->x[i], in->x[i]);
        } else if (!is_result_register(i) && !is_message_register(i)) {
            CHECK_EQUAL(out->x[i], 0);
        }
    }
}

/** Nothing anywhere has the other's mark. */
static void expect_none_of_theirs(const struct capture *out, bool with_message)
{
    for (uint64_t i = 0; i < 31; i++) {
        if (with_message || !is_message_register(i)) {
            CHECK(OWNER(out->x[i]) != THEIRS);
        }
    }
}

void a_system_call_keeps_what_the_abi_says(void)
{
    struct capture in = poison(MINE);
    struct capture out;

    in.x[8] = SYSCALL_YIELD;
    capture_system_call(&in, &out);
    CHECK_EQUAL(out.x[0], SEL_ERROR_OK);
    expect_scrubbed(&in, &out);
}

void every_system_call_scrubs_the_rest(void)
{
    notification = world_make(OBJECT_TYPE_NOTIFICATION, 0);
    endpoint = world_make(OBJECT_TYPE_ENDPOINT, 0);
    for (uint64_t number = SYSCALL_CALL; number <= SYSCALL_YIELD; number++) {
        bool is_for_notification = number == SYSCALL_SIGNAL || number == SYSCALL_POLL;
        struct capture in = poison(MINE);
        struct capture out;
        in.x[8] = number;
        in.x[1] = tag_make(1, 3, 0);
        in.x[2] = 0;
        /* Only calls that cannot block are given a valid capability; the others are refused, which is an entry like any. */
        bool can_block = number == SYSCALL_CALL || number == SYSCALL_SEND || number == SYSCALL_RECV ||
                         number == SYSCALL_REPLY_RECV || number == SYSCALL_WAIT || number == SYSCALL_NB_SEND_RECV;
        in.x[0] = can_block ? 0 : is_for_notification ? notification : endpoint;
        in.x[3] = 0;
        capture_system_call(&in, &out);
        expect_scrubbed(&in, &out);
        CHECK(out.x[0] < SEL_ERROR_COUNT);
    }
}

static void send_poisoned(void *argument)
{
    struct capture in = poison(THEIRS);
    struct capture out;

    (void)argument;
    in.x[0] = endpoint;
    in.x[1] = tag_make(1, 3, 0);
    in.x[2] = 0;
    in.x[8] = SYSCALL_SEND;
    capture_system_call(&in, &out);
}

void a_receiver_sees_nothing_of_the_sender_but_the_message(void)
{
    struct capture in = poison(MINE);
    struct capture out;

    endpoint = world_make(OBJECT_TYPE_ENDPOINT, 0);
    world_start(world_thread(send_poisoned, NULL, WORLD_PRIORITY - 10));
    in.x[0] = endpoint;
    in.x[2] = 0;
    in.x[8] = SYSCALL_RECV;
    capture_system_call(&in, &out);
    CHECK_EQUAL(out.x[0], SEL_ERROR_OK);
    CHECK_EQUAL(out.x[1], tag_make(1, 3, 0));
    for (uint64_t i = 0; i < 3; i++) {
        CHECK_EQUAL(out.x[9 + i], THEIRS | 0x123400 | (9 + i));
    }
    expect_scrubbed(&in, &out);
    expect_none_of_theirs(&out, false); /* the eight message words travel always: the stub answers for them */
}

static void answer_poisoned(void *argument)
{
    struct capture in = poison(THEIRS);
    struct capture out;
    struct sel_message message = {0};

    (void)argument;
    (void)sel_recv_message(endpoint, reply, &message);
    in.x[0] = endpoint;
    in.x[1] = tag_make(2, 1, 0);
    in.x[2] = reply;
    in.x[8] = SYSCALL_REPLY_RECV;
    capture_system_call(&in, &out);
}

void a_caller_sees_nothing_of_its_server_but_the_answer(void)
{
    struct capture in = poison(MINE);
    struct capture out;

    endpoint = world_make(OBJECT_TYPE_ENDPOINT, 0);
    reply = world_make(OBJECT_TYPE_REPLY, 0);
    world_start(world_thread(answer_poisoned, NULL, WORLD_PRIORITY - 10));
    world_sleep_ms(2);
    in.x[0] = endpoint;
    in.x[1] = tag_make(1, 0, 0);
    in.x[8] = SYSCALL_CALL;
    capture_system_call(&in, &out);
    CHECK_EQUAL(out.x[0], SEL_ERROR_OK);
    CHECK_EQUAL(out.x[9], THEIRS | 0x123409);
    expect_scrubbed(&in, &out);
    expect_none_of_theirs(&out, false);
}

static void signal_poisoned(void *argument)
{
    struct capture in = poison(THEIRS);
    struct capture out;

    (void)argument;
    in.x[0] = notification;
    in.x[8] = SYSCALL_SIGNAL;
    capture_system_call(&in, &out);
}

void a_waiter_sees_nothing_of_the_signaller(void)
{
    struct capture in = poison(MINE);
    struct capture out;

    notification = world_make(OBJECT_TYPE_NOTIFICATION, 0);
    sel_cap_t wait = notification;
    notification = world_mint(wait, SEL_RIGHT_WRITE, 0x30);
    world_start(world_thread(signal_poisoned, NULL, WORLD_PRIORITY - 10));
    in.x[0] = wait;
    in.x[2] = 0; /* nothing to acknowledge */
    in.x[8] = SYSCALL_WAIT;
    capture_system_call(&in, &out);
    CHECK_EQUAL(out.x[0], SEL_ERROR_OK);
    CHECK_EQUAL(out.x[2], 0x30);
    expect_scrubbed(&in, &out);
    expect_none_of_theirs(&out, true);
}

static void fault_poisoned(void *argument)
{
    struct capture in = poison(THEIRS);
    struct capture out;

    (void)argument;
    in.x[8] = 99; /* no system call */
    capture_system_call(&in, &out);
}

void a_fault_handler_sees_nothing_of_the_victim(void)
{
    struct capture in = poison(MINE);
    struct capture out;

    endpoint = world_make(OBJECT_TYPE_ENDPOINT, 0);
    reply = world_make(OBJECT_TYPE_REPLY, 0);
    struct world_thread *victim = world_thread(fault_poisoned, NULL, WORLD_PRIORITY - 10);
    CHECK_EQUAL(sel_tcb_set_fault_handler(victim->tcb, world_mint(endpoint, SEL_RIGHT_WRITE | SEL_RIGHT_GRANT, 1)),
                SEL_ERROR_OK);
    world_start(victim);
    in.x[0] = endpoint;
    in.x[2] = reply;
    in.x[8] = SYSCALL_RECV;
    capture_system_call(&in, &out);
    CHECK_EQUAL(tag_label(out.x[1]), FAULT_SYSTEM_CALL);
    CHECK_EQUAL(out.x[11], THEIRS | 0x123400); /* words 2, 3: its x0 and x1, as the fault says */
    CHECK_EQUAL(out.x[12], THEIRS | 0x123401);
    expect_scrubbed(&in, &out);
    expect_none_of_theirs(&out, false);
    for (uint64_t i = 13; i <= 15; i++) {
        CHECK(OWNER(out.x[i]) != THEIRS); /* words beyond the fault's length come from the kernel alone */
    }
    CHECK(OWNER(out.x[18]) != THEIRS);
}

static volatile uint64_t is_over;
static struct capture preempted_out;

static void run_until_over(void *argument)
{
    struct capture in = poison(THEIRS);

    (void)argument;
    capture_until(&in, &preempted_out, &is_over);
}

void preemption_keeps_every_register(void)
{
    struct capture in = poison(THEIRS);
    struct capture mine = poison(MINE);
    struct capture out;

    is_over = 0;
    struct world_thread *thread = world_thread(run_until_over, NULL, WORLD_PRIORITY - 10);
    world_start(thread);
    for (uint64_t i = 0; i < 20; i++) {
        world_sleep_ms(1);
        mine.x[8] = SYSCALL_YIELD;
        capture_system_call(&mine, &out);
    }
    is_over = 1;
    world_join(thread);
    for (uint64_t i = 0; i < 31; i++) {
        if (i != 27 && i != 28) {
            CHECK_EQUAL(preempted_out.x[i], in.x[i]);
        }
    }
    CHECK_EQUAL(preempted_out.nzcv, in.nzcv);
}

void a_new_thread_starts_with_clean_registers(void)
{
    uint64_t registers[THREAD_REG_COUNT];
    sel_cap_t tcb = world_make(OBJECT_TYPE_TCB, 0);

    CHECK_EQUAL(sel_tcb_read_registers(tcb, 0, THREAD_REG_COUNT, registers), SEL_ERROR_OK);
    for (uint64_t i = 0; i < THREAD_REG_COUNT; i++) {
        if (i != THREAD_REG_PSTATE) {
            CHECK_EQUAL(registers[i], 0);
        }
    }
    CHECK_EQUAL(registers[THREAD_REG_PSTATE] & ~0xf0000000ull & 0x1f, 0); /* EL0, AArch64 */
}

/** Who may write a thread's registers still runs nobody above EL0 or with interrupts off: of PSTATE the flags are taken. */
void nobody_is_given_a_mode(void)
{
    static const uint64_t wanted[] = {PSTATE_EL2H, PSTATE_EL1H, PSTATE_EL0_MASKED, ~0ull};
    sel_cap_t tcb = world_make(OBJECT_TYPE_TCB, 0);

    for (uint64_t i = 0; i < sizeof(wanted) / sizeof(wanted[0]); i++) {
        uint64_t pstate = wanted[i];
        CHECK_EQUAL(sel_tcb_write_registers(tcb, THREAD_REG_PSTATE, 1, &pstate), SEL_ERROR_OK);
        CHECK_EQUAL(sel_tcb_read_registers(tcb, THREAD_REG_PSTATE, 1, &pstate), SEL_ERROR_OK);
        CHECK_EQUAL(pstate, wanted[i] & PSTATE_FLAGS);
    }
}

static volatile uint64_t seen_tpidr;

static void change_thread_register(void *argument)
{
    uint64_t own = 0;

    __asm__ volatile("mrs %0, tpidr_el0\n"
                     "msr tpidr_el0, %2\n"
                     "mrs %1, tpidr_el0\n"
                     "msr tpidr_el0, %0\n"
                     : "=&r"(own), "=&r"(seen_tpidr)
                     : "r"(argument));
}

void thread_registers_are_each_threads_own(void)
{
    uint64_t before = 0;
    uint64_t after = 0;
    uint64_t read_only = ~0ull;

    __asm__ volatile("mrs %0, tpidr_el0" : "=r"(before));
    struct world_thread *thread = world_thread(change_thread_register, (void *)0x5555, WORLD_PRIORITY - 10);
    world_start(thread);
    world_join(thread);
    __asm__ volatile("mrs %0, tpidr_el0" : "=r"(after));
    __asm__ volatile("mrs %0, tpidrro_el0" : "=r"(read_only));
    CHECK_EQUAL(seen_tpidr, 0x5555);
    CHECK_EQUAL(after, before);
    CHECK_EQUAL(read_only, 0);
}
