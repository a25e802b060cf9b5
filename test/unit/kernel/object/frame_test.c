/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Frame and VSpace: mappings, their rights and ends, page tables, cache maintenance, inspection.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "test/unit/kernel/harness/world.h"

#define RW          (SEL_RIGHT_READ | SEL_RIGHT_WRITE)
#define RX          (SEL_RIGHT_READ | SEL_RIGHT_EXECUTE)
#define ADDRESS     0x2000000000ul
#define PAGE        4096ul
#define MEGA2       (2ul << 20)
#define ADDRESS_END (1ul << SEL_LIMIT_ADDRESS_BITS)

/** A small VSpace: a page each for header and root, two for tables. */
static uint64_t vspace_small(void)
{
    return world_new(OBJECT_TYPE_VSPACE, 14);
}

static uint64_t page_new(void)
{
    return world_new(OBJECT_TYPE_FRAME, 12);
}

static void map(uint64_t frame, uint64_t vspace, uint64_t address, uint64_t rights)
{
    world_do(frame, METHOD_FRAME_MAP, vspace, address, rights, FRAME_ATTRIBUTE_NORMAL);
}

static uint64_t tables_free(uint64_t vspace)
{
    world_do(vspace, METHOD_VSPACE_STATUS);
    return world_word(world.init.tcb, 1);
}

static void assert_mapping(uint64_t vspace, uint64_t from, uint64_t address, uint64_t frame, uint64_t size_bits,
                           uint64_t rights)
{
    world_do(vspace, METHOD_VSPACE_INSPECT, from);
    assert_int_equal(world_word(world.init.tcb, 0), address);
    assert_int_equal(world_word(world.init.tcb, 1), cap_object(world_slot(frame)->cap));
    assert_int_equal(world_word(world.init.tcb, 2), size_bits);
    assert_int_equal(world_word(world.init.tcb, 3), rights);
}

static void a_mapping_is_seen_by_inspection(void **state)
{
    (void)state;
    uint64_t vspace = vspace_small();
    uint64_t frame = page_new();
    map(frame, vspace, ADDRESS + PAGE, RW);
    assert_mapping(vspace, 0, ADDRESS + PAGE, frame, 12, RW);
    assert_mapping(vspace, ADDRESS + PAGE + 8, ADDRESS + PAGE, frame, 12, RW);
    world_refused(SEL_ERROR_NOT_MAPPED, world.init.tcb, vspace, METHOD_VSPACE_INSPECT, ADDRESS + 2 * PAGE);
}

static void tables_come_from_the_vspace_and_go_back(void **state)
{
    (void)state;
    uint64_t vspace = vspace_small();
    uint64_t frame = page_new();
    world_do(vspace, METHOD_VSPACE_STATUS);
    assert_int_equal(world_word(world.init.tcb, 0), 2);
    assert_int_equal(world_word(world.init.tcb, 1), 2);
    assert_int_equal(world_word(world.init.tcb, 2), 0);
    map(frame, vspace, ADDRESS, RW);
    assert_int_equal(tables_free(vspace), 0);
    uint64_t neighbour = page_new();
    map(neighbour, vspace, ADDRESS + PAGE, RX);
    world_do(frame, METHOD_FRAME_UNMAP);
    assert_int_equal(tables_free(vspace), 0);
    world_do(neighbour, METHOD_FRAME_UNMAP);
    assert_int_equal(tables_free(vspace), 2);
}

