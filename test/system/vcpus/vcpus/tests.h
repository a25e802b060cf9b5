/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * The tests of this component, one list for main.
 */
#pragma once

void guests_sleep_side_by_side(void);
void a_sleeping_guest_wakes_while_another_runs(void);
void a_sleeping_guest_wakes_by_its_own_clock(void);
void a_sleeping_guest_preempts_the_next_one(void);
void a_sleep_survives_a_look_at_the_guest(void);
void a_pending_tick_outlives_the_registers(void);
void a_tick_whose_line_went_low_is_taken_back(void);
void a_tick_being_served_is_the_guests_alone(void);
void a_tick_that_came_after_the_exit_is_told(void);
void a_guest_put_to_sleep_wakes_by_its_timer(void);
void an_offset_moves_the_virtual_clock_only(void);
void an_offset_wakes_who_sleeps_past_it(void);
void a_line_is_told_as_it_is_now(void);

void registers_of_a_thread_need_a_thread(void);
void a_guest_gets_no_mode_above_its_own(void);
void without_stage_1_addresses_are_what_they_are(void);
void list_registers_hold_what_hardware_may_have(void);
void an_injected_exception_keeps_dit(void);
void translations_have_the_rights_of_their_level(void);
void an_serror_is_taken_at_its_vector(void);
void an_serror_wakes_a_sleeping_guest(void);
void an_serror_that_was_taken_wakes_nobody(void);
void an_injected_exception_masks_all_others(void);
void an_injected_exception_has_the_vector_of_its_level(void);
void an_answer_without_resume_stops_the_guest(void);
void what_is_the_vmms_to_answer_exits(void);
void a_guest_keeps_its_registers_while_another_runs(void);
void a_dead_address_space_stops_its_guest_alone(void);
void a_dead_address_space_stops_who_sleeps(void);
void a_guest_does_not_run_in_a_native_space(void);
void who_cannot_run_does_not_by_a_yield_either(void);
void firmware_answers_the_one_call_that_is_allowed(void);
void firmware_gets_its_arguments(void);
