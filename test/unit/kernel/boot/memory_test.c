/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * The tables of RAM and free memory, and memcpy and memset of the freestanding kernel.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "test/unit/kernel/boot/board.h"

#define PAGE 4096ul

#define board_test(function) cmocka_unit_test_setup_teardown(function, board_new, board_delete)

/* kernel/lib/memory.c, compiled under other names */
void *kernel_memcpy(void *restrict to, const void *restrict from, size_t length);
void *kernel_memset(void *to, int value, size_t length);

/* --- RAM --- */

static void take(void)
{
    (void)memory_add_ram(BOARD_RAM, BOARD_RAM + 64 * PAGE);
    (void)memory_add_ram(BOARD_RAM + 128 * PAGE, BOARD_RAM + 132 * PAGE);
    outcome->mapping[0].start = memory_take(13);
    outcome->mapping[1].start = memory_take(16);
    outcome->mapping[2].start = memory_add_ram(BOARD_RAM_END, BOARD_RAM_END);
    outcome->mapping[3].start = memory_is_ram(BOARD_RAM + 63 * PAGE, PAGE);
    outcome->mapping[3].end = memory_is_ram(BOARD_RAM + 63 * PAGE, 2 * PAGE);
    outcome->mapping[4].start = memory_is_ram(BOARD_RAM - PAGE, PAGE);
}

static void memory_is_taken_from_the_smallest_region_that_has_it(void **state)
{
    (void)state;
    memset((void *)BOARD_RAM, 0xa5, 256 * PAGE);
    board_run(take);
    assert_int_equal(outcome->end, BOARD_LEFT);
    assert_int_equal(outcome->mapping[0].start, BOARD_RAM + 128 * PAGE);
    assert_int_equal(outcome->mapping[1].start, BOARD_RAM);
    assert_int_equal(*(const uint64_t *)outcome->mapping[0].start, 0);
    assert_false(outcome->mapping[2].start);
    assert_true(outcome->mapping[3].start);
    assert_false(outcome->mapping[3].end);
    assert_false(outcome->mapping[4].start);
}

static void cut(void)
{
    (void)memory_add_ram(BOARD_RAM, BOARD_RAM + 16 * PAGE);
    memory_reserve(BOARD_RAM + 12 * PAGE, BOARD_RAM + 16 * PAGE);
    memory_reserve(BOARD_RAM, BOARD_RAM + 2 * PAGE);
    memory_reserve(BOARD_RAM + 4 * PAGE, BOARD_RAM + 5 * PAGE);
}

static void what_is_reserved_leaves_the_rest_free(void **state)
{
    (void)state;
    board_run(cut);
    assert_int_equal(outcome->free[0].start, BOARD_RAM + 2 * PAGE);
    assert_int_equal(outcome->free[0].end, BOARD_RAM + 4 * PAGE);
    assert_int_equal(outcome->free[1].start, BOARD_RAM + 5 * PAGE);
    assert_int_equal(outcome->free[1].end, BOARD_RAM + 12 * PAGE);
    assert_int_equal(outcome->free[2].end, 0);
}

static uint64_t free_bytes(void)
{
    uint64_t sum = 0;
    for (uint64_t i = 0; memory_free[i].end != 0; i++) {
        sum += memory_free[i].end - memory_free[i].start;
    }
    return sum;
}

static void name_memory_twice(void)
{
    outcome->mapping[0].start = memory_add_ram(BOARD_RAM + 64 * PAGE, BOARD_RAM + 128 * PAGE);
    outcome->mapping[1].start = memory_add_ram(BOARD_RAM + 64 * PAGE, BOARD_RAM + 128 * PAGE);
    outcome->mapping[2].start = memory_add_ram(BOARD_RAM + 126 * PAGE, BOARD_RAM + 160 * PAGE);
    outcome->mapping[3].start = memory_add_ram(BOARD_RAM + 32 * PAGE, BOARD_RAM + 66 * PAGE);
    outcome->mapping[4].start = memory_add_ram(BOARD_RAM + 32 * PAGE, BOARD_RAM + 256 * PAGE);
    outcome->mapping[5].end = free_bytes();
    outcome->mapping[6].start = memory_add_ram(BOARD_RAM + 128 * PAGE, BOARD_RAM + 160 * PAGE);
    outcome->mapping[7].start = memory_add_ram(BOARD_RAM + 32 * PAGE, BOARD_RAM + 64 * PAGE);
    outcome->mapping[7].end = free_bytes();
}

/** A tree that names memory twice must not make it two Untypeds. */
static void memory_named_twice_is_ram_once(void **state)
{
    (void)state;
    board_run(name_memory_twice);
    assert_int_equal(outcome->end, BOARD_LEFT);
    assert_true(outcome->mapping[0].start);
    for (unsigned int i = 1; i <= 4; i++) {
        assert_false(outcome->mapping[i].start);
    }
    assert_int_equal(outcome->mapping[5].end, 64 * PAGE);
    assert_true(outcome->mapping[6].start && outcome->mapping[7].start);
    assert_int_equal(outcome->mapping[7].end, 128 * PAGE);
}

static void make_holes(void)
{
    (void)memory_add_ram(BOARD_RAM, BOARD_RAM_END);
    for (uint64_t i = 0; i < 60; i++) {
        memory_reserve(BOARD_RAM + (2 * i + 1) * PAGE, BOARD_RAM + (2 * i + 2) * PAGE);
    }
}

static void more_holes_than_the_table_holds_end_the_boot(void **state)
{
    (void)state;
    board_run(make_holes);
    assert_non_null(board_problem());
    assert_string_equal(board_problem(), "the table of free memory is full");
}

/* --- bytes --- */

static void bytes_are_copied_and_set_and_no_others(void **state)
{
    (void)state;
    static _Alignas(8) uint8_t from[64];
    static _Alignas(8) uint8_t to[64];
    for (unsigned int i = 0; i < sizeof(from); i++) {
        from[i] = (uint8_t)(i + 1);
    }
    for (unsigned int offset = 0; offset < 10; offset++) {
        for (unsigned int length = 0; length < 40; length++) {
            memset(to, 0xee, sizeof(to));
            assert_ptr_equal(kernel_memcpy(to + 8 + offset % 9, from + offset, length), to + 8 + offset % 9);
            assert_memory_equal(to + 8 + offset % 9, from + offset, length);
            assert_int_equal(to[8 + offset % 9 + length], 0xee);
            assert_int_equal(to[7 + offset % 9], 0xee);
            assert_ptr_equal(kernel_memset(to + 8 + offset, 0x1ff, length), to + 8 + offset);
            for (unsigned int i = 0; i < length; i++) {
                assert_int_equal(to[8 + offset + i], 0xff);
            }
            assert_int_equal(to[8 + offset + length], 0xee);
        }
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        board_test(memory_is_taken_from_the_smallest_region_that_has_it),
        board_test(what_is_reserved_leaves_the_rest_free),
        board_test(memory_named_twice_is_ram_once),
        board_test(more_holes_than_the_table_holds_end_the_boot),
        cmocka_unit_test(bytes_are_copied_and_set_and_no_others),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