static void large_frames_need_fewer_tables(void **state)
{
    (void)state;
    uint64_t vspace = vspace_small();
    uint64_t untyped = WORLD_DEVICE;
    uint64_t slots = world_slots(2);
    world_do(untyped, METHOD_UNTYPED_RETYPE, OBJECT_TYPE_FRAME, 30, WORLD_CNODE, slots, 1);
    world_do(untyped, METHOD_UNTYPED_RETYPE, OBJECT_TYPE_FRAME, 21, WORLD_CNODE, slots + 1, 1);
    world_do(slots, METHOD_FRAME_MAP, vspace, ADDRESS, RW, FRAME_ATTRIBUTE_DEVICE);
    assert_int_equal(tables_free(vspace), 2);
    world_do(slots + 1, METHOD_FRAME_MAP, vspace, 0, SEL_RIGHT_READ, FRAME_ATTRIBUTE_DEVICE);
    assert_int_equal(tables_free(vspace), 1);
    assert_mapping(vspace, 1, 0, slots + 1, 21, SEL_RIGHT_READ | FRAME_ATTRIBUTE_DEVICE << 8);
    assert_mapping(vspace, MEGA2, ADDRESS, slots, 30, RW | FRAME_ATTRIBUTE_DEVICE << 8);
    world_do(slots, METHOD_FRAME_ADDRESS);
    assert_int_equal(world_word(world.init.tcb, 0), WORLD_DEVICE_BASE);
    assert_int_equal(world_word(world.init.tcb, 1), 30);
}

static void protect_changes_the_mapping_only(void **state)
{
    (void)state;
    uint64_t vspace = vspace_small();
    uint64_t frame = page_new();
    map(frame, vspace, ADDRESS, RW);
    world_do(frame, METHOD_FRAME_PROTECT, SEL_RIGHT_READ);
    assert_mapping(vspace, 0, ADDRESS, frame, 12, SEL_RIGHT_READ);
    world_do(frame, METHOD_FRAME_PROTECT, RW);
    assert_mapping(vspace, 0, ADDRESS, frame, 12, RW);
}

/** Past the cache stale memory would be seen: a page is cleaned first, more than a page is refused. */
static void uncached_memory_is_cleaned_before_it_is_mapped(void **state)
{
    (void)state;
    uint64_t vspace = vspace_small();
    uint64_t frame = page_new();
    uint64_t count = fake.cache_count;
    world_do(frame, METHOD_FRAME_MAP, vspace, ADDRESS, RW, FRAME_ATTRIBUTE_UNCACHED);
    assert_int_equal(fake.cache_count, count + 1);
    assert_int_equal(fake.cache_operation, CACHE_OPERATION_CLEAN_INVALIDATE);
    assert_int_equal(fake.cache_address, cap_object(world_slot(frame)->cap));
    assert_int_equal(fake.cache_length, PAGE);
    uint64_t large = world_new(OBJECT_TYPE_FRAME, 21);
    world_refused(SEL_ERROR_INVALID_ARGUMENT, world.init.tcb, large, METHOD_FRAME_MAP, vspace, MEGA2, RW,
                  FRAME_ATTRIBUTE_UNCACHED);
    assert_int_equal(fake.cache_count, count + 1);
}

static void deletion_unmaps(void **state)
{
    (void)state;
    uint64_t vspace = vspace_small();
    uint64_t frame = page_new();
    uint64_t copy = world_copy(frame, RW);
    map(frame, vspace, ADDRESS, RW);
    map(copy, vspace, ADDRESS + PAGE, SEL_RIGHT_READ);
    world_do(WORLD_CNODE, METHOD_CNODE_DELETE, frame);
    assert_mapping(vspace, 0, ADDRESS + PAGE, copy, 12, SEL_RIGHT_READ);
    world_do(WORLD_CNODE, METHOD_CNODE_DELETE, copy);
    world_refused(SEL_ERROR_NOT_MAPPED, world.init.tcb, vspace, METHOD_VSPACE_INSPECT, 0);
    assert_int_equal(tables_free(vspace), 2);
}

static void a_frame_outlives_its_vspace(void **state)
{
    (void)state;
    uint64_t vspace = vspace_small();
    uint64_t frame = page_new();
    map(frame, vspace, ADDRESS, RW);
    world_do(WORLD_CNODE, METHOD_CNODE_DELETE, vspace);
    uint64_t next = vspace_small();
    world_refused(SEL_ERROR_NOT_MAPPED, world.init.tcb, frame, METHOD_FRAME_UNMAP);
    world_refused(SEL_ERROR_NOT_MAPPED, world.init.tcb, next, METHOD_VSPACE_INSPECT, 0);
    map(frame, next, ADDRESS, RW);
    assert_mapping(next, 0, ADDRESS, frame, 12, RW);
}

