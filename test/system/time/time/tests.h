/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * The tests of time, by file.
 */
#pragma once

/* budgets.c */
void a_budget_is_used_and_not_exceeded(void);
void budgets_do_not_steal_from_each_other(void);
void without_limit_a_thread_runs_all_the_time(void);
void yield_gives_up_the_rest_of_a_budget(void);
void a_used_up_budget_is_told_to_its_handler(void);
void a_timeout_handler_without_time_delays_only(void);
void bounds_of_budgets_are_checked(void);
void unbound_threads_stand_still(void);

/* donation.c */
void a_passive_server_runs_on_its_callers_time(void);
void a_chain_of_passive_servers_answers(void);
void time_comes_home_when_the_server_dies(void);
void a_callers_budget_limits_its_server(void);
void a_notification_lends_its_context(void);

/* order.c */
void the_highest_priority_runs_first(void);
void equal_priorities_run_in_order(void);
void an_endpoint_queues_by_priority(void);
void priorities_above_the_own_are_refused(void);
void a_raised_priority_preempts(void);
