/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Stages the rows about messages, signals, faults and yielding: programs of ipc_programs.S in two address spaces (one where the row says so),
 * at one priority unless the row is about two.
 */
#include "systems/bench/bench/rows.h"
#include "systems/bench/bench/stage.h"

#define HIGHER (STAGE_PRIORITY + 1)

PROGRAMS(ipc_programs);
PROGRAM(program_server);
PROGRAM(program_middle);
PROGRAM(program_waiter);
PROGRAM(program_yielder);
PROGRAM(program_fault_handler);

/* A row of round trips: where it begins, how many words travel each way, and how long its repetitions take. */
struct round_trip {
    const char *row;
    uint64_t words;
    uint64_t us;
};

static sel_cap_t space_new(void)
{
    return stage_space(&ipc_programs_pages);
}

static void start_server(sel_cap_t space, sel_cap_t endpoint, bool is_passive)
{
    sel_cap_t reply = stage_make(OBJECT_TYPE_REPLY, 0);
    struct stage_thread server = STAGE_THREAD(space, program_server, STAGE_PRIORITY, 0, endpoint, reply);

    if (is_passive) {
        stage_start_passive(&server);
    } else {
        stage_start(&server);
        stage_run_us(500);
    }
}

static void start_caller(sel_cap_t space, sel_cap_t endpoint, const struct round_trip *row)
{
    struct stage_thread caller = STAGE_THREAD(space, row->row, STAGE_PRIORITY, tag_make(0, row->words, 0), endpoint);

    stage_start(&caller);
    stage_run_us(row->us);
    stage_clear();
}

static void run_round_trips(void)
{
    PROGRAM(row_ipc_round_trip_0_words);
    PROGRAM(row_ipc_round_trip_4_words);
    PROGRAM(row_ipc_round_trip_8_words);
    PROGRAM(row_ipc_round_trip_64_words);
    PROGRAM(row_ipc_round_trip_120_words);
    static const struct round_trip rows[] = {
        {row_ipc_round_trip_0_words, 0, 10000},     {row_ipc_round_trip_4_words, 4, 10000},
        {row_ipc_round_trip_8_words, 8, 10000},     {row_ipc_round_trip_64_words, 64, 20000},
        {row_ipc_round_trip_120_words, 120, 25000},
    };

    for (uint64_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
        sel_cap_t endpoint = stage_make(OBJECT_TYPE_ENDPOINT, 0);
        start_server(space_new(), endpoint, true);
        start_caller(space_new(), endpoint, &rows[i]);
    }
}

static void run_other_servers(void)
{
    PROGRAM(row_ipc_same_process);
    PROGRAM(row_ipc_active_server);
    static const struct round_trip same = {row_ipc_same_process, 0, 10000};
    static const struct round_trip active = {row_ipc_active_server, 0, 15000};
    sel_cap_t endpoint = stage_make(OBJECT_TYPE_ENDPOINT, 0);
    sel_cap_t space = space_new();

    start_server(space, endpoint, true);
    start_caller(space, endpoint, &same);
    endpoint = stage_make(OBJECT_TYPE_ENDPOINT, 0);
    start_server(space_new(), endpoint, false);
    start_caller(space_new(), endpoint, &active);
}

/** `row->words` is the number of processes; all but the first are passive. */
static void run_chain(const struct round_trip *row)
{
    sel_cap_t next = stage_make(OBJECT_TYPE_ENDPOINT, 0);

    start_server(space_new(), next, true);
    for (uint64_t i = 2; i < row->words; i++) {
        sel_cap_t endpoint = stage_make(OBJECT_TYPE_ENDPOINT, 0);
        sel_cap_t reply = stage_make(OBJECT_TYPE_REPLY, 0);
        struct stage_thread middle =
            STAGE_THREAD(space_new(), program_middle, STAGE_PRIORITY, 0, endpoint, reply, next);
        stage_start_passive(&middle);
        next = endpoint;
    }
    start_caller(space_new(), next, &(struct round_trip){row->row, 0, row->us});
}

static void run_chains(void)
{
    PROGRAM(row_ipc_chain_2);
    PROGRAM(row_ipc_chain_3);
    PROGRAM(row_ipc_chain_5);
    static const struct round_trip rows[] = {
        {row_ipc_chain_2, 2, 10000},
        {row_ipc_chain_3, 3, 25000},
        {row_ipc_chain_5, 5, 50000},
    };

    for (uint64_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
        run_chain(&rows[i]);
    }
}