static void cache_maintenance_reaches_the_frame(void **state)
{
    (void)state;
    uint64_t frame = page_new();
    world_do(frame, METHOD_FRAME_CACHE, CACHE_OPERATION_UNIFY, 256, 1024);
    assert_int_equal(fake.cache_operation, CACHE_OPERATION_UNIFY);
    assert_int_equal(fake.cache_address, cap_object(world_slot(frame)->cap) + 256);
    assert_int_equal(fake.cache_length, 1024);
}

static void refusals_of_map(void **state)
{
    (void)state;
    struct tcb *init = world.init.tcb;
    uint64_t vspace = vspace_small();
    uint64_t guest = world_new(OBJECT_TYPE_VSPACE_GUEST, 14);
    uint64_t frame = page_new();
    uint64_t other = page_new();
    uint64_t read_only = world_copy(frame, SEL_RIGHT_READ);
    uint64_t normal = FRAME_ATTRIBUTE_NORMAL;
    world_refused(SEL_ERROR_ALIGNMENT, init, frame, METHOD_FRAME_MAP, vspace, ADDRESS + 1, RW, normal);
    world_refused(SEL_ERROR_OUT_OF_RANGE, init, frame, METHOD_FRAME_MAP, vspace, ADDRESS_END, RW, normal);
    world_refused(SEL_ERROR_OUT_OF_RANGE, init, frame, METHOD_FRAME_MAP, vspace, UINT64_MAX - 4095, RW, normal);
    world_refused(SEL_ERROR_RIGHTS, init, read_only, METHOD_FRAME_MAP, vspace, ADDRESS, RW, normal);
    world_refused(SEL_ERROR_INVALID_ARGUMENT, init, frame, METHOD_FRAME_MAP, vspace, ADDRESS, RW | RX, normal);
    world_refused(SEL_ERROR_INVALID_ARGUMENT, init, frame, METHOD_FRAME_MAP, vspace, ADDRESS, 0, normal);
    world_refused(SEL_ERROR_INVALID_ARGUMENT, init, frame, METHOD_FRAME_MAP, vspace, ADDRESS, 0x10 | RW, normal);
    world_refused(SEL_ERROR_INVALID_ARGUMENT, init, frame, METHOD_FRAME_MAP, vspace, ADDRESS, RW,
                  FRAME_ATTRIBUTE_DEVICE + 1);
    world_refused(SEL_ERROR_INVALID_ARGUMENT, init, frame, METHOD_FRAME_MAP, vspace, ADDRESS, RX,
                  FRAME_ATTRIBUTE_DEVICE);
    world_refused(SEL_ERROR_WRONG_TYPE, init, frame, METHOD_FRAME_MAP, frame, ADDRESS, RW, normal);
    world_refused(SEL_ERROR_INVALID_CAP, init, frame, METHOD_FRAME_MAP, world_slots(1), ADDRESS, RW, normal);
    world_refused(SEL_ERROR_TOO_FEW_ARGUMENTS, init, frame, METHOD_FRAME_MAP, vspace, ADDRESS, RW);
    world_refused(SEL_ERROR_INVALID_METHOD, init, frame, METHOD_COUNT_FRAME + 1);
    map(frame, vspace, ADDRESS, RW);
    world_refused(SEL_ERROR_ALREADY_MAPPED, init, frame, METHOD_FRAME_MAP, vspace, ADDRESS + PAGE, RW, normal);
    world_refused(SEL_ERROR_ALREADY_MAPPED, init, other, METHOD_FRAME_MAP, vspace, ADDRESS, RW, normal);
    world_refused(SEL_ERROR_NO_TABLE_MEMORY, init, other, METHOD_FRAME_MAP, vspace, ADDRESS + MEGA2, RW, normal);
    map(other, guest, ADDRESS, RW | RX);
}

