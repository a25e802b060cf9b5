/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * The parent rule D1-D3 and what copies lose, as pure functions of capabilities.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "kernel/object/cap.h"

#define BASE 0x40000000ul
#define ALL  0xful

static struct cap untyped(uint64_t address, uint64_t size_bits)
{
    return untyped_cap_make(address, size_bits, UNTYPED_KIND_RAM, 0, 0);
}

static struct cap endpoint(uint64_t badge, bool is_original)
{
    return cap_set_original(endpoint_cap_make(BASE, ALL, badge), is_original);
}

static void d1_memory_inside_an_untyped(void **state)
{
    (void)state;
    struct cap parent = untyped(BASE, 20);
    assert_true(cap_is_parent(parent, untyped(BASE, 20)));
    assert_true(cap_is_parent(parent, untyped(BASE + 0x80000, 19)));
    assert_true(cap_is_parent(parent, tcb_cap_make(BASE + 0xff800, ALL)));
    assert_true(cap_is_parent(parent, zombie_cap_make(BASE, 0, 4, 0)));
    assert_true(cap_is_parent(parent, vcpu_cap_make(BASE, ALL)));
    assert_false(cap_is_parent(parent, untyped(BASE, 21)));
    assert_false(cap_is_parent(parent, tcb_cap_make(BASE + 0x100000, ALL)));
    assert_false(cap_is_parent(parent, tcb_cap_make(BASE - 0x800, ALL)));
}

static void d1_does_not_take_what_has_no_memory(void **state)
{
    (void)state;
    struct cap parent = untyped(0, 36);
    assert_false(cap_is_parent(parent, null_cap_make()));
    assert_false(cap_is_parent(parent, sched_control_cap_make(0, ALL, 0)));
    assert_false(cap_is_parent(parent, irq_control_cap_make(0, ALL)));
    assert_false(cap_is_parent(parent, irq_handler_cap_make(0, ALL, 40)));
    assert_false(cap_is_parent(parent, smc_cap_make(0, ALL, 0)));
    assert_false(cap_is_parent(parent, console_cap_make(0, ALL)));
}

static void d2_handlers_come_from_irq_control(void **state)
{
    (void)state;
    assert_true(cap_is_parent(irq_control_cap_make(0, ALL), irq_handler_cap_make(0, ALL, 40)));
    assert_false(cap_is_parent(irq_handler_cap_make(0, ALL, 40), irq_handler_cap_make(0, ALL, 40)));
    assert_false(cap_is_parent(irq_control_cap_make(0, ALL), console_cap_make(0, ALL)));
}

static void d3_only_an_original_has_copies(void **state)
{
    (void)state;
    struct cap original = cap_set_original(tcb_cap_make(BASE, ALL), 1);
    assert_true(cap_is_parent(original, tcb_cap_make(BASE, 1)));
    assert_false(cap_is_parent(tcb_cap_make(BASE, ALL), tcb_cap_make(BASE, 1)));
    assert_false(cap_is_parent(original, tcb_cap_make(BASE + 0x800, 1)));
    assert_false(cap_is_parent(original, endpoint_cap_make(BASE, 1, 0)));
}

static void d3_a_badge_divides(void **state)
{
    (void)state;
    assert_true(cap_is_parent(endpoint(0, true), endpoint(0, false)));
    assert_true(cap_is_parent(endpoint(0, true), endpoint(7, true)));
    assert_true(cap_is_parent(endpoint(7, true), endpoint(7, false)));
    assert_false(cap_is_parent(endpoint(7, true), endpoint(7, true)));
    assert_false(cap_is_parent(endpoint(7, true), endpoint(8, false)));
    assert_false(cap_is_parent(endpoint(7, true), endpoint(0, false)));
    assert_false(cap_is_parent(endpoint(7, false), endpoint(7, false)));
    struct cap any = cap_set_original(smc_cap_make(0, ALL, 0), 1);
    struct cap one = cap_set_original(smc_cap_make(0, ALL, 0x84000000), 1);
    assert_true(cap_is_parent(any, one));
    assert_true(cap_is_parent(one, cap_set_original(one, 0)));
    assert_false(cap_is_parent(one, any));
}

