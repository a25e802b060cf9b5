/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Timers and interrupts on the target: the list of tests.
 */
#include "test/system/lib/check.h"
#include "test/system/lib/world.h"
#include "tests.h"

static const struct check_test tests[] = {
    CHECK_TEST(a_timer_fires_at_its_deadline),
    CHECK_TEST(a_passed_deadline_fires_at_once),
    CHECK_TEST(a_later_set_replaces_an_earlier_one),
    CHECK_TEST(a_cancelled_timer_stays_silent),
    CHECK_TEST(many_timers_fire_in_order),
    CHECK_TEST(a_timer_needs_its_notification),
    CHECK_TEST(a_deleted_timer_stays_silent),
    CHECK_TEST(an_interrupt_reaches_its_notification),
    CHECK_TEST(an_unacknowledged_interrupt_stays_masked),
    CHECK_TEST(a_cleared_handler_stays_silent),
    CHECK_TEST(an_unbound_handler_cannot_be_acknowledged),
    CHECK_TEST(a_wait_acknowledges),
    CHECK_TEST(interrupts_of_the_kernel_are_not_given_away),
    CHECK_TEST(revoke_of_10_descendants_lets_interrupts_through),
    CHECK_TEST(revoke_of_1000_descendants_lets_interrupts_through),
    CHECK_TEST(revoke_of_50000_descendants_lets_interrupts_through),
    CHECK_TEST(retype_of_64_mib_lets_interrupts_through),
    CHECK_TEST(delete_of_a_full_cnode_lets_interrupts_through),
    CHECK_TEST(many_threads_that_cannot_run_let_interrupts_through),
};

int main(void)
{
    check_run(tests, sizeof(tests) / sizeof(tests[0]), world_reset);
    return 0;
}
