/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Slots by themselves: the links of the derivation list (S1, S2), whatever an empty slot's memory held before.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "kernel/object/cap.h"
#include "kernel/object/slot.h"

#define BASE 0x40000000ul

static struct cap some_cap(void)
{
    return endpoint_cap_make(BASE, SEL_RIGHT_READ, 0);
}

static void assert_linked(const struct slot *slot, const struct slot *prev, const struct slot *next)
{
    assert_false(slot_is_empty(slot));
    assert_ptr_equal(slot->prev, prev);
    assert_ptr_equal(slot->next, next);
}

static void assert_cleared(const struct slot *slot)
{
    const struct slot empty = {0};
    assert_memory_equal(slot, &empty, sizeof(empty));
}

static void a_root_begins_a_list_of_its_own(void **state)
{
    (void)state;
    struct slot stranger = {0};
    struct slot root = {.prev = &stranger, .next = &stranger};
    slot_insert_root(&root, some_cap());
    assert_linked(&root, NULL, NULL);
    assert_cleared(&stranger);
}

static void a_child_comes_directly_behind_its_parent(void **state)
{
    (void)state;
    struct slot slot[3] = {{.prev = NULL}};
    slot_insert_root(&slot[0], some_cap());
    slot_insert(&slot[2], some_cap(), &slot[0]);
    slot_insert(&slot[1], some_cap(), &slot[0]);
    assert_linked(&slot[0], NULL, &slot[1]);
    assert_linked(&slot[1], &slot[0], &slot[2]);
    assert_linked(&slot[2], &slot[1], NULL);
}

static void a_moved_capability_keeps_its_place(void **state)
{
    (void)state;
    struct slot slot[4] = {{.prev = NULL}};
    slot_insert_root(&slot[0], some_cap());
    slot_insert(&slot[2], some_cap(), &slot[0]);
    slot_insert(&slot[1], some_cap(), &slot[0]);
    slot_move(&slot[3], &slot[1], slot[1].cap);
    assert_cleared(&slot[1]);
    assert_linked(&slot[0], NULL, &slot[3]);
    assert_linked(&slot[3], &slot[0], &slot[2]);
    assert_linked(&slot[2], &slot[3], NULL);
}

static void a_removed_capability_leaves_no_gap(void **state)
{
    (void)state;
    struct slot slot[3] = {{.prev = NULL}};
    slot_insert_root(&slot[0], some_cap());
    slot_insert(&slot[2], some_cap(), &slot[0]);
    slot_insert(&slot[1], some_cap(), &slot[0]);
    slot_remove(&slot[1]);
    assert_cleared(&slot[1]);
    assert_linked(&slot[0], NULL, &slot[2]);
    assert_linked(&slot[2], &slot[0], NULL);
    slot_remove(&slot[0]);
    assert_linked(&slot[2], NULL, NULL);
    slot_remove(&slot[2]);
    assert_cleared(&slot[2]);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_root_begins_a_list_of_its_own),
        cmocka_unit_test(a_child_comes_directly_behind_its_parent),
        cmocka_unit_test(a_moved_capability_keeps_its_place),
        cmocka_unit_test(a_removed_capability_leaves_no_gap),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
