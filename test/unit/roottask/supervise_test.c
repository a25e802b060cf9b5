/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * What the roottask does with each message on its endpoint.
 */
#include <stdlib.h>
#include <string.h>

#include "roottask/supervise.h"
#include "test/unit/roottask/fake_machine.h"
#include "test/unit/roottask/spec_builder.h"

#define ESR_BRK(number) (0x3cull << 26 | (number))

static struct spec_builder builder;
static struct spec spec;
static uint8_t *bytes;

/* The endpoint's messages in order; behind the last one it is gone. */
static struct {
    uint64_t tag;
    uint64_t badge;
    uint64_t word;
} script[4];
static uint32_t script_length;
static uint32_t script_next;
static uint64_t replied_tags[4];

static sel_err_t next_message(uint64_t *tag, uint64_t *words, uint64_t *badge)
{
    if (script_next == script_length) {
        return SEL_ERROR_PEER_DIED;
    }
    *tag = script[script_next].tag;
    *badge = script[script_next].badge;
    words[0] = script[script_next].word;
    script_next++;
    return SEL_ERROR_OK;
}

sel_err_t sel_recv(sel_cap_t cap, uint64_t *tag, sel_cap_t reply, uint64_t *words, uint64_t *badge)
{
    assert_int_equal(cap, SLOT_ENDPOINT);
    assert_int_equal(reply, SLOT_REPLY);
    return next_message(tag, words, badge);
}

sel_err_t sel_reply_recv(sel_cap_t cap, uint64_t *tag, sel_cap_t reply, uint64_t *words, uint64_t *badge,
                         sel_err_t *reply_status)
{
    assert_int_equal(cap, SLOT_ENDPOINT);
    assert_int_equal(reply, SLOT_REPLY);
    replied_tags[script_next - 1] = *tag;
    *reply_status = SEL_ERROR_PEER_DIED; /* as for a sender that does not wait */
    return next_message(tag, words, badge);
}

static void open_spec(void)
{
    size_t size = 0;

    bytes = builder_finish(&builder, &size);
    fake_open(&spec, bytes, size);
    fake_slots[SLOT_TCB].type = CAP_TYPE_TCB;
}

static int start(void **state)
{
    builder_small_system(&builder);
    script_length = 0;
    script_next = 0;
    memset(replied_tags, 0xff, sizeof(replied_tags));
    memset(fake_registers, 0, sizeof(fake_registers));
    bytes = NULL;
    return fake_start(state);
}

static int end(void **state)
{
    free(bytes);
    return fake_end(state);
}

static bool handle(uint64_t badge, uint64_t tag, uint64_t word0, uint64_t word1)
{
    uint64_t words[8] = {word0, word1};

    return supervise_message(&spec, badge, tag, words);
}

static void an_exit_is_told_with_its_status(void **state)
{
    (void)state;
    open_spec();
    fake_registers[THREAD_REG_X0] = 3;
    assert_true(handle(1, TAG_KERNEL | tag_make(FAULT_EXCEPTION, 4, 0), SMALL_VADDR, ESR_BRK(0x5e1)));
    assert_string_equal(fake_console, "roottask: exit: process worker: status 3\n");
}

static void an_abort_is_told(void **state)
{
    (void)state;
    open_spec();
    assert_true(handle(1, TAG_KERNEL | tag_make(FAULT_EXCEPTION, 4, 0), SMALL_VADDR, ESR_BRK(0x5e2)));
    assert_string_equal(fake_console, "roottask: exit: process worker: aborted\n");
}

static void a_fault_is_told_with_all_registers(void **state)
{
    (void)state;
    open_spec();
    for (uint64_t i = 0; i < THREAD_REG_COUNT; i++) {
        fake_registers[i] = 0x100 + i;
    }
    assert_true(handle(1, TAG_KERNEL | tag_make(FAULT_MEMORY, 4, 0), SMALL_VADDR, 0x10));
    assert_int_equal(strncmp(fake_console, "roottask: fault: process worker: read", 37), 0);
    assert_non_null(strstr(fake_console, "roottask:   x0 0x100 x1 0x101 x2 0x102 x3 0x103 x4 0x104\n"));
    assert_non_null(strstr(fake_console, "roottask:   x30 0x11e sp 0x11f pc 0x120 pstate 0x121 tpidr 0x122\n"));
}

static void unreadable_registers_do_not_hide_the_fault(void **state)
{
    (void)state;
    open_spec();
    fake_refuse_after = 1;
    fake_refusal = SEL_ERROR_BUSY;
    assert_true(handle(1, TAG_KERNEL | tag_make(FAULT_MEMORY, 4, 0), SMALL_VADDR, 0x10));
    assert_int_equal(strncmp(fake_console, "roottask: fault: process worker: read", 37), 0);
    assert_non_null(strstr(fake_console, "roottask:   its registers cannot be read\n"));
}

