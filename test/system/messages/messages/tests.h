/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * The tests of messages, by file.
 */
#pragma once

/* lengths.c */
void every_length_arrives_and_returns(void);
void words_beyond_the_length_do_not_arrive(void);
void send_delivers_without_reply(void);
void too_long_a_message_is_refused(void);
void long_messages_need_a_buffer(void);
void label_arrives_and_kernel_bits_cannot_be_forged(void);

/* rights.c */
void badge_names_the_sender(void);
void sending_needs_write(void);
void receiving_needs_read(void);
void wrong_types_and_empty_slots_are_refused(void);
void unknown_methods_are_refused(void);
void refusals_carry_details(void);

/* transfer.c */
void capability_arrives_with_its_rights(void);
void transfer_needs_grant(void);
void occupied_slots_receive_nothing(void);
void several_capabilities_arrive_in_order(void);
void reply_carries_capabilities(void);

/* hang_free.c */
void send_to_a_passive_receiver_returns_no_time(void);
void signal_to_a_passive_waiter_stays_pending(void);
void death_of_the_server_wakes_the_caller(void);
void death_of_the_endpoint_wakes_the_queue(void);
void cancelled_badge_wakes_its_senders_only(void);
void nonblocking_calls_do_not_block(void);
void recv_on_a_busy_reply_is_refused(void);
void dead_callers_do_not_stop_a_server(void);
