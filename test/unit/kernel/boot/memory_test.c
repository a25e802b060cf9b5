/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * The tables of RAM at boot. Their file is included, not linked: it belongs to no library of the host, and its tables are its own.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>

#include <cmocka.h>

#include "kernel/boot/memory.c" /* NOLINT(bugprone-suspicious-include) */
#include "test/unit/kernel/harness/world.h"

#define MIB (1ul << 20)

static int empty_tables(void **state)
{
    (void)state;
    ram_count = 0;
    free_count = 0;
    return 0;
}

static uint64_t free_bytes(void)
{
    uint64_t sum = 0;
    for (uint64_t i = 0; i < free_count; i++) {
        sum += free_regions[i].end - free_regions[i].start;
    }
    return sum;
}

/** A tree that names memory twice must not make it two Untypeds. */
static void memory_named_twice_is_ram_once(void **state)
{
    (void)state;
    assert_true(memory_add_ram(64 * MIB, 128 * MIB));
    assert_false(memory_add_ram(64 * MIB, 128 * MIB));
    assert_false(memory_add_ram(126 * MIB, 160 * MIB));
    assert_false(memory_add_ram(32 * MIB, 66 * MIB));
    assert_false(memory_add_ram(32 * MIB, 256 * MIB));
    assert_int_equal(free_bytes(), 64 * MIB);
    assert_true(memory_add_ram(128 * MIB, 160 * MIB));
    assert_true(memory_add_ram(32 * MIB, 64 * MIB));
    assert_int_equal(free_bytes(), 128 * MIB);
}

static void what_is_reserved_is_not_free(void **state)
{
    (void)state;
    assert_true(memory_add_ram(64 * MIB, 128 * MIB));
    memory_reserve(60 * MIB, 65 * MIB);
    memory_reserve(70 * MIB, 72 * MIB);
    memory_reserve(127 * MIB, 130 * MIB);
    assert_int_equal(free_bytes(), (64 - 1 - 2 - 1) * MIB);
    assert_true(memory_is_ram(70 * MIB, 2 * MIB));
    assert_false(memory_is_ram(127 * MIB, 2 * MIB));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup(memory_named_twice_is_ram_once, empty_tables),
        cmocka_unit_test_setup(what_is_reserved_is_not_free, empty_tables),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
