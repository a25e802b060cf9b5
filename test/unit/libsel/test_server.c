/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * The server loop: which system call follows which answer of the handler.
 */
#include "test/unit/libsel/fake_kernel.h"

static struct sel_message seen[8];
static unsigned seen_count;

/* Answers calls (label 1) with badge + 1; takes everything else silently. A label of 2 also makes a library function wait aside. */
static bool handle(void *context, struct sel_message *message)
{
    assert_ptr_equal(context, seen);
    seen[seen_count++] = *message;
    if (tag_label(message->tag) == 2) {
        sel_event_keep(0x30);
    }
    if (tag_notification(message->tag) != 0 || tag_label(message->tag) == 0) {
        return false;
    }
    message->tag = tag_make(0, 1, 0);
    message->words[0] = message->badge + 1;
    return true;
}

static int start(void **state)
{
    seen_count = 0;
    return fake_reset(state);
}

static void a_call_is_answered_with_the_next_receive(void **state)
{
    (void)state;
    fake_answers[0] = (struct fake_answer){.tag = tag_make(1, 0, 0), .badge = 41};
    fake_answers[1] = (struct fake_answer){.error = SEL_ERROR_PEER_DIED};
    fake_answer_count = 2;
    assert_int_equal(sel_server_loop(7, 8, handle, seen), SEL_ERROR_PEER_DIED);
    assert_int_equal(fake_calls[0].syscall, SYSCALL_RECV);
    assert_int_equal(fake_calls[0].reply, 8);
    assert_int_equal(fake_calls[1].syscall, SYSCALL_REPLY_RECV);
    assert_int_equal(fake_calls[1].cap, 7);
    assert_int_equal(fake_calls[1].words[0], 42);
}

static void a_dead_caller_does_not_end_the_loop(void **state)
{
    (void)state;
    fake_answers[0] = (struct fake_answer){.tag = tag_make(1, 0, 0)};
    fake_answers[1] = (struct fake_answer){.reply_status = SEL_ERROR_PEER_DIED, .tag = tag_make(1, 0, 0), .badge = 5};
    fake_answers[2] = (struct fake_answer){.error = SEL_ERROR_CANCELLED};
    fake_answer_count = 3;
    assert_int_equal(sel_server_loop(7, 8, handle, seen), SEL_ERROR_CANCELLED);
    assert_int_equal(seen_count, 2);
    assert_int_equal(fake_calls[2].words[0], 6);
}

static void notifications_are_not_answered(void **state)
{
    (void)state;
    fake_answers[0] = (struct fake_answer){.tag = TAG_NOTIFICATION, .badge = 3};
    fake_answers[1] = (struct fake_answer){.error = SEL_ERROR_PEER_DIED};
    fake_answer_count = 2;
    (void)sel_server_loop(7, 8, handle, seen);
    assert_int_equal(seen[0].badge, 3);
    assert_int_equal(fake_calls[1].syscall, SYSCALL_RECV);
}

static void bits_kept_aside_are_handed_over_before_receiving(void **state)
{
    (void)state;
    fake_answers[0] = (struct fake_answer){.tag = tag_make(2, 0, 0), .badge = 1};
    fake_answers[2] = (struct fake_answer){.error = SEL_ERROR_PEER_DIED};
    fake_answer_count = 3;
    (void)sel_server_loop(7, 8, handle, seen);
    assert_int_equal(fake_calls[1].syscall, SYSCALL_NB_SEND); /* the caller does not wait for that */
    assert_int_equal(fake_calls[1].cap, 8);
    assert_int_equal(fake_calls[1].words[0], 2);
    assert_int_equal(seen_count, 2);
    assert_int_equal(seen[1].tag, TAG_NOTIFICATION);
    assert_int_equal(seen[1].badge, 0x30);
    assert_int_equal(fake_calls[2].syscall, SYSCALL_RECV);
}

static void a_passive_server_reports_and_receives_at_once(void **state)
{
    (void)state;
    fake_answers[0] = (struct fake_answer){.error = SEL_ERROR_PEER_DIED};
    fake_answer_count = 1;
    (void)sel_passive_server_loop(3, tag_make(9, 0, 0), 7, 8, handle, seen);
    assert_int_equal(fake_call_count, 1);
    assert_int_equal(fake_calls[0].syscall, SYSCALL_NB_SEND_RECV);
    assert_int_equal(fake_calls[0].cap, 3);
    assert_int_equal(fake_calls[0].second, 7);
    assert_int_equal(fake_calls[0].reply, 8);
    assert_int_equal(fake_calls[0].tag, tag_make(9, 0, 0));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup(a_call_is_answered_with_the_next_receive, start),
        cmocka_unit_test_setup(a_dead_caller_does_not_end_the_loop, start),
        cmocka_unit_test_setup(notifications_are_not_answered, start),
        cmocka_unit_test_setup(bits_kept_aside_are_handed_over_before_receiving, start),
        cmocka_unit_test_setup(a_passive_server_reports_and_receives_at_once, start),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
