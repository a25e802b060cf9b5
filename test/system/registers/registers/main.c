/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Registers over every way into the kernel: the list of tests.
 */
#include "test/system/lib/check.h"
#include "test/system/lib/world.h"
#include "tests.h"

static const struct check_test tests[] = {
    CHECK_TEST(a_system_call_keeps_what_the_abi_says),
    CHECK_TEST(every_system_call_scrubs_the_rest),
    CHECK_TEST(a_receiver_sees_nothing_of_the_sender_but_the_message),
    CHECK_TEST(a_caller_sees_nothing_of_its_server_but_the_answer),
    CHECK_TEST(a_waiter_sees_nothing_of_the_signaller),
    CHECK_TEST(a_fault_handler_sees_nothing_of_the_victim),
    CHECK_TEST(preemption_keeps_every_register),
    CHECK_TEST(a_new_thread_starts_with_clean_registers),
    CHECK_TEST(nobody_is_given_a_mode),
    CHECK_TEST(thread_registers_are_each_threads_own),
    CHECK_TEST(simd_state_survives_other_users),
    CHECK_TEST(a_new_user_finds_clean_simd_state),
    CHECK_TEST(taking_simd_away_shows_nobody_its_registers),
    CHECK_TEST(simd_state_survives_preemption),
};

int main(void)
{
    check_run(tests, sizeof(tests) / sizeof(tests[0]), world_reset);
    return 0;
}
