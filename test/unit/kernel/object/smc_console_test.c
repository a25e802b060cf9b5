/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * SMC and Console: firmware calls by function id, text on the kernel's channel.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "test/unit/kernel/harness/world.h"

#define FUNCTION 0x84000008ul

static void an_smc_passes_words_both_ways(void **state)
{
    (void)state;
    fake.smc_out[0] = 11;
    fake.smc_out[3] = 14;
    world_do(WORLD_SMC, METHOD_SMC_CALL, FUNCTION, 1, 2, 3, 4, 5, 6, 7);
    assert_int_equal(fake.smc_count, 1);
    assert_int_equal(fake.smc_in[0], FUNCTION);
    assert_int_equal(fake.smc_in[7], 7);
    assert_int_equal(world_word(world.init.tcb, 0), 11);
    assert_int_equal(world_word(world.init.tcb, 3), 14);
}

static void a_narrowed_capability_permits_one_function(void **state)
{
    (void)state;
    uint64_t narrow = world_mint(WORLD_SMC, FUNCTION);
    world_refused(SEL_ERROR_DENIED, world.init.tcb, narrow, METHOD_SMC_CALL, FUNCTION + 1, 0, 0, 0, 0, 0, 0, 0);
    assert_int_equal(fake.smc_count, 0);
    world_do(narrow, METHOD_SMC_CALL, FUNCTION, 0, 0, 0, 0, 0, 0, 0);
    assert_int_equal(fake.smc_count, 1);
}

static void text_arrives_in_order(void **state)
{
    (void)state;
    const char text[] = "0123456789abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRST";
    uint64_t word[7];
    assert_int_equal(sizeof(text) - 1, SEL_LIMIT_CONSOLE_WRITE_MAX);
    memcpy(word, text, sizeof(word));
    uint64_t start = fake.console_length;
    world_do(WORLD_CONSOLE, METHOD_CONSOLE_WRITE, SEL_LIMIT_CONSOLE_WRITE_MAX, word[0], word[1], word[2], word[3],
             word[4], word[5], word[6]);
    assert_int_equal(fake.console_length - start, SEL_LIMIT_CONSOLE_WRITE_MAX);
    assert_memory_equal(&fake.console[start], text, SEL_LIMIT_CONSOLE_WRITE_MAX);
}

static void words_that_were_not_given_are_zero(void **state)
{
    (void)state;
    uint64_t start = fake.console_length;
    struct world_call call = {
        .cap = WORLD_CONSOLE, .tag = tag_make(METHOD_CONSOLE_WRITE, 2, 0), .word = {10, 0x4847464544434241, 0x5a5a}};
    assert_int_equal(world_syscall(world.init.tcb, SYSCALL_CALL, call), SEL_ERROR_OK);
    assert_int_equal(fake.console_length - start, 10);
    assert_memory_equal(&fake.console[start], "ABCDEFGH\0\0", 10);
}

static void refusals(void **state)
{
    (void)state;
    struct tcb *init = world.init.tcb;
    world_refused(SEL_ERROR_TOO_FEW_ARGUMENTS, init, WORLD_SMC, METHOD_SMC_CALL, FUNCTION);
    world_refused(SEL_ERROR_INVALID_METHOD, init, WORLD_SMC, METHOD_COUNT_SMC + 1);
    world_refused(SEL_ERROR_OUT_OF_RANGE, init, WORLD_CONSOLE, METHOD_CONSOLE_WRITE, SEL_LIMIT_CONSOLE_WRITE_MAX + 1,
                  0);
    world_refused(SEL_ERROR_TOO_FEW_ARGUMENTS, init, WORLD_CONSOLE, METHOD_CONSOLE_WRITE);
    world_refused(SEL_ERROR_INVALID_METHOD, init, WORLD_CONSOLE, METHOD_COUNT_CONSOLE + 1);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        world_test(an_smc_passes_words_both_ways),
        world_test(a_narrowed_capability_permits_one_function),
        world_test(text_arrives_in_order),
        world_test(words_that_were_not_given_are_zero),
        world_test(refusals),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
