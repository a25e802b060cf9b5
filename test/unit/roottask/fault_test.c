/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * The words of fault reports. Syndromes are put together from the Arm ARM's fields (DDI 0487, D17.2.37), not from a run.
 */
#include <stdlib.h>
#include <string.h>

#include "roottask/fault.h"
#include "test/unit/roottask/fake_machine.h"
#include "test/unit/roottask/spec_builder.h"

#define ESR(class, iss) ((uint64_t)(class) << 26 | 1u << 25 | (iss))
#define WNR             (1u << 6)

static struct spec spec;
static uint8_t *bytes;
static char buffer[512];

static int start(void **state)
{
    (void)state;
    struct spec_builder builder;
    size_t size = 0;

    builder_small_system(&builder);
    bytes = builder_finish(&builder, &size);
    fake_open(&spec, bytes, size);
    return 0;
}

static int end(void **state)
{
    (void)state;
    free(bytes);
    return 0;
}

static const char *describe(uint64_t label, uint64_t word0, uint64_t word1, uint64_t word2, uint64_t word3)
{
    uint64_t words[8] = {word0, word1, word2, word3};
    struct fault_message fault = {.label = label, .words = words};
    struct sel_text text = sel_text_start(buffer, sizeof(buffer));

    fault_describe(&text, &spec, &spec.thread[0], &fault);
    return buffer;
}

static void memory_faults_say_what_was_done(void **state)
{
    (void)state;
    assert_string_equal(
        describe(FAULT_MEMORY, SMALL_VADDR + 4, 0x10, ESR(0x24, 0x07), 0),
        "roottask: fault: process worker: read of unmapped memory, pc 0x1010000004 _start+0x4, address 0x10, "
        "esr 0x92000007\n");
    assert_string_equal(
        describe(FAULT_MEMORY, SMALL_VADDR + 0x28, SMALL_VADDR, ESR(0x24, WNR | 0x0f), 0),
        "roottask: fault: process worker: write without the right to it, pc 0x1010000028 work+0x8, address "
        "0x1010000000, esr 0x9200004f\n");
    assert_string_equal(
        describe(FAULT_MEMORY, 0x44, 0x44, ESR(0x20, 0x06), 1),
        "roottask: fault: process worker: instruction fetch of unmapped memory, pc 0x44, address 0x44, esr "
        "0x82000006\n");
    assert_non_null(
        strstr(describe(FAULT_MEMORY, 0, 1ull << 40, ESR(0x24, 0x00), 0), "read outside the address space, "));
    assert_non_null(strstr(describe(FAULT_MEMORY, 0, 0, ESR(0x24, 0x10), 0), "read answered by an external abort, "));
}

static void exceptions_are_named(void **state)
{
    (void)state;
    assert_string_equal(
        describe(FAULT_EXCEPTION, SMALL_VADDR, ESR(0, 0), 0, 0),
        "roottask: fault: process worker: undefined instruction, pc 0x1010000000 _start+0x0, esr 0x2000000\n");
    assert_non_null(strstr(describe(FAULT_EXCEPTION, 0, ESR(0x07, 0), 0, 0), "FPU or SIMD instruction without `fpu`"));
    assert_non_null(strstr(describe(FAULT_EXCEPTION, 0, ESR(0x22, 0), 0, 0), ": pc is not aligned, "));
    assert_non_null(strstr(describe(FAULT_EXCEPTION, 0, ESR(0x3c, 0x123), 0, 0), ": breakpoint instruction 0x123, "));
    assert_non_null(strstr(describe(FAULT_EXCEPTION, 0, ESR(0x3f, 0), 0, 0), ": exception of an unknown class, "));
}

static void other_faults_are_named(void **state)
{
    (void)state;
    assert_string_equal(describe(FAULT_SYSTEM_CALL, SMALL_VADDR, 99, 0, 0),
                        "roottask: fault: process worker: unknown system call 99, pc 0x1010000000 _start+0x0\n");
    assert_string_equal(describe(FAULT_TIMEOUT, 7, 2000000, SMALL_VADDR, 0),
                        "roottask: fault: process worker: budget used up after 2000 us, pc 0x1010000000 _start+0x0\n");
    assert_string_equal(describe(77, SMALL_VADDR, 0, 0, 0),
                        "roottask: fault: process worker: unknown fault 77, pc 0x1010000000 _start+0x0\n");
}

static void ends_of_processes_are_no_faults(void **state)
{
    (void)state;
    bool is_abort = true;
    uint64_t words[8] = {0, ESR(0x3c, 0x5e1)};
    struct fault_message fault = {.label = FAULT_EXCEPTION, .words = words};

    assert_true(fault_is_exit(&fault, &is_abort));
    assert_false(is_abort);
    words[1] = ESR(0x3c, 0x5e2);
    assert_true(fault_is_exit(&fault, &is_abort));
    assert_true(is_abort);
    words[1] = ESR(0x3c, 0x5e3);
    assert_false(fault_is_exit(&fault, &is_abort));
    words[1] = ESR(0x24, 0x5e1);
    assert_false(fault_is_exit(&fault, &is_abort));
    words[1] = ESR(0x3c, 0x5e1);
    fault.label = FAULT_MEMORY;
    assert_false(fault_is_exit(&fault, &is_abort));
}

static void registers_are_shown_by_name(void **state)
{
    (void)state;
    uint64_t registers[THREAD_REG_COUNT] = {[0] = 5, [30] = 0x30, [31] = 0x31, [32] = 0x32, [33] = 0x33, [34] = 0x34};
    struct sel_text text = sel_text_start(buffer, sizeof(buffer));

    fault_describe_registers(&text, registers, 0, 2);
    assert_string_equal(buffer, "roottask:   x0 0x5 x1 0x0\n");
    text = sel_text_start(buffer, sizeof(buffer));
    fault_describe_registers(&text, registers, 30, 10);
    assert_string_equal(buffer, "roottask:   x30 0x30 sp 0x31 pc 0x32 pstate 0x33 tpidr 0x34\n");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(memory_faults_say_what_was_done, start, end),
        cmocka_unit_test_setup_teardown(exceptions_are_named, start, end),
        cmocka_unit_test_setup_teardown(other_faults_are_named, start, end),
        cmocka_unit_test_setup_teardown(ends_of_processes_are_no_faults, start, end),
        cmocka_unit_test_setup_teardown(registers_are_shown_by_name, start, end),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
