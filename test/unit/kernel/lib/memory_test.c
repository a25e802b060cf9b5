/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * The kernel's memcpy and memset, compiled for the host by other names: every length and alignment, and nothing beside.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#define BYTES      64
#define LENGTH_MAX 40
#define ALIGN_MAX  9

void *kernel_memcpy(void *restrict to, const void *restrict from, size_t length);
void *kernel_memset(void *to, int value, size_t length);

static _Alignas(16) uint8_t target[BYTES];
static _Alignas(16) uint8_t source[BYTES];

static uint8_t pattern(size_t index)
{
    return (uint8_t)(0x80 + index);
}

static void reset(void)
{
    for (size_t i = 0; i < BYTES; i++) {
        target[i] = 0x11;
        source[i] = pattern(i);
    }
}

static void check_copy(size_t to, size_t from, size_t length)
{
    reset();
    assert_ptr_equal(kernel_memcpy(target + to, source + from, length), target + to);
    for (size_t i = 0; i < BYTES; i++) {
        bool is_inside = i >= to && i < to + length;
        assert_int_equal(target[i], is_inside ? pattern(i - to + from) : 0x11);
        assert_int_equal(source[i], pattern(i));
    }
}

static void copies_exactly(void **state)
{
    (void)state;
    for (size_t to = 0; to < ALIGN_MAX; to++) {
        for (size_t from = 0; from < ALIGN_MAX; from++) {
            for (size_t length = 0; length <= LENGTH_MAX; length++) {
                check_copy(to, from, length);
            }
        }
    }
}

static void check_fill(size_t to, int value, size_t length)
{
    reset();
    assert_ptr_equal(kernel_memset(target + to, value, length), target + to);
    for (size_t i = 0; i < BYTES; i++) {
        bool is_inside = i >= to && i < to + length;
        assert_int_equal(target[i], is_inside ? (uint8_t)value : 0x11);
    }
}

static void fills_exactly(void **state)
{
    (void)state;
    for (size_t to = 0; to < ALIGN_MAX; to++) {
        for (size_t length = 0; length <= LENGTH_MAX; length++) {
            check_fill(to, 0, length);
            check_fill(to, 0xa5, length);
            check_fill(to, -1, length);
        }
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(copies_exactly),
        cmocka_unit_test(fills_exactly),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
