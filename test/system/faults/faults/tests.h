/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * The tests of faults, by file.
 */
#pragma once

/* memory.c */
void a_read_of_unmapped_memory_is_told(void);
void a_write_to_read_only_memory_is_told(void);
void a_jump_to_unmapped_memory_is_told(void);
void a_jump_into_data_is_told(void);
void the_kernel_is_out_of_reach(void);
void an_address_beyond_the_space_is_told(void);
void a_repaired_access_goes_on(void);
void rights_that_are_taken_are_gone_at_once(void);
void tables_given_back_are_used_again(void);
void a_table_goes_with_its_last_entry(void);

/* spaces.c */
void more_spaces_than_vmids_keep_their_memory(void);

/* exceptions.c */
void an_unknown_system_call_is_told(void);
void an_undefined_instruction_is_told(void);
void a_breakpoint_is_told(void);
void float_needs_the_feature(void);
void hypervisor_and_firmware_calls_are_refused(void);
void system_registers_are_refused(void);
void the_cycle_counter_is_refused(void);
void the_guests_timer_is_refused(void);
void an_unaligned_pc_is_told(void);

/* handlers.c */
void an_empty_answer_leaves_the_thread_stopped(void);
void a_resumed_thread_tries_again(void);
void registers_of_a_faulted_thread_can_be_read_and_written(void);
void without_a_handler_only_that_thread_stops(void);
void a_dead_handler_stops_only_that_thread(void);
void a_killed_victim_frees_its_handler(void);
