/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * VCPUs without a VMM: the list of tests.
 */
#include "test/system/lib/check.h"
#include "test/system/lib/world.h"
#include "tests.h"

static const struct check_test tests[] = {
    CHECK_TEST(guests_sleep_side_by_side),
    CHECK_TEST(a_sleeping_guest_wakes_while_another_runs),
    CHECK_TEST(a_sleeping_guest_wakes_by_its_own_clock),
    CHECK_TEST(a_sleeping_guest_preempts_the_next_one),
    CHECK_TEST(a_sleep_survives_a_look_at_the_guest),
    CHECK_TEST(a_pending_tick_outlives_the_registers),
    CHECK_TEST(a_tick_whose_line_went_low_is_taken_back),
    CHECK_TEST(a_tick_being_served_is_the_guests_alone),
    CHECK_TEST(a_tick_that_came_after_the_exit_is_told),
    CHECK_TEST(a_guest_put_to_sleep_wakes_by_its_timer),
    CHECK_TEST(an_offset_moves_the_virtual_clock_only),
    CHECK_TEST(an_offset_wakes_who_sleeps_past_it),
    CHECK_TEST(a_line_is_told_as_it_is_now),
    CHECK_TEST(registers_of_a_thread_need_a_thread),
    CHECK_TEST(a_guest_gets_no_mode_above_its_own),
    CHECK_TEST(without_stage_1_addresses_are_what_they_are),
    CHECK_TEST(list_registers_hold_what_hardware_may_have),
    CHECK_TEST(an_injected_exception_keeps_dit),
    CHECK_TEST(translations_have_the_rights_of_their_level),
    CHECK_TEST(an_serror_is_taken_at_its_vector),
    CHECK_TEST(an_serror_wakes_a_sleeping_guest),
    CHECK_TEST(an_serror_that_was_taken_wakes_nobody),
    CHECK_TEST(an_injected_exception_masks_all_others),
    CHECK_TEST(an_injected_exception_has_the_vector_of_its_level),
    CHECK_TEST(an_answer_without_resume_stops_the_guest),
    CHECK_TEST(what_is_the_vmms_to_answer_exits),
    CHECK_TEST(a_guest_keeps_its_registers_while_another_runs),
    CHECK_TEST(a_dead_address_space_stops_its_guest_alone),
    CHECK_TEST(a_dead_address_space_stops_who_sleeps),
    CHECK_TEST(a_guest_does_not_run_in_a_native_space),
    CHECK_TEST(who_cannot_run_does_not_by_a_yield_either),
    CHECK_TEST(firmware_answers_the_one_call_that_is_allowed),
    CHECK_TEST(firmware_gets_its_arguments),
};

int main(void)
{
    check_run(tests, sizeof(tests) / sizeof(tests[0]), world_reset);
    return 0;
}
