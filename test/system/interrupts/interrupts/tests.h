/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * The tests of timers and interrupts, by file.
 */
#pragma once

/* timers.c */
void a_timer_fires_at_its_deadline(void);
void a_passed_deadline_fires_at_once(void);
void a_later_set_replaces_an_earlier_one(void);
void a_cancelled_timer_stays_silent(void);
void many_timers_fire_in_order(void);
void a_timer_needs_its_notification(void);
void a_deleted_timer_stays_silent(void);

/* device.c */
void an_interrupt_reaches_its_notification(void);
void an_unacknowledged_interrupt_stays_masked(void);
void a_cleared_handler_stays_silent(void);
void interrupts_of_the_kernel_are_not_given_away(void);
void an_unbound_handler_cannot_be_acknowledged(void);
void a_wait_acknowledges(void);

/* latency.c */
void revoke_of_10_descendants_lets_interrupts_through(void);
void revoke_of_1000_descendants_lets_interrupts_through(void);
void revoke_of_50000_descendants_lets_interrupts_through(void);
void retype_of_64_mib_lets_interrupts_through(void);
void delete_of_a_full_cnode_lets_interrupts_through(void);
void many_threads_that_cannot_run_let_interrupts_through(void);