static void what_is_the_same_object(void **state)
{
    (void)state;
    assert_true(cap_is_same_object(tcb_cap_make(BASE, ALL), tcb_cap_make(BASE, 1)));
    assert_false(cap_is_same_object(tcb_cap_make(BASE, ALL), tcb_cap_make(BASE + 0x800, ALL)));
    assert_true(cap_is_same_object(sched_control_cap_make(0, ALL, 1), sched_control_cap_make(0, 1, 1)));
    assert_false(cap_is_same_object(sched_control_cap_make(0, ALL, 1), sched_control_cap_make(0, ALL, 2)));
    assert_true(cap_is_same_object(irq_handler_cap_make(0, ALL, 40), irq_handler_cap_make(0, 1, 40)));
    assert_false(cap_is_same_object(irq_handler_cap_make(0, ALL, 40), irq_handler_cap_make(0, ALL, 41)));
    assert_false(cap_is_same_object(untyped(BASE, 20), untyped(BASE, 20)));
    assert_false(cap_is_same_object(null_cap_make(), null_cap_make()));
    struct cap control = cap_set_original(sched_control_cap_make(0, ALL, 1), 1);
    assert_true(cap_is_parent(control, sched_control_cap_make(0, ALL, 1)));
}

static void what_cannot_be_copied(void **state)
{
    (void)state;
    assert_false(cap_is_copyable(null_cap_make()));
    assert_false(cap_is_copyable(untyped(BASE, 20)));
    assert_false(cap_is_copyable(reply_cap_make(BASE, ALL)));
    assert_false(cap_is_copyable(irq_control_cap_make(0, ALL)));
    assert_false(cap_is_copyable(zombie_cap_make(BASE, 0, 4, 0)));
    assert_true(cap_is_copyable(irq_handler_cap_make(0, ALL, 40)));
    assert_true(cap_is_copyable(console_cap_make(0, ALL)));
}

static void a_copy_is_not_original_bound_or_mapped(void **state)
{
    (void)state;
    struct cap frame = frame_cap_make(BASE, ALL, FRAME_SIZE_2M, 0, 5, 6, 7, 1);
    struct cap copy = cap_copy(cap_set_bound(cap_set_original(frame, 1), 1));
    assert_int_equal(cap_original(copy), 0);
    assert_int_equal(cap_bound(copy), 0);
    assert_int_equal(frame_cap_mapped(copy), 0);
    assert_int_equal(cap_object(copy), BASE);
    assert_int_equal(cap_rights(copy), ALL);
    assert_int_equal(frame_cap_size(copy), FRAME_SIZE_2M);
}

static void rights_only_shrink(void **state)
{
    (void)state;
    struct cap cap = tcb_cap_make(BASE, SEL_RIGHT_READ | SEL_RIGHT_WRITE);
    assert_int_equal(cap_rights(cap_restrict(cap, ~0ul)), SEL_RIGHT_READ | SEL_RIGHT_WRITE);
    assert_int_equal(cap_rights(cap_restrict(cap, SEL_RIGHT_WRITE | SEL_RIGHT_GRANT)), SEL_RIGHT_WRITE);
    assert_int_equal(untyped_cap_size_bits(cap_restrict(untyped(BASE, 20), 0)), 20);
}

static void sizes(void **state)
{
    (void)state;
    assert_int_equal(cap_size_bits(untyped(BASE, 20)), 20);
    assert_int_equal(cap_size_bits(cnode_cap_make(BASE, ALL, 12)), 17);
    assert_int_equal(cap_size_bits(frame_cap_make(BASE, ALL, FRAME_SIZE_1G, 0, 0, 0, 0, 0)), 30);
    assert_int_equal(cap_size_bits(tcb_cap_make(BASE, ALL)), OBJECT_BITS_TCB);
    assert_int_equal(cap_size_bits(console_cap_make(0, ALL)), 0);
}

static void what_names_nothing_is_the_same_as_nothing(void **state)
{
    (void)state;
    assert_false(cap_is_same_object(null_cap_make(), null_cap_make()));
    assert_false(cap_is_same_object(untyped(BASE, 20), untyped(BASE, 20)));
    assert_true(cap_is_same_object(sched_control_cap_make(0, ALL, 0), sched_control_cap_make(0, 0, 0)));
    assert_false(cap_is_same_object(sched_control_cap_make(0, ALL, 0), sched_control_cap_make(0, ALL, 1)));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(d1_memory_inside_an_untyped),
        cmocka_unit_test(d1_does_not_take_what_has_no_memory),
        cmocka_unit_test(d2_handlers_come_from_irq_control),
        cmocka_unit_test(d3_only_an_original_has_copies),
        cmocka_unit_test(d3_a_badge_divides),
        cmocka_unit_test(what_is_the_same_object),
        cmocka_unit_test(what_cannot_be_copied),
        cmocka_unit_test(a_copy_is_not_original_bound_or_mapped),
        cmocka_unit_test(rights_only_shrink),
        cmocka_unit_test(sizes),
        cmocka_unit_test(what_names_nothing_is_the_same_as_nothing),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
