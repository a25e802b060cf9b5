/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Scheduling contexts on the target: the list of tests.
 */
#include "test/system/lib/check.h"
#include "test/system/lib/world.h"
#include "tests.h"

static const struct check_test tests[] = {
    CHECK_TEST(a_budget_is_used_and_not_exceeded),
    CHECK_TEST(budgets_do_not_steal_from_each_other),
    CHECK_TEST(without_limit_a_thread_runs_all_the_time),
    CHECK_TEST(yield_gives_up_the_rest_of_a_budget),
    CHECK_TEST(a_used_up_budget_is_told_to_its_handler),
    CHECK_TEST(a_timeout_handler_without_time_delays_only),
    CHECK_TEST(bounds_of_budgets_are_checked),
    CHECK_TEST(unbound_threads_stand_still),
    CHECK_TEST(a_passive_server_runs_on_its_callers_time),
    CHECK_TEST(a_chain_of_passive_servers_answers),
    CHECK_TEST(time_comes_home_when_the_server_dies),
    CHECK_TEST(a_callers_budget_limits_its_server),
    CHECK_TEST(a_notification_lends_its_context),
    CHECK_TEST(the_highest_priority_runs_first),
    CHECK_TEST(equal_priorities_run_in_order),
    CHECK_TEST(an_endpoint_queues_by_priority),
    CHECK_TEST(priorities_above_the_own_are_refused),
    CHECK_TEST(a_raised_priority_preempts),
};

int main(void)
{
    check_run(tests, sizeof(tests) / sizeof(tests[0]), world_reset);
    return 0;
}
