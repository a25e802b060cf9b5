/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Faults of instructions: the exception's class is told, and none of them reaches anything but the thread itself.
 */
#include "tests.h"
#include "victim.h"

/** The victim's exception is one of two classes; skipping it goes on. */
static void expect_exception(void (*run)(void *), uint64_t esr_class, uint64_t other_class)
{
    CHECK(victim_start(run, NULL));
    CHECK_EQUAL(tag_label(victim_fault.tag), FAULT_EXCEPTION);
    CHECK_EQUAL(tag_length(victim_fault.tag), FAULT_EXCEPTION_LENGTH);
    uint64_t found = ESR_CLASS(victim_fault.words[FAULT_EXCEPTION_WORD_ESR]);
    if (found != other_class) {
        CHECK_EQUAL(found, esr_class);
    }
    uint64_t pc = victim_fault.words[FAULT_EXCEPTION_WORD_PC];
    CHECK(pc >= (uintptr_t)run && pc < (uintptr_t)run + 64);
    CHECK(victim_fault.words[FAULT_EXCEPTION_WORD_SP] != 0);
    CHECK_EQUAL(victim_fault.words[FAULT_EXCEPTION_WORD_PSTATE] & 0xf, 0); /* EL0 */
    victim_answer(FAULT_REPLY_RESUME | FAULT_REPLY_SKIP);
    world_join(victim);
    CHECK_EQUAL(victim_went_on, 1);
}

void an_unknown_system_call_is_told(void)
{
    CHECK(victim_start(victim_system_call, NULL));
    CHECK_EQUAL(tag_label(victim_fault.tag), FAULT_SYSTEM_CALL);
    CHECK_EQUAL(victim_fault.words[FAULT_SYSTEM_CALL_WORD_NUMBER], 77);
    CHECK_EQUAL(victim_fault.words[FAULT_SYSTEM_CALL_WORD_X0], 0x1111);
    CHECK_EQUAL(victim_fault.words[FAULT_SYSTEM_CALL_WORD_X1], 0x2222);
    victim_answer(FAULT_REPLY_RESUME | FAULT_REPLY_SKIP);
    world_join(victim);
    CHECK_EQUAL(victim_went_on, 1);
}

void an_undefined_instruction_is_told(void)
{
    expect_exception(victim_undefined, 0x00, 0x00);
}

void a_breakpoint_is_told(void)
{
    expect_exception(victim_breakpoint, 0x3c, 0x3c);
    CHECK_EQUAL(victim_fault.words[FAULT_EXCEPTION_WORD_ESR] & 0xffff, 0x123);
}

void float_needs_the_feature(void)
{
    CHECK(victim_start(victim_float, NULL));
    CHECK_EQUAL(tag_label(victim_fault.tag), FAULT_EXCEPTION);
    CHECK_EQUAL(ESR_CLASS(victim_fault.words[FAULT_EXCEPTION_WORD_ESR]), 0x07);
    CHECK_EQUAL(sel_tcb_set_features(victim->tcb, TCB_FEATURE_FPU), SEL_ERROR_OK);
    victim_answer(FAULT_REPLY_RESUME);
    world_join(victim);
    CHECK_EQUAL(victim_went_on, 1);
}

void hypervisor_and_firmware_calls_are_refused(void)
{
    expect_exception(victim_hypervisor_call, 0x00, 0x16);
    expect_exception(victim_firmware_call, 0x00, 0x17);
}

void system_registers_are_refused(void)
{
    expect_exception(victim_system_register, 0x00, 0x18);
}

/** In kernels as they are shipped; the preset cycles lets it be read. */
void the_cycle_counter_is_refused(void)
{
    expect_exception(victim_cycle_counter, 0x18, 0x18);
}

void the_guests_timer_is_refused(void)
{
    expect_exception(victim_guest_timer, 0x18, 0x00);
}

void an_unaligned_pc_is_told(void)
{
    CHECK(victim_start(victim_jump, (void *)((uintptr_t)victim_read + 2)));
    CHECK_EQUAL(tag_label(victim_fault.tag), FAULT_EXCEPTION);
    CHECK_EQUAL(ESR_CLASS(victim_fault.words[FAULT_EXCEPTION_WORD_ESR]), 0x22);
    CHECK_EQUAL(victim_fault.words[FAULT_EXCEPTION_WORD_PC], (uintptr_t)victim_read + 2);
    victim_answer(0);
}
