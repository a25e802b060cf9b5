/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Answers to faults, and what happens when nobody answers.
 */
#include "tests.h"
#include "victim.h"

void an_empty_answer_leaves_the_thread_stopped(void)
{
    CHECK(victim_start(victim_undefined, NULL));
    victim_answer(0);
    world_sleep_ms(3);
    CHECK_EQUAL(victim->is_done, false);
    CHECK_EQUAL(victim_went_on, 0);
}

void a_resumed_thread_tries_again(void)
{
    sel_cap_t frame = world_make(OBJECT_TYPE_FRAME, 12);
    uintptr_t address = world_address();

    CHECK(victim_start(victim_write, (void *)address));
    victim_answer(0);
    CHECK_EQUAL(sel_frame_map(frame, sel_cap_vspace, address, SEL_RIGHT_READ | SEL_RIGHT_WRITE, FRAME_ATTRIBUTE_NORMAL),
                SEL_ERROR_OK);
    CHECK_EQUAL(sel_tcb_resume(victim->tcb), SEL_ERROR_OK);
    world_join(victim);
    CHECK_EQUAL(victim_went_on, 1);
}

void registers_of_a_faulted_thread_can_be_read_and_written(void)
{
    uint64_t registers[THREAD_REG_COUNT];

    CHECK(victim_start(victim_system_call, NULL));
    CHECK_EQUAL(sel_tcb_read_registers(victim->tcb, 0, THREAD_REG_COUNT, registers), SEL_ERROR_OK);
    CHECK_EQUAL(registers[THREAD_REG_X8], 77);
    CHECK_EQUAL(registers[THREAD_REG_X0], 0x1111);
    CHECK_EQUAL(registers[THREAD_REG_PC], victim_fault.words[FAULT_SYSTEM_CALL_WORD_PC]);
    registers[THREAD_REG_X8] = SYSCALL_YIELD; /* the same instruction is a known system call now */
    CHECK_EQUAL(sel_tcb_write_registers(victim->tcb, 0, THREAD_REG_COUNT, registers), SEL_ERROR_OK);
    victim_answer(FAULT_REPLY_RESUME);
    world_join(victim);
    CHECK_EQUAL(victim_went_on, 1);
}

void without_a_handler_only_that_thread_stops(void)
{
    victim_went_on = 0;
    struct world_thread *thread = world_thread(victim_undefined, NULL, WORLD_PRIORITY - 10);
    world_start(thread);
    world_sleep_ms(3);
    CHECK_EQUAL(thread->is_done, false);
    CHECK_EQUAL(victim_went_on, 0);
    /* and another thread is as able as before */
    CHECK(victim_start(victim_undefined, NULL));
    victim_answer(FAULT_REPLY_RESUME | FAULT_REPLY_SKIP);
    world_join(victim);
}

void a_dead_handler_stops_only_that_thread(void)
{
    sel_cap_t endpoint = world_make(OBJECT_TYPE_ENDPOINT, 0);
    struct world_thread *thread = world_thread(victim_undefined, NULL, WORLD_PRIORITY - 10);

    victim_went_on = 0;
    CHECK_EQUAL(sel_tcb_set_fault_handler(thread->tcb, endpoint), SEL_ERROR_OK);
    world_start(thread);
    world_sleep_ms(3); /* its fault waits in the endpoint's queue */
    CHECK_EQUAL(sel_cnode_delete(sel_cap_cnode, endpoint), SEL_ERROR_OK);
    world_sleep_ms(3);
    CHECK_EQUAL(thread->is_done, false);
    CHECK_EQUAL(victim_went_on, 0);
}

void a_killed_victim_frees_its_handler(void)
{
    CHECK(victim_start(victim_undefined, NULL));
    CHECK_EQUAL(sel_cnode_delete(sel_cap_cnode, victim->tcb), SEL_ERROR_OK);
    /* Nobody waits for that answer any more; the next victim is served as ever. */
    CHECK(victim_start(victim_undefined, NULL));
    victim_answer(0);
}