static void device_memory_is_mapped_as_device(void **state)
{
    (void)state;
    uint64_t slot = world_slots(1);
    world_do(WORLD_DEVICE, METHOD_UNTYPED_RETYPE, OBJECT_TYPE_FRAME, 12, WORLD_CNODE, slot, 1);
    world_refused(SEL_ERROR_INVALID_ARGUMENT, world.init.tcb, slot, METHOD_FRAME_MAP, WORLD_VSPACE, ADDRESS, RW,
                  FRAME_ATTRIBUTE_NORMAL);
    world_refused(SEL_ERROR_INVALID_ARGUMENT, world.init.tcb, slot, METHOD_FRAME_CACHE, CACHE_OPERATION_CLEAN, 0, 64);
    world_do(slot, METHOD_FRAME_MAP, WORLD_VSPACE, ADDRESS, RW, FRAME_ATTRIBUTE_DEVICE);
}

/** Not in a guest either, where WRITE and EXECUTE go together. */
static void a_device_does_not_become_code(void **state)
{
    (void)state;
    uint64_t frame = world_new(OBJECT_TYPE_FRAME, 12);
    uint64_t guest = world_new(OBJECT_TYPE_VSPACE_GUEST, 14);
    world_do(frame, METHOD_FRAME_MAP, guest, ADDRESS, RW, FRAME_ATTRIBUTE_DEVICE);
    world_refused(SEL_ERROR_INVALID_ARGUMENT, world.init.tcb, frame, METHOD_FRAME_PROTECT, RX);
    world_do(frame, METHOD_FRAME_UNMAP);
    world_do(frame, METHOD_FRAME_MAP, guest, ADDRESS, RW, FRAME_ATTRIBUTE_UNCACHED);
    world_do(frame, METHOD_FRAME_PROTECT, RX);
}

static void refusals_of_the_rest(void **state)
{
    (void)state;
    struct tcb *init = world.init.tcb;
    uint64_t vspace = vspace_small();
    uint64_t frame = page_new();
    uint64_t read_only = world_copy(frame, SEL_RIGHT_READ);
    world_refused(SEL_ERROR_NOT_MAPPED, init, frame, METHOD_FRAME_UNMAP);
    world_refused(SEL_ERROR_NOT_MAPPED, init, frame, METHOD_FRAME_PROTECT, RW);
    map(read_only, vspace, ADDRESS, SEL_RIGHT_READ);
    world_refused(SEL_ERROR_RIGHTS, init, read_only, METHOD_FRAME_PROTECT, RW);
    world_refused(SEL_ERROR_INVALID_ARGUMENT, init, read_only, METHOD_FRAME_PROTECT, 0);
    world_refused(SEL_ERROR_TOO_FEW_ARGUMENTS, init, read_only, METHOD_FRAME_PROTECT);
    world_refused(SEL_ERROR_INVALID_ARGUMENT, init, frame, METHOD_FRAME_CACHE, CACHE_OPERATION_UNIFY + 1, 0, 64);
    world_refused(SEL_ERROR_OUT_OF_RANGE, init, frame, METHOD_FRAME_CACHE, CACHE_OPERATION_CLEAN, PAGE + 1, 0);
    world_refused(SEL_ERROR_OUT_OF_RANGE, init, frame, METHOD_FRAME_CACHE, CACHE_OPERATION_CLEAN, 64, PAGE);
    world_refused(SEL_ERROR_RIGHTS, init, read_only, METHOD_FRAME_CACHE, CACHE_OPERATION_INVALIDATE, 0, 64);
    world_refused(SEL_ERROR_TOO_FEW_ARGUMENTS, init, frame, METHOD_FRAME_CACHE, 0, 0);
    world_refused(SEL_ERROR_OUT_OF_RANGE, init, vspace, METHOD_VSPACE_INSPECT, ADDRESS_END);
    world_refused(SEL_ERROR_TOO_FEW_ARGUMENTS, init, vspace, METHOD_VSPACE_INSPECT);
    world_refused(SEL_ERROR_RIGHTS, init, world_copy(vspace, SEL_RIGHT_READ), METHOD_VSPACE_INSPECT, 0);
    world_refused(SEL_ERROR_INVALID_METHOD, init, vspace, METHOD_COUNT_VSPACE + 1);
}