static void run_signals(void)
{
    PROGRAM(row_signal_to_higher_priority);
    PROGRAM(row_signal_nobody_waiting);
    PROGRAM(program_signals_itself);
    sel_cap_t notification = stage_make(OBJECT_TYPE_NOTIFICATION, 0);
    struct stage_thread waiter = STAGE_THREAD(space_new(), program_waiter, HIGHER, 0, notification);
    struct stage_thread signaller =
        STAGE_THREAD(space_new(), row_signal_to_higher_priority, STAGE_PRIORITY, 0, notification);

    stage_start(&waiter);
    stage_start(&signaller);
    stage_run_us(15000);
    stage_clear();
    notification = stage_make(OBJECT_TYPE_NOTIFICATION, 0);
    signaller = STAGE_THREAD(space_new(), row_signal_nobody_waiting, STAGE_PRIORITY, 0, notification);
    stage_start(&signaller);
    stage_run_us(4000);
    stage_clear();
    notification = stage_make(OBJECT_TYPE_NOTIFICATION, 0);
    waiter = STAGE_THREAD(space_new(), program_signals_itself, STAGE_PRIORITY, 0, notification);
    stage_start(&waiter);
    stage_run_us(7000);
    stage_clear();
}

/** Threads that need nobody. */
static void run_alone(const char *row, uint64_t us)
{
    struct stage_thread thread = STAGE_THREAD(space_new(), row, STAGE_PRIORITY, 0, 0);

    stage_start(&thread);
    stage_run_us(us);
    stage_clear();
}

static void run_yield(void)
{
    PROGRAM(row_yield_ping_pong_two_switches);
    struct stage_thread other = STAGE_THREAD(space_new(), program_yielder, STAGE_PRIORITY, 0, 0);

    stage_start(&other);
    run_alone(row_yield_ping_pong_two_switches, 14000);
}

static void run_fault(void)
{
    PROGRAM(row_fault_handle_resume);
    sel_cap_t endpoint = stage_make(OBJECT_TYPE_ENDPOINT, 0);
    sel_cap_t reply = stage_make(OBJECT_TYPE_REPLY, 0);
    struct stage_thread handler = STAGE_THREAD(space_new(), program_fault_handler, STAGE_PRIORITY, 0, endpoint, reply);
    struct stage_thread thread = STAGE_THREAD(space_new(), row_fault_handle_resume, STAGE_PRIORITY, 0, 0);

    stage_start_passive(&handler);
    stage_must(sel_tcb_set_fault_handler(thread.tcb, endpoint), "set a fault handler");
    stage_start(&thread);
    stage_run_us(12000);
    stage_clear();
}

static void run_capability_transfer(void)
{
    PROGRAM(program_silent_server);
    PROGRAM(row_ipc_with_capability);
    sel_cap_t endpoint = stage_make(OBJECT_TYPE_ENDPOINT, 0);
    sel_cap_t reply = stage_make(OBJECT_TYPE_REPLY, 0);
    sel_cap_t arrives = stage_slots(1);
    struct stage_thread server = STAGE_THREAD(space_new(), program_silent_server, STAGE_PRIORITY, 0, endpoint, reply);
    struct stage_thread caller =
        STAGE_THREAD(space_new(), row_ipc_with_capability, STAGE_PRIORITY, 0, endpoint, 0, sel_cap_cnode, arrives,
                     tag_make(0, 0, 1), tag_make(METHOD_CNODE_DELETE, 1, 0));

    stage_write_buffer(&server, IPC_BUFFER_RECEIVE_INDEX, arrives);
    stage_write_buffer(&caller, IPC_BUFFER_CAPS, endpoint);
    stage_start_passive(&server);
    stage_start(&caller);
    stage_run_us(20000);
    stage_clear();
}

/** `count` threads of two address spaces beside the one that runs. */
static void run_switches(const char *row, uint64_t count)
{
    sel_cap_t spaces[2] = {space_new(), space_new()};

    for (uint64_t i = 0; i <= count; i++) {
        struct stage_thread thread = STAGE_THREAD(spaces[i % 2], row, STAGE_PRIORITY, 0, 0);
        stage_start(&thread);
    }
    stage_run_us(6000);
    stage_clear();
}

static void run_fpu(void)
{
    PROGRAM(row_fpu_first_use_after_switch);

    for (uint64_t i = 0; i < 2; i++) {
        struct stage_thread thread = STAGE_THREAD(space_new(), row_fpu_first_use_after_switch, STAGE_PRIORITY, 0, i);
        stage_must(sel_tcb_set_features(thread.tcb, TCB_FEATURE_FPU), "allow a thread the FPU");
        stage_start(&thread);
    }
    stage_run_us(15000);
    stage_clear();
}

void run_ipc_rows(void)
{
    PROGRAM(row_switch_at_1_ready);
    PROGRAM(row_switch_at_32_ready);
    PROGRAM(row_switch_at_200_ready);
    PROGRAM(row_system_call_floor);

    stage_clear();
    run_round_trips();
    run_signals();
    run_yield();
    run_fault();
    run_other_servers();
    run_chains();
    run_alone(row_system_call_floor, 3000);
    run_capability_transfer();
    run_switches(row_switch_at_1_ready, 1);
    run_switches(row_switch_at_32_ready, 32);
    run_switches(row_switch_at_200_ready, 200);
    run_fpu();
}
