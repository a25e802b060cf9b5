/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Clock conversions against exact arithmetic, and sleeping.
 */
#include "test/unit/libsel/fake_kernel.h"

#define VIRT_HZ 62500000ull

static void whole_values_are_exact(void **state)
{
    (void)state;
    assert_int_equal(sel_ticks_to_ns(VIRT_HZ, VIRT_HZ), SEL_NS_PER_SECOND);
    assert_int_equal(sel_ticks_to_ns(1, VIRT_HZ), 16);
    assert_int_equal(sel_ns_to_ticks(10 * SEL_NS_PER_MS, VIRT_HZ), 625000);
}

static void a_deadline_is_rounded_up(void **state)
{
    (void)state;
    assert_int_equal(sel_ns_to_ticks(1, VIRT_HZ), 1);
    assert_int_equal(sel_ns_to_ticks(16, VIRT_HZ), 1);
    assert_int_equal(sel_ns_to_ticks(17, VIRT_HZ), 2);
    assert_int_equal(sel_ns_to_ticks(0, VIRT_HZ), 0);
}

static void too_large_values_saturate(void **state)
{
    (void)state;
    assert_int_equal(sel_ticks_to_ns(UINT64_MAX, 1000), UINT64_MAX);
    assert_int_equal(sel_ns_to_ticks(UINT64_MAX, 1ull << 34), UINT64_MAX);
}

static void all_magnitudes_agree_with_wide_arithmetic(void **state)
{
    (void)state;
    static const uint64_t rates[] = {1, 1000, 24000000, VIRT_HZ, 1000000000, 1ull << 34};
    uint64_t value = 1;
    for (int i = 0; i < 4000; i++) {
        value = value * 6364136223846793005ull + 1442695040888963407ull;
        const uint64_t rate = rates[i % 6];
        const uint64_t x = value >> (i % 64);
        const unsigned __int128 ns = (unsigned __int128)x * SEL_NS_PER_SECOND / rate;
        const unsigned __int128 ticks = ((unsigned __int128)x * rate + SEL_NS_PER_SECOND - 1) / SEL_NS_PER_SECOND;
        assert_int_equal(sel_ticks_to_ns(x, rate), ns > UINT64_MAX ? UINT64_MAX : (uint64_t)ns);
        assert_int_equal(sel_ns_to_ticks(x, rate), ticks > UINT64_MAX ? UINT64_MAX : (uint64_t)ticks);
    }
}

static void sleeping_sets_the_timer_and_keeps_other_bits(void **state)
{
    (void)state;
    fake_ticks = 100;
    fake_spec.notification_cap = 9;
    fake_answers[1] = (struct fake_answer){.badge = 2};     /* somebody else's bit */
    fake_answers[2] = (struct fake_answer){.badge = 4 | 8}; /* the timer's and another */
    fake_answers[3] = (struct fake_answer){.error = SEL_ERROR_PEER_DIED};
    fake_answer_count = 4;
    assert_false(sel_sleep_until(5, 4, 200)); /* the counter stands still: the timer is set again, and that fails */
    assert_int_equal(fake_calls[0].cap, 5);
    assert_int_equal(tag_label(fake_calls[0].tag), METHOD_TIMER_SET);
    assert_int_equal(fake_calls[0].words[0], 200);
    assert_int_equal(sel_event_wait(), 2 | 8);
}

static void a_passed_deadline_does_not_sleep(void **state)
{
    (void)state;
    fake_ticks = 200;
    assert_true(sel_sleep_until(5, 4, 200));
    assert_int_equal(fake_call_count, 0);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(whole_values_are_exact),
        cmocka_unit_test(a_deadline_is_rounded_up),
        cmocka_unit_test(too_large_values_saturate),
        cmocka_unit_test(all_magnitudes_agree_with_wide_arithmetic),
        cmocka_unit_test_setup(sleeping_sets_the_timer_and_keeps_other_bits, fake_reset),
        cmocka_unit_test_setup(a_passed_deadline_does_not_sleep, fake_reset),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
