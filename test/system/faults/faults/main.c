/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Faults of native threads: the list of tests.
 */
#include "test/system/lib/check.h"
#include "test/system/lib/world.h"
#include "tests.h"

static const struct check_test tests[] = {
    CHECK_TEST(a_read_of_unmapped_memory_is_told),
    CHECK_TEST(a_write_to_read_only_memory_is_told),
    CHECK_TEST(a_jump_to_unmapped_memory_is_told),
    CHECK_TEST(a_jump_into_data_is_told),
    CHECK_TEST(the_kernel_is_out_of_reach),
    CHECK_TEST(an_address_beyond_the_space_is_told),
    CHECK_TEST(a_repaired_access_goes_on),
    CHECK_TEST(rights_that_are_taken_are_gone_at_once),
    CHECK_TEST(tables_given_back_are_used_again),
    CHECK_TEST(a_table_goes_with_its_last_entry),
    CHECK_TEST(more_spaces_than_vmids_keep_their_memory),
    CHECK_TEST(an_unknown_system_call_is_told),
    CHECK_TEST(an_undefined_instruction_is_told),
    CHECK_TEST(a_breakpoint_is_told),
    CHECK_TEST(float_needs_the_feature),
    CHECK_TEST(hypervisor_and_firmware_calls_are_refused),
    CHECK_TEST(system_registers_are_refused),
    CHECK_TEST(the_cycle_counter_is_refused),
    CHECK_TEST(the_guests_timer_is_refused),
    CHECK_TEST(an_unaligned_pc_is_told),
    CHECK_TEST(an_empty_answer_leaves_the_thread_stopped),
    CHECK_TEST(a_resumed_thread_tries_again),
    CHECK_TEST(registers_of_a_faulted_thread_can_be_read_and_written),
    CHECK_TEST(without_a_handler_only_that_thread_stops),
    CHECK_TEST(a_dead_handler_stops_only_that_thread),
    CHECK_TEST(a_killed_victim_frees_its_handler),
};

int main(void)
{
    check_run(tests, sizeof(tests) / sizeof(tests[0]), world_reset);
    return 0;
}
