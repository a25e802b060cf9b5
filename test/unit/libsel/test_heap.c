/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * The heap arena: bounds in both directions.
 */
#include <errno.h>

#include "test/unit/libsel/fake_kernel.h"

void *sel_sbrk(ptrdiff_t change);

static void the_arena_ends_where_the_spec_says(void **state)
{
    (void)state;
    fake_spec.heap_base = 0x1000;
    fake_spec.heap_size = 100;
    assert_int_equal((uintptr_t)sel_sbrk(0), 0x1000);
    assert_int_equal((uintptr_t)sel_sbrk(60), 0x1000);
    assert_int_equal((uintptr_t)sel_sbrk(40), 0x1000 + 60);
    errno = 0;
    assert_int_equal((intptr_t)sel_sbrk(1), -1);
    assert_int_equal(errno, ENOMEM);
    assert_int_equal((intptr_t)sel_sbrk(PTRDIFF_MAX), -1);
    assert_int_equal((uintptr_t)sel_sbrk(-40), 0x1000 + 100);
    assert_int_equal((intptr_t)sel_sbrk(-61), -1);
    assert_int_equal((intptr_t)sel_sbrk(PTRDIFF_MIN), -1);
    assert_int_equal((uintptr_t)sel_sbrk(0), 0x1000 + 60);
}

int main(void)
{
    const struct CMUnitTest tests[] = {cmocka_unit_test_setup(the_arena_ends_where_the_spec_says, fake_reset)};
    return cmocka_run_group_tests(tests, NULL, NULL);
}