static void large_frames_of_ram_have_their_place_and_bounds(void **state)
{
    (void)state;
    struct tcb *init = world.init.tcb;
    uint64_t frame = world_new(OBJECT_TYPE_FRAME, 21);
    uint64_t vspace = vspace_small();
    world_refused(SEL_ERROR_OUT_OF_RANGE, init, frame, METHOD_FRAME_MAP, vspace, ADDRESS_END - PAGE, RW,
                  FRAME_ATTRIBUTE_NORMAL);
    map(frame, vspace, ADDRESS_END - MEGA2, RW);
    assert_mapping(vspace, 0, ADDRESS_END - MEGA2, frame, 21, RW);
    uint64_t count = fake.cache_count;
    world_refused(SEL_ERROR_OUT_OF_RANGE, init, frame, METHOD_FRAME_CACHE, CACHE_OPERATION_CLEAN, 0,
                  SEL_LIMIT_CACHE_LENGTH_MAX + 1);
    world_do(frame, METHOD_FRAME_CACHE, CACHE_OPERATION_INVALIDATE, PAGE, SEL_LIMIT_CACHE_LENGTH_MAX);
    assert_int_equal(fake.cache_count, count + 1);
    assert_int_equal(fake.cache_operation, CACHE_OPERATION_INVALIDATE);
    assert_int_equal(fake.cache_address, cap_object(world_slot(frame)->cap) + PAGE);
    assert_int_equal(fake.cache_length, SEL_LIMIT_CACHE_LENGTH_MAX);
}

/** WRITE is for what throws stores of others away; to clean, or to make code visible, changes nothing that can be read. */
static void only_invalidation_needs_write(void **state)
{
    (void)state;
    uint64_t frame = world_copy(page_new(), 0);
    const uint64_t harmless[] = {CACHE_OPERATION_CLEAN, CACHE_OPERATION_CLEAN_INVALIDATE, CACHE_OPERATION_UNIFY};
    for (unsigned int i = 0; i < sizeof(harmless) / sizeof(harmless[0]); i++) {
        world_do(frame, METHOD_FRAME_CACHE, harmless[i], 0, PAGE);
        assert_int_equal(fake.cache_operation, harmless[i]);
    }
    uint64_t read_only = world_copy(page_new(), RX);
    world_refused(SEL_ERROR_RIGHTS, world.init.tcb, read_only, METHOD_FRAME_CACHE, CACHE_OPERATION_INVALIDATE, 0, PAGE);
}

/** Up to its last byte, wherever it begins, and never more than a call may. */
static void cache_maintenance_ends_with_the_frame(void **state)
{
    (void)state;
    const uint64_t left[] = {
        1, PAGE, SEL_LIMIT_CACHE_LENGTH_MAX - 1, SEL_LIMIT_CACHE_LENGTH_MAX, SEL_LIMIT_CACHE_LENGTH_MAX + 1, MEGA2};
    uint64_t frame = world_new(OBJECT_TYPE_FRAME, 21);
    for (unsigned int i = 0; i < sizeof(left) / sizeof(left[0]); i++) {
        uint64_t most = left[i] < SEL_LIMIT_CACHE_LENGTH_MAX ? left[i] : SEL_LIMIT_CACHE_LENGTH_MAX;
        world_do(frame, METHOD_FRAME_CACHE, CACHE_OPERATION_CLEAN, MEGA2 - left[i], most);
        assert_int_equal(fake.cache_length, most);
        world_refused(SEL_ERROR_OUT_OF_RANGE, world.init.tcb, frame, METHOD_FRAME_CACHE, CACHE_OPERATION_CLEAN,
                      MEGA2 - left[i], most + 1);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        world_test(a_mapping_is_seen_by_inspection),
        world_test(tables_come_from_the_vspace_and_go_back),
        world_test(large_frames_need_fewer_tables),
        world_test(protect_changes_the_mapping_only),
        world_test(uncached_memory_is_cleaned_before_it_is_mapped),
        world_test(deletion_unmaps),
        world_test(a_frame_outlives_its_vspace),
        world_test(cache_maintenance_reaches_the_frame),
        world_test(refusals_of_map),
        world_test(device_memory_is_mapped_as_device),
        world_test(refusals_of_the_rest),
        world_test(a_device_does_not_become_code),
        world_test(large_frames_of_ram_have_their_place_and_bounds),
        world_test(only_invalidation_needs_write),
        world_test(cache_maintenance_ends_with_the_frame),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
