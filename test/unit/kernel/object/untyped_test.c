/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Untyped: Retype of every type, placement, zeroing, its refusals, and preemption in the middle.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "kernel/object/cap.h"
#include "kernel/object/untyped.h"
#include "kernel/object/vspace.h"
#include "test/unit/kernel/harness/world.h"

#define BEYOND (1ul << WORLD_CNODE_BITS)

#define retype(untyped, ...) world_do(untyped, METHOD_UNTYPED_RETYPE, __VA_ARGS__)
#define retype_refused(error, untyped, ...)                                                                            \
    world_refused(error, world.init.tcb, untyped, METHOD_UNTYPED_RETYPE, __VA_ARGS__)

static struct cap cap_at(uint64_t slot)
{
    return world_slot(slot)->cap;
}

static bool is_zero(uint64_t address, uint64_t length)
{
    const uint8_t *bytes = (const uint8_t *)address;
    for (uint64_t i = 0; i < length; i++) {
        if (bytes[i] != 0) {
            return false;
        }
    }
    return true;
}

static void every_type_is_made(void **state)
{
    (void)state;
    static const struct {
        uint64_t type;
        uint64_t size_bits;
        uint64_t cap_type;
    } cases[] = {
        {OBJECT_TYPE_UNTYPED, 6, CAP_TYPE_UNTYPED},
        {OBJECT_TYPE_CNODE, 7, CAP_TYPE_CNODE},
        {OBJECT_TYPE_TCB, OBJECT_BITS_TCB, CAP_TYPE_TCB},
        {OBJECT_TYPE_ENDPOINT, 0, CAP_TYPE_ENDPOINT},
        {OBJECT_TYPE_NOTIFICATION, 0, CAP_TYPE_NOTIFICATION},
        {OBJECT_TYPE_REPLY, 0, CAP_TYPE_REPLY},
        {OBJECT_TYPE_SCHED_CONTEXT, 0, CAP_TYPE_SCHED_CONTEXT},
        {OBJECT_TYPE_TIMER, 0, CAP_TYPE_TIMER},
        {OBJECT_TYPE_VSPACE, 14, CAP_TYPE_VSPACE},
        {OBJECT_TYPE_VSPACE_GUEST, 16, CAP_TYPE_VSPACE},
        {OBJECT_TYPE_FRAME, 12, CAP_TYPE_FRAME},
        {OBJECT_TYPE_VCPU, 0, CAP_TYPE_VCPU},
    };
    for (unsigned int i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
        uint64_t slot = world_new(cases[i].type, cases[i].size_bits);
        uint64_t bits = cap_size_bits(cap_at(slot));
        assert_int_equal(cap_type(cap_at(slot)), cases[i].cap_type);
        assert_int_equal(cap_object(cap_at(slot)) % (1ul << bits), 0);
        assert_true(cases[i].size_bits == 0 || bits == cases[i].size_bits);
        assert_true(cases[i].type == OBJECT_TYPE_UNTYPED ||
                    (cap_original(cap_at(slot)) == 1 && cap_rights(cap_at(slot)) == 0xf));
    }
    assert_true(((struct vspace *)world_object(world_new(OBJECT_TYPE_VSPACE_GUEST, 14)))->is_guest);
}

static void objects_lie_apart_and_are_zero(void **state)
{
    (void)state;
    uint64_t first = world_slots(32);
    retype(WORLD_UNTYPED, OBJECT_TYPE_FRAME, 12, WORLD_CNODE, first, 32);
    for (uint64_t i = 0; i < 32; i++) {
        assert_int_equal(cap_object(cap_at(first + i)), cap_object(cap_at(first)) + i * 4096);
        assert_true(is_zero(cap_object(cap_at(first + i)), 4096));
    }
    uint64_t endpoint = world_new(OBJECT_TYPE_ENDPOINT, 0);
    assert_int_equal(cap_object(cap_at(endpoint)), cap_object(cap_at(first)) + 32 * 4096);
}

