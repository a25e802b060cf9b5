/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * The tests of registers, by file.
 */
#pragma once

/* general.c */
void a_system_call_keeps_what_the_abi_says(void);
void every_system_call_scrubs_the_rest(void);
void a_receiver_sees_nothing_of_the_sender_but_the_message(void);
void a_caller_sees_nothing_of_its_server_but_the_answer(void);
void a_waiter_sees_nothing_of_the_signaller(void);
void a_fault_handler_sees_nothing_of_the_victim(void);
void preemption_keeps_every_register(void);
void a_new_thread_starts_with_clean_registers(void);
void nobody_is_given_a_mode(void);
void thread_registers_are_each_threads_own(void);

/* simd.c */
void simd_state_survives_other_users(void);
void a_new_user_finds_clean_simd_state(void);
void taking_simd_away_shows_nobody_its_registers(void);
void simd_state_survives_preemption(void);