/* A process cannot forge a fault: without the kernel's mark the same label is a message. */
static void a_message_is_no_fault(void **state)
{
    (void)state;
    open_spec();
    assert_true(handle(1, tag_make(SPEC_SUPERVISOR_READY, 0, 0), 0, 0));
    assert_string_equal(fake_console, "");
    assert_string_equal(fake_log, "unbind 106\nbind 106 105\n");
}

static void ends_of_guests_are_told(void **state)
{
    (void)state;
    open_spec();
    assert_true(handle(1, tag_make(SPEC_SUPERVISOR_GUEST_OFF, 1, 0), 0, 0));
    assert_true(handle(1, tag_make(SPEC_SUPERVISOR_GUEST_OFF, 1, 0), 1, 0));
    assert_true(handle(1, tag_make(SPEC_SUPERVISOR_GUEST_RESET, 0, 0), 0, 0));
    assert_true(handle(1, tag_make(SPEC_SUPERVISOR_EXITED, 1, 0), 9, 0));
    assert_true(handle(1, tag_make(SPEC_SUPERVISOR_EXITED, 0, 0), 9, 0)); /* a word that was not sent is none */
    assert_string_equal(fake_console, "roottask: guest worker_part powered off\n"
                                      "roottask: guest worker_part stopped after an error\n"
                                      "roottask: guest worker_part is being reset\n"
                                      "roottask: exit: process worker: status 9\n"
                                      "roottask: exit: process worker: status 0\n");
}

static void power_off_needs_the_specs_word(void **state)
{
    (void)state;
    open_spec();
    assert_true(handle(1, tag_make(SPEC_SUPERVISOR_POWER_OFF, 0, 0), 0, 0));
    assert_string_equal(fake_console,
                        "roottask: cannot power the machine off for worker_part: the spec does not let it\n");
}

static void power_off_ends_the_loop(void **state)
{
    (void)state;
    ((struct spec_part *)builder.rows[SPEC_TABLE_PART][0])->flags = SPEC_PART_MAY_POWER_OFF;
    open_spec();
    script_length = 2;
    script[0].tag = tag_make(SPEC_SUPERVISOR_EXITED, 1, 0);
    script[0].badge = 1;
    script[1].tag = tag_make(SPEC_SUPERVISOR_POWER_OFF, 0, 0);
    script[1].badge = 1;
    supervise(&spec);
    assert_int_equal(script_next, 2);
    assert_int_equal(replied_tags[0], tag_make(0, 0, 0));
    assert_string_equal(fake_console, "roottask: exit: process worker: status 0\n");
}

static void a_faulted_thread_is_left_stopped(void **state)
{
    (void)state;
    open_spec();
    script_length = 1;
    script[0].tag = TAG_KERNEL | tag_make(FAULT_SYSTEM_CALL, 4, 0);
    script[0].badge = 1;
    supervise(&spec);
    assert_int_equal(tag_length(replied_tags[0]), 0); /* no FAULT_REPLY word: it stays stopped */
}

static void unknown_senders_and_labels_are_harmless(void **state)
{
    (void)state;
    open_spec();
    assert_true(handle(0, tag_make(SPEC_SUPERVISOR_POWER_OFF, 0, 0), 0, 0));
    assert_true(handle(2, tag_make(SPEC_SUPERVISOR_POWER_OFF, 0, 0), 0, 0));
    assert_true(handle(~0ull, TAG_KERNEL, 0, 0));
    assert_string_equal(fake_console, "");
    assert_true(handle(1, tag_make(77, 0, 0), 0, 0));
    assert_string_equal(fake_console, "roottask: cannot understand a message of worker_part: its label is unknown\n");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(an_exit_is_told_with_its_status, start, end),
        cmocka_unit_test_setup_teardown(an_abort_is_told, start, end),
        cmocka_unit_test_setup_teardown(a_fault_is_told_with_all_registers, start, end),
        cmocka_unit_test_setup_teardown(unreadable_registers_do_not_hide_the_fault, start, end),
        cmocka_unit_test_setup_teardown(a_message_is_no_fault, start, end),
        cmocka_unit_test_setup_teardown(ends_of_guests_are_told, start, end),
        cmocka_unit_test_setup_teardown(power_off_needs_the_specs_word, start, end),
        cmocka_unit_test_setup_teardown(power_off_ends_the_loop, start, end),
        cmocka_unit_test_setup_teardown(a_faulted_thread_is_left_stopped, start, end),
        cmocka_unit_test_setup_teardown(unknown_senders_and_labels_are_harmless, start, end),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