static void a_childless_untyped_starts_anew_and_zeroes_again(void **state)
{
    (void)state;
    uint64_t untyped = world_new(OBJECT_TYPE_UNTYPED, 14);
    uint64_t frame = world_slots(4);
    retype(untyped, OBJECT_TYPE_FRAME, 12, WORLD_CNODE, frame, 4);
    uint8_t *bytes = world_object(frame);
    memset(bytes, 0xee, 4 * 4096);
    retype_refused(SEL_ERROR_NO_MEMORY, untyped, OBJECT_TYPE_ENDPOINT, 0, WORLD_CNODE, world_slots(1), 1);
    world_do(WORLD_CNODE, METHOD_CNODE_REVOKE, untyped);
    retype(untyped, OBJECT_TYPE_FRAME, 12, WORLD_CNODE, frame, 4);
    assert_true(is_zero((uint64_t)bytes, 4 * 4096));
}

static void child_untypeds_are_zeroed_once(void **state)
{
    (void)state;
    uint64_t untyped = world_new(OBJECT_TYPE_UNTYPED, 16);
    uint64_t bytes_before = fake.zeroed_bytes;
    uint64_t child = world_slots(1);
    uint64_t frame = world_slots(2);
    retype(untyped, OBJECT_TYPE_UNTYPED, 15, WORLD_CNODE, child, 1);
    assert_int_equal(fake.zeroed_bytes, bytes_before);
    retype(child, OBJECT_TYPE_FRAME, 12, WORLD_CNODE, frame, 2);
    assert_int_equal(fake.zeroed_bytes, bytes_before + 8192);
    assert_true(is_zero(cap_object(cap_at(frame)), 8192));
}

static void a_gap_in_front_is_not_zeroed_but_never_handed_out(void **state)
{
    (void)state;
    uint64_t untyped = world_new(OBJECT_TYPE_UNTYPED, 15);
    uint64_t small = world_slots(3);
    retype(untyped, OBJECT_TYPE_ENDPOINT, 0, WORLD_CNODE, small, 1);
    retype(untyped, OBJECT_TYPE_FRAME, 12, WORLD_CNODE, small + 1, 1);
    retype(untyped, OBJECT_TYPE_ENDPOINT, 0, WORLD_CNODE, small + 2, 1);
    assert_int_equal(cap_object(cap_at(small + 1)), cap_object(cap_at(small)) + 4096);
    assert_int_equal(cap_object(cap_at(small + 2)), cap_object(cap_at(small)) + 8192);
    assert_true(is_zero(cap_object(cap_at(small + 1)), 4096));
    assert_true(is_zero(cap_object(cap_at(small + 2)), 64));
}

static void zeroing_is_preempted_and_goes_on(void **state)
{
    (void)state;
    uint64_t untyped = world_new(OBJECT_TYPE_UNTYPED, 20);
    uint64_t frame = world_slots(20);
    uint64_t bytes_before = fake.zeroed_bytes;
    fake.preempt_after = 1;
    fake.preempt_every = 1;
    retype(untyped, OBJECT_TYPE_FRAME, 12, WORLD_CNODE, frame, 20);
    fake.preempt_after = 0;
    assert_true(world.restart_count >= 3);
    assert_int_equal(fake.zeroed_bytes, bytes_before + 20 * 4096);
    assert_true(is_zero(cap_object(cap_at(frame)), 20 * 4096));
}

static void device_memory_makes_frames_and_untypeds(void **state)
{
    (void)state;
    uint64_t slot = world_slots(2);
    uint64_t bytes_before = fake.zeroed_bytes;
    retype(WORLD_DEVICE, OBJECT_TYPE_UNTYPED, 30, WORLD_CNODE, slot, 1);
    retype(slot, OBJECT_TYPE_FRAME, 21, WORLD_CNODE, slot + 1, 1);
    assert_int_equal(frame_cap_device(cap_at(slot + 1)), 1);
    assert_int_equal(cap_object(cap_at(slot + 1)), WORLD_DEVICE_BASE);
    assert_int_equal(fake.zeroed_bytes, bytes_before);
    retype_refused(SEL_ERROR_INVALID_ARGUMENT, WORLD_DEVICE, OBJECT_TYPE_ENDPOINT, 0, WORLD_CNODE, world_slots(1), 1);
}

