/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Threads get time, registers and signals as the spec says, in an order in which nothing runs before all is made.
 */
#include <stdlib.h>
#include <string.h>

#include "roottask/threads.h"
#include "test/unit/roottask/fake_machine.h"
#include "test/unit/roottask/spec_builder.h"

static struct spec_builder builder;
static struct spec spec;
static uint8_t *bytes;

static void open_spec(void)
{
    size_t size = 0;

    bytes = builder_finish(&builder, &size);
    fake_open(&spec, bytes, size);
}

static int start(void **state)
{
    builder_small_system(&builder);
    bytes = NULL;
    return fake_start(state);
}

static int end(void **state)
{
    free(bytes);
    return fake_end(state);
}

static void a_process_is_set_up_by_its_start_contract(void **state)
{
    (void)state;
    open_spec();
    assert_true(threads_give_time(&spec));
    assert_true(threads_configure(&spec));
    assert_true(threads_bind_signals(&spec));
    assert_true(threads_start(&spec));
    assert_string_equal(fake_log, "time 106 2000000 10000000 0 1\n"
                                  "bind 106 103\n"
                                  "configure 103 101 102 110 0\n"
                                  "priority 103 2 50 60\n"
                                  "fault_handler 103 156\n"
                                  "bind_notification 103 105\n"
                                  "registers 103 0 1010004000 0\n"
                                  "registers 103 31 1010008000 1010000000\n"
                                  "irq 155 105\n"
                                  "acknowledge 155\n"
                                  "timer 108 105\n"
                                  "resume 103\n");
}

static void a_guest_gets_a_vcpu_and_no_registers(void **state)
{
    (void)state;
    struct spec_thread *thread = (struct spec_thread *)builder.rows[SPEC_TABLE_THREAD][0];

    thread->flags = SPEC_THREAD_GUEST;
    thread->vcpu_slot = 60;
    thread->notification_slot = 0;
    thread->timeout_slot = 61;
    thread->features = TCB_FEATURE_FPU;
    open_spec();
    assert_true(threads_configure(&spec));
    assert_true(threads_start(&spec));
    assert_string_equal(fake_log, "configure 103 101 102 110 0\n"
                                  "priority 103 2 50 60\n"
                                  "fault_handler 103 156\n"
                                  "timeout_handler 103 61\n"
                                  "features 103 1\n"
                                  "bind_vcpu 103 60\n");
}

static void a_ready_thread_hands_its_time_to_its_home(void **state)
{
    (void)state;
    open_spec();
    assert_true(threads_make_passive(&spec, &spec.thread[0]));
    assert_string_equal(fake_log, "unbind 106\nbind 106 105\n");
}

static void without_a_home_the_time_stays_unbound(void **state)
{
    (void)state;
    ((struct spec_sched *)builder.rows[SPEC_TABLE_SCHED][0])->home_slot = 0;
    open_spec();
    assert_true(threads_make_passive(&spec, &spec.thread[0]));
    assert_string_equal(fake_log, "unbind 106\n");
}

static void only_a_passive_thread_loses_its_time(void **state)
{
    (void)state;
    ((struct spec_thread *)builder.rows[SPEC_TABLE_THREAD][0])->flags = SPEC_THREAD_START;
    open_spec();
    assert_true(threads_make_passive(&spec, &spec.thread[0]));
    assert_string_equal(fake_log, "");
}

static void every_refusal_names_the_thread_or_object(void **state)
{
    uint32_t nth = 1;

    for (;; nth++) {
        fake_end(state);
        fake_start(state);
        free(bytes);
        open_spec();
        fake_refuse_after = nth;
        fake_refusal = SEL_ERROR_BUSY;
        if (threads_give_time(&spec) && threads_configure(&spec) && threads_bind_signals(&spec) &&
            threads_start(&spec)) {
            break;
        }
        assert_int_equal(strncmp(fake_console, "roottask: cannot ", 17), 0);
        assert_true(strstr(fake_console, "worker") != NULL || strstr(fake_console, "uart_irq") != NULL);
    }
    assert_int_equal(nth, 12 + 1); /* the twelve calls of the first test */
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(a_process_is_set_up_by_its_start_contract, start, end),
        cmocka_unit_test_setup_teardown(a_guest_gets_a_vcpu_and_no_registers, start, end),
        cmocka_unit_test_setup_teardown(a_ready_thread_hands_its_time_to_its_home, start, end),
        cmocka_unit_test_setup_teardown(without_a_home_the_time_stays_unbound, start, end),
        cmocka_unit_test_setup_teardown(only_a_passive_thread_loses_its_time, start, end),
        cmocka_unit_test_setup_teardown(every_refusal_names_the_thread_or_object, start, end),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
