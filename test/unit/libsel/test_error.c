/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Refusals read as sentences. Expectations are written from errors.yaml and objects.yaml by hand.
 */
#include <string.h>

#include "test/unit/libsel/fake_kernel.h"

static void expect(struct sel_error_info info, const char *sentence)
{
    char buffer[256];
    const size_t length = sel_error_sentence_of(&info, buffer, sizeof(buffer));
    assert_string_equal(buffer, sentence);
    assert_int_equal(length, strlen(sentence));
}

static void arguments_have_names(void **state)
{
    (void)state;
    expect((struct sel_error_info){INVOCATION_FRAME_MAP, SEL_ERROR_ALIGNMENT, {2, 0x1001, 4096}},
           "frame_map: argument 2 (address): 0x1001 is not aligned to 4096 bytes");
    expect((struct sel_error_info){INVOCATION_UNTYPED_RETYPE, SEL_ERROR_NO_MEMORY, {2, 4096, 128}},
           "untyped_retype: the Untyped has 128 bytes left, 4096 are needed");
}

static void argument_zero_is_the_invoked_capability(void **state)
{
    (void)state;
    expect((struct sel_error_info){INVOCATION_CNODE_INSPECT, SEL_ERROR_RIGHTS, {0, 3, 8}},
           "cnode_inspect: the invoked capability: the capability has rights READ+WRITE, EXECUTE/INSPECT is needed");
}

static void types_have_names(void **state)
{
    (void)state;
    expect(
        (struct sel_error_info){INVOCATION_TCB_CONFIGURE, SEL_ERROR_WRONG_TYPE, {3, CAP_TYPE_ENDPOINT, CAP_TYPE_FRAME}},
        "tcb_configure: argument 3 (buffer): the capability is an Endpoint, a Frame is needed");
    expect((struct sel_error_info){INVOCATION_CNODE_COPY, SEL_ERROR_SLOT_OCCUPIED, {1, 7, CAP_TYPE_SMC}},
           "cnode_copy: argument 1 (index): slot 7 already holds an SMC");
}

static void alternatives_are_all_named(void **state)
{
    (void)state;
    expect(
        (struct sel_error_info){INVOCATION_SCHED_CONTEXT_BIND, SEL_ERROR_WRONG_TYPE, {1, CAP_TYPE_CNODE, CAP_TYPE_TCB}},
        "sched_context_bind: argument 1 (target): the capability is a CNode, a TCB or a Notification is needed");
}

static void nonsense_from_below_is_survived(void **state)
{
    (void)state;
    expect((struct sel_error_info){INVOCATION_TCB_CONFIGURE, SEL_ERROR_WRONG_TYPE, {99, 77, UINT64_MAX}},
           "tcb_configure: argument 99: the capability is a capability of unknown type 77, "
           "a capability of unknown type 18446744073709551615 is needed");
    expect((struct sel_error_info){0xffff, 1000, {0, 0, 0}}, "unknown error 1000");
    assert_string_equal(sel_error_name(1000), "UNKNOWN_ERROR");
    assert_string_equal(sel_error_name(SEL_ERROR_PEER_DIED), "PEER_DIED");
}

static void a_short_buffer_cuts(void **state)
{
    (void)state;
    char buffer[8];
    const struct sel_error_info info = {.error = SEL_ERROR_CANCELLED};
    assert_int_equal(sel_error_sentence_of(&info, buffer, sizeof(buffer)), 7);
    assert_string_equal(buffer, "the ope");
    assert_int_equal(sel_error_sentence_of(&info, buffer, 1), 0);
    assert_string_equal(buffer, "");
}

static void perror_prints_process_and_purpose(void **state)
{
    (void)state;
    char printed[256] = "";
    fake_spec.console_kind = SEL_CONSOLE_KERNEL;
    sel_perror_status("asking the server", SEL_ERROR_PEER_DIED);
    for (unsigned i = 0; i < fake_call_count; i++) {
        strncat(printed, (const char *)&fake_calls[i].words[1], fake_calls[i].words[0]);
    }
    assert_string_equal(printed, "tester: asking the server: the thread or endpoint on the other side is gone\n");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup(arguments_have_names, fake_reset),
        cmocka_unit_test_setup(argument_zero_is_the_invoked_capability, fake_reset),
        cmocka_unit_test_setup(types_have_names, fake_reset),
        cmocka_unit_test_setup(alternatives_are_all_named, fake_reset),
        cmocka_unit_test_setup(nonsense_from_below_is_survived, fake_reset),
        cmocka_unit_test_setup(a_short_buffer_cuts, fake_reset),
        cmocka_unit_test_setup(perror_prints_process_and_purpose, fake_reset),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