static void wrong_types_and_sizes_are_refused(void **state)
{
    (void)state;
    uint64_t slot = world_slots(1);
    retype_refused(SEL_ERROR_INVALID_ARGUMENT, WORLD_UNTYPED, 0, 12, WORLD_CNODE, slot, 1);
    retype_refused(SEL_ERROR_INVALID_ARGUMENT, WORLD_UNTYPED, CAP_TYPE_SCHED_CONTROL, 12, WORLD_CNODE, slot, 1);
    retype_refused(SEL_ERROR_INVALID_ARGUMENT, WORLD_UNTYPED, 19, 12, WORLD_CNODE, slot, 1);
    retype_refused(SEL_ERROR_INVALID_ARGUMENT, WORLD_UNTYPED, UINT64_MAX, 12, WORLD_CNODE, slot, 1);
    retype_refused(SEL_ERROR_INVALID_ARGUMENT, WORLD_UNTYPED, OBJECT_TYPE_FRAME, 13, WORLD_CNODE, slot, 1);
    retype_refused(SEL_ERROR_OUT_OF_RANGE, WORLD_UNTYPED, OBJECT_TYPE_FRAME, 31, WORLD_CNODE, slot, 1);
    retype_refused(SEL_ERROR_OUT_OF_RANGE, WORLD_UNTYPED, OBJECT_TYPE_CNODE, 6, WORLD_CNODE, slot, 1);
    retype_refused(SEL_ERROR_OUT_OF_RANGE, WORLD_UNTYPED, OBJECT_TYPE_CNODE, 26, WORLD_CNODE, slot, 1);
    retype_refused(SEL_ERROR_OUT_OF_RANGE, WORLD_UNTYPED, OBJECT_TYPE_TCB, 12, WORLD_CNODE, slot, 1);
    retype_refused(SEL_ERROR_OUT_OF_RANGE, WORLD_UNTYPED, OBJECT_TYPE_UNTYPED, 5, WORLD_CNODE, slot, 1);
    retype_refused(SEL_ERROR_OUT_OF_RANGE, WORLD_UNTYPED, OBJECT_TYPE_UNTYPED, UINT64_MAX, WORLD_CNODE, slot, 1);
    retype_refused(SEL_ERROR_OUT_OF_RANGE, WORLD_UNTYPED, OBJECT_TYPE_VSPACE, 13, WORLD_CNODE, slot, 1);
}

static void places_are_checked(void **state)
{
    (void)state;
    uint64_t slot = world_slots(2);
    uint64_t endpoint = world_new(OBJECT_TYPE_ENDPOINT, 0);
    retype_refused(SEL_ERROR_OUT_OF_RANGE, WORLD_UNTYPED, OBJECT_TYPE_ENDPOINT, 0, WORLD_CNODE, 0, 1);
    retype_refused(SEL_ERROR_OUT_OF_RANGE, WORLD_UNTYPED, OBJECT_TYPE_ENDPOINT, 0, WORLD_CNODE, BEYOND, 1);
    retype_refused(SEL_ERROR_OUT_OF_RANGE, WORLD_UNTYPED, OBJECT_TYPE_ENDPOINT, 0, WORLD_CNODE, BEYOND - 1, 2);
    retype_refused(SEL_ERROR_OUT_OF_RANGE, WORLD_UNTYPED, OBJECT_TYPE_ENDPOINT, 0, WORLD_CNODE, slot, 0);
    retype_refused(SEL_ERROR_OUT_OF_RANGE, WORLD_UNTYPED, OBJECT_TYPE_ENDPOINT, 0, WORLD_CNODE, slot, 33);
    retype_refused(SEL_ERROR_SLOT_OCCUPIED, WORLD_UNTYPED, OBJECT_TYPE_ENDPOINT, 0, WORLD_CNODE, slot, 3);
    assert_int_equal(world_word(world.init.tcb, 1), endpoint);
    retype_refused(SEL_ERROR_INVALID_CAP, WORLD_UNTYPED, OBJECT_TYPE_ENDPOINT, 0, slot, slot, 1);
    retype_refused(SEL_ERROR_WRONG_TYPE, WORLD_UNTYPED, OBJECT_TYPE_ENDPOINT, 0, endpoint, slot, 1);
    retype_refused(SEL_ERROR_TOO_FEW_ARGUMENTS, WORLD_UNTYPED, OBJECT_TYPE_ENDPOINT, 0, WORLD_CNODE, slot);
    world_refused(SEL_ERROR_INVALID_METHOD, world.init.tcb, WORLD_UNTYPED, 2, 0);
}

