/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Messages between threads of one process: the list of tests.
 */
#include "test/system/lib/check.h"
#include "test/system/lib/world.h"
#include "tests.h"

static const struct check_test tests[] = {
    CHECK_TEST(every_length_arrives_and_returns),
    CHECK_TEST(words_beyond_the_length_do_not_arrive),
    CHECK_TEST(send_delivers_without_reply),
    CHECK_TEST(too_long_a_message_is_refused),
    CHECK_TEST(long_messages_need_a_buffer),
    CHECK_TEST(label_arrives_and_kernel_bits_cannot_be_forged),
    CHECK_TEST(badge_names_the_sender),
    CHECK_TEST(sending_needs_write),
    CHECK_TEST(receiving_needs_read),
    CHECK_TEST(wrong_types_and_empty_slots_are_refused),
    CHECK_TEST(unknown_methods_are_refused),
    CHECK_TEST(refusals_carry_details),
    CHECK_TEST(capability_arrives_with_its_rights),
    CHECK_TEST(transfer_needs_grant),
    CHECK_TEST(occupied_slots_receive_nothing),
    CHECK_TEST(several_capabilities_arrive_in_order),
    CHECK_TEST(reply_carries_capabilities),
    CHECK_TEST(send_to_a_passive_receiver_returns_no_time),
    CHECK_TEST(signal_to_a_passive_waiter_stays_pending),
    CHECK_TEST(death_of_the_server_wakes_the_caller),
    CHECK_TEST(death_of_the_endpoint_wakes_the_queue),
    CHECK_TEST(cancelled_badge_wakes_its_senders_only),
    CHECK_TEST(nonblocking_calls_do_not_block),
    CHECK_TEST(recv_on_a_busy_reply_is_refused),
    CHECK_TEST(dead_callers_do_not_stop_a_server),
};

int main(void)
{
    check_run(tests, sizeof(tests) / sizeof(tests[0]), world_reset);
    return 0;
}
