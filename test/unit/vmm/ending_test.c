/* SPDX-License-Identifier: BSD-2-Clause */
/* The end of a guest is told once, after its output, and the machine goes off only where the spec and the reason allow. */
#include "test/unit/vmm/fake_services.h"
#include "vmm/ending.h"

static struct ending ending;
static const struct guest_stop stop = {.cause = "a test"};

static int setup(void **state)
{
    (void)state;
    fake_reset(2);
    memset(&ending, 0, sizeof(ending));
    return 0;
}

static void poll(unsigned count)
{
    for (unsigned i = 0; i < count; i++) {
        ending_poll(&ending);
    }
}

static void ending_waits_for_output(void **state)
{
    (void)state;
    fake.now_ns = 7;
    ending_begin(&ending, "box", GUEST_POWERED_OFF, NULL, true);
    assert_int_equal(fake.wake_count, 1);
    assert_int_equal(fake.wake_at_ns, 5000007);
    poll(20);
    assert_int_equal(fake.end_count, 0);
    fake.is_drained = true;
    poll(20);
    assert_int_equal(fake.end_count, 1);
    assert_int_equal(fake.power_off_count, 1);
    assert_string_equal(fake.printed, "guest box: powered off\n");
}

static void ending_output_that_comes_late_counts_anew(void **state)
{
    (void)state;
    ending_begin(&ending, "box", GUEST_POWERED_OFF, NULL, false);
    fake.is_drained = true;
    poll(3);
    fake.is_drained = false;
    poll(1);
    fake.is_drained = true;
    poll(3);
    assert_int_equal(fake.end_count, 0);
    poll(1);
    assert_int_equal(fake.end_count, 1);
    assert_int_equal(fake.power_off_count, 0);
}

/* A console that takes nothing has one second at least, and two at most. */
static void ending_does_not_wait_for_ever(void **state)
{
    (void)state;
    const uint64_t second = 1000000000;
    ending_begin(&ending, "box", GUEST_STOPPED_BY_ERROR, &stop, true);
    while (fake.end_count == 0 && fake.now_ns <= 3 * second) {
        assert_true(fake.wake_at_ns > fake.now_ns);
        fake.now_ns = fake.wake_at_ns;
        poll(1);
    }
    assert_in_range(fake.now_ns, second, 2 * second);
    poll(1000);
    assert_int_equal(fake.end_count, 1);
    assert_ptr_equal(strstr(fake.printed, "guest box: stopped: a test, exit "), fake.printed);
    assert_non_null(strstr(fake.printed, " x30 "));
    assert_int_equal(fake.power_off_count, 0);
}

static void ending_nothing_happens_before_it_begins(void **state)
{
    (void)state;
    fake.is_drained = true;
    poll(100);
    assert_int_equal(fake.end_count, 0);
    assert_int_equal(fake.wake_count, 0);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup(ending_waits_for_output, setup),
        cmocka_unit_test_setup(ending_output_that_comes_late_counts_anew, setup),
        cmocka_unit_test_setup(ending_does_not_wait_for_ever, setup),
        cmocka_unit_test_setup(ending_nothing_happens_before_it_begins, setup),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
