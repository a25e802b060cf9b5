/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Waiting for the next event with the last interrupt acknowledged on the way.
 */
#include "test/unit/libsel/fake_kernel.h"

#define NOTIFICATION 9
#define HANDLER      7

static void a_wait_takes_the_handler_along(void **state)
{
    (void)state;
    fake_spec.notification_cap = NOTIFICATION;
    fake_answers[0] = (struct fake_answer){.badge = 3};
    fake_answer_count = 1;
    uint64_t bits = 0;
    assert_int_equal(sel_event_wait_irq(HANDLER, &bits), SEL_ERROR_OK);
    assert_int_equal(bits, 3);
    assert_int_equal(fake_call_count, 1);
    assert_int_equal(fake_calls[0].syscall, SYSCALL_WAIT);
    assert_int_equal(fake_calls[0].cap, NOTIFICATION);
    assert_int_equal(fake_calls[0].reply, HANDLER);
}

static void bits_kept_aside_need_no_wait(void **state)
{
    (void)state;
    fake_spec.notification_cap = NOTIFICATION;
    sel_event_keep(5);
    fake_answer_count = 1;
    uint64_t bits = 0;
    assert_int_equal(sel_event_wait_irq(HANDLER, &bits), SEL_ERROR_OK);
    assert_int_equal(bits, 5);
    assert_int_equal(fake_call_count, 1);
    assert_int_equal(fake_calls[0].syscall, SYSCALL_CALL);
    assert_int_equal(fake_calls[0].cap, HANDLER);
    assert_int_equal(tag_label(fake_calls[0].tag), METHOD_IRQ_HANDLER_ACKNOWLEDGE);
    sel_event_keep(6);
    assert_int_equal(sel_event_wait_irq(0, &bits), SEL_ERROR_OK);
    assert_int_equal(bits, 6);
    assert_int_equal(fake_call_count, 1);
}

static void a_handler_that_is_gone_is_told_and_no_bit_lost(void **state)
{
    (void)state;
    uint64_t bits = 0;
    fake_spec.notification_cap = NOTIFICATION;
    fake_default = (struct fake_answer){.error = SEL_ERROR_NOT_BOUND};
    assert_int_equal(sel_event_wait_irq(HANDLER, &bits), SEL_ERROR_NOT_BOUND);
    sel_event_keep(5);
    assert_int_equal(sel_event_wait_irq(HANDLER, &bits), SEL_ERROR_NOT_BOUND);
    assert_int_equal(sel_event_take(), 5);
    assert_int_equal(fake_call_count, 2);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup(a_wait_takes_the_handler_along, fake_reset),
        cmocka_unit_test_setup(bits_kept_aside_need_no_wait, fake_reset),
        cmocka_unit_test_setup(a_handler_that_is_gone_is_told_and_no_bit_lost, fake_reset),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
