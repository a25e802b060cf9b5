/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * VSpace ids and their generations (V2): a Frame capability never matches a VSpace that was made later. Page tables: frame_test.c.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "kernel/object/vspace.h"

#define SIZE_BITS      13 /* header and root table, no pool */
#define SIZE           (1ul << SIZE_BITS)
#define GENERATION_MAX ((1ul << 23) - 1) /* what a Frame capability can hold */

static _Alignas(SIZE) uint8_t memory[2][SIZE];

static struct vspace *make(unsigned int place)
{
    memset(memory[place], 0, sizeof(struct vspace));
    vspace_create((uint64_t)memory[place], SIZE_BITS, false);
    return (struct vspace *)memory[place];
}

static struct cap frame_mapped_in(const struct vspace *vspace)
{
    return frame_cap_make(0x10000, 0xf, FRAME_SIZE_4K, 0, vspace->space_id, vspace->space_gen, 5, 1);
}

static void a_frame_finds_its_vspace_and_no_later_one(void **state)
{
    (void)state;
    struct vspace *first = make(0);
    struct cap frame = frame_mapped_in(first);
    assert_ptr_equal(vspace_of_frame(frame), first);
    assert_null(vspace_of_frame(frame_cap_set_mapped(frame, 0)));
    vspace_destroy(first);
    assert_null(vspace_of_frame(frame));
    struct vspace *second = make(0);
    assert_int_equal(second->space_id, frame_cap_space_id(frame));
    assert_null(vspace_of_frame(frame));
    assert_ptr_equal(vspace_of_frame(frame_mapped_in(second)), second);
    vspace_destroy(second);
}

static void two_vspaces_have_two_ids(void **state)
{
    (void)state;
    struct vspace *first = make(0);
    struct vspace *second = make(1);
    assert_int_not_equal(first->space_id, second->space_id);
    assert_ptr_equal(vspace_of_frame(frame_mapped_in(first)), first);
    assert_ptr_equal(vspace_of_frame(frame_mapped_in(second)), second);
    vspace_destroy(second);
    vspace_destroy(first);
}

/** What the translation caches hold of it must be gone before its memory is used again. */
static void the_architecture_is_told_of_the_end(void **state)
{
    (void)state;
    struct vspace *vspace = make(0);
    vspace->arch.has_id = true;
    assert_false(vspace->arch.is_dead);
    vspace_destroy(vspace);
    assert_true(vspace->arch.is_dead);
    assert_false(vspace->arch.has_id);
}

static void ids_are_counted(void **state)
{
    (void)state;
    assert_true(vspace_id_is_available(SEL_LIMIT_SPACE_COUNT_MAX));
    assert_false(vspace_id_is_available(SEL_LIMIT_SPACE_COUNT_MAX + 1));
    struct vspace *first = make(0);
    assert_true(vspace_id_is_available(SEL_LIMIT_SPACE_COUNT_MAX - 1));
    assert_false(vspace_id_is_available(SEL_LIMIT_SPACE_COUNT_MAX));
    vspace_destroy(first);
    assert_true(vspace_id_is_available(SEL_LIMIT_SPACE_COUNT_MAX));
}

/** It runs last: the id is gone for good. */
static void an_id_without_generations_left_is_not_used_again(void **state)
{
    (void)state;
    struct vspace *vspace = make(0);
    uint64_t id = vspace->space_id;
    while (vspace->space_gen < GENERATION_MAX) {
        vspace_destroy(vspace);
        vspace = make(0);
        assert_true(vspace->space_id == id);
    }
    struct cap frame = frame_mapped_in(vspace);
    assert_ptr_equal(vspace_of_frame(frame), vspace);
    vspace_destroy(vspace);
    assert_null(vspace_of_frame(frame));
    assert_false(vspace_id_is_available(SEL_LIMIT_SPACE_COUNT_MAX));
    assert_true(vspace_id_is_available(SEL_LIMIT_SPACE_COUNT_MAX - 1));
    vspace = make(0);
    assert_int_not_equal(vspace->space_id, id);
    assert_null(vspace_of_frame(frame));
    vspace_destroy(vspace);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_frame_finds_its_vspace_and_no_later_one),
        cmocka_unit_test(two_vspaces_have_two_ids),
        cmocka_unit_test(the_architecture_is_told_of_the_end),
        cmocka_unit_test(ids_are_counted),
        cmocka_unit_test(an_id_without_generations_left_is_not_used_again),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