static void too_little_memory_is_told(void **state)
{
    (void)state;
    uint64_t untyped = world_new(OBJECT_TYPE_UNTYPED, 13);
    uint64_t slot = world_slots(2);
    retype_refused(SEL_ERROR_NO_MEMORY, untyped, OBJECT_TYPE_FRAME, 12, WORLD_CNODE, slot, 3);
    retype_refused(SEL_ERROR_NO_MEMORY, untyped, OBJECT_TYPE_UNTYPED, 36, WORLD_CNODE, slot, 1);
    retype(untyped, OBJECT_TYPE_ENDPOINT, 0, WORLD_CNODE, slot, 1);
    retype_refused(SEL_ERROR_NO_MEMORY, untyped, OBJECT_TYPE_FRAME, 12, WORLD_CNODE, slot + 1, 2);
    assert_int_equal(world_word(world.init.tcb, 0), 0);
    assert_int_equal(world_word(world.init.tcb, 1), 8192);
    assert_int_equal(world_word(world.init.tcb, 2), 4096);
}

static void only_so_many_address_spaces(void **state)
{
    (void)state;
    uint64_t size = 1ul << OBJECT_BITS_VSPACE_MIN;
    uint64_t count = 0;
    uint8_t *memory = aligned_alloc(size, SEL_LIMIT_SPACE_COUNT_MAX * size);
    assert_non_null(memory);
    memset(memory, 0, SEL_LIMIT_SPACE_COUNT_MAX * size);
    for (; vspace_id_is_available(1); count++) {
        vspace_create((uint64_t)memory + count * size, OBJECT_BITS_VSPACE_MIN, false);
    }
    retype_refused(SEL_ERROR_NO_SPACE_ID, WORLD_UNTYPED, OBJECT_TYPE_VSPACE, 14, WORLD_CNODE, world_slots(1), 1);
    assert_int_equal(world_word(world.init.tcb, 0), 5);
    assert_int_equal(world_word(world.init.tcb, 1), 1);
    assert_int_equal(world_word(world.init.tcb, 2), SEL_LIMIT_SPACE_COUNT_MAX);
    retype_refused(SEL_ERROR_NO_SPACE_ID, WORLD_UNTYPED, OBJECT_TYPE_VSPACE_GUEST, 14, WORLD_CNODE, world_slots(1), 1);
    for (uint64_t i = 0; i < count; i++) {
        vspace_destroy((struct vspace *)(memory + i * size));
    }
    free(memory);
    assert_int_equal(cap_type(cap_at(world_new(OBJECT_TYPE_VSPACE, 14))), CAP_TYPE_VSPACE);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        world_test(every_type_is_made),
        world_test(objects_lie_apart_and_are_zero),
        world_test(a_childless_untyped_starts_anew_and_zeroes_again),
        world_test(child_untypeds_are_zeroed_once),
        world_test(a_gap_in_front_is_not_zeroed_but_never_handed_out),
        world_test(zeroing_is_preempted_and_goes_on),
        world_test(device_memory_makes_frames_and_untypeds),
        world_test(wrong_types_and_sizes_are_refused),
        world_test(places_are_checked),
        world_test(too_little_memory_is_told),
        world_test(only_so_many_address_spaces),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
