/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * CNode: every invocation, every refusal, and the derivation list behind them.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "kernel/object/cap.h"
#include "test/unit/kernel/harness/world.h"

#define ALL    0xful
#define BEYOND (1ul << WORLD_CNODE_BITS)

#define cnode_do(method, ...)             world_do(WORLD_CNODE, method, __VA_ARGS__)
#define cnode_refused(error, method, ...) world_refused(error, world.init.tcb, WORLD_CNODE, method, __VA_ARGS__)

static void assert_detail(uint64_t argument, uint64_t given, uint64_t bound)
{
    assert_int_equal(world_word(world.init.tcb, 0), argument);
    assert_int_equal(world_word(world.init.tcb, 1), given);
    assert_int_equal(world_word(world.init.tcb, 2), bound);
}

static struct cap cap_at(uint64_t slot)
{
    return world_slot(slot)->cap;
}

/* --- copy and mint --- */

static void copy_reduces_rights_and_derives(void **state)
{
    (void)state;
    uint64_t endpoint = world_new(OBJECT_TYPE_ENDPOINT, 0);
    uint64_t copy = world_copy(endpoint, SEL_RIGHT_WRITE);
    assert_int_equal(cap_rights(cap_at(copy)), SEL_RIGHT_WRITE);
    assert_int_equal(cap_original(cap_at(copy)), 0);
    assert_ptr_equal(world_object(copy), world_object(endpoint));
    assert_true(slot_has_children(world_slot(endpoint)));
    assert_false(slot_has_children(world_slot(copy)));
    uint64_t again = world_copy(copy, ALL);
    assert_int_equal(cap_rights(cap_at(again)), SEL_RIGHT_WRITE);
}

static void mint_gives_a_badge_once(void **state)
{
    (void)state;
    uint64_t endpoint = world_new(OBJECT_TYPE_ENDPOINT, 0);
    uint64_t badged = world_mint(endpoint, 77);
    assert_int_equal(cap_badge(cap_at(badged)), 77);
    assert_int_equal(cap_original(cap_at(badged)), 1);
    uint64_t same = world_mint(badged, 0);
    assert_int_equal(cap_badge(cap_at(same)), 77);
    assert_int_equal(cap_original(cap_at(same)), 0);
    cnode_refused(SEL_ERROR_INVALID_ARGUMENT, METHOD_CNODE_MINT, world_slots(1), WORLD_CNODE, badged, ALL, 78);
    assert_detail(5, 78, 77);
    cnode_refused(SEL_ERROR_INVALID_ARGUMENT, METHOD_CNODE_MINT, world_slots(1), WORLD_CNODE, WORLD_VSPACE, ALL, 1);
}

static void mint_narrows_an_smc_capability(void **state)
{
    (void)state;
    uint64_t one = world_mint(WORLD_SMC, 0x84000008);
    assert_int_equal(smc_cap_function(cap_at(one)), 0x84000008);
    cnode_refused(SEL_ERROR_INVALID_ARGUMENT, METHOD_CNODE_MINT, world_slots(1), WORLD_CNODE, one, ALL, 0x84000009);
    cnode_do(METHOD_CNODE_REVOKE, WORLD_SMC);
    assert_true(slot_is_empty(world_slot(one)));
}

static void copy_of_what_must_stay_single_is_denied(void **state)
{
    (void)state;
    uint64_t reply = world_new(OBJECT_TYPE_REPLY, 0);
    uint64_t free = world_slots(1);
    cnode_refused(SEL_ERROR_DENIED, METHOD_CNODE_COPY, free, WORLD_CNODE, WORLD_UNTYPED, ALL);
    assert_detail(3, CAP_TYPE_UNTYPED, 0);
    cnode_refused(SEL_ERROR_DENIED, METHOD_CNODE_COPY, free, WORLD_CNODE, WORLD_IRQ_CONTROL, ALL);
    cnode_refused(SEL_ERROR_DENIED, METHOD_CNODE_COPY, free, WORLD_CNODE, reply, ALL);
    cnode_refused(SEL_ERROR_DENIED, METHOD_CNODE_MINT, free, WORLD_CNODE, reply, ALL, 5);
}

/** What copy, mint, move and mutate refuse alike. */
static void places_are_checked(uint64_t method)
{
    uint64_t endpoint = world_new(OBJECT_TYPE_ENDPOINT, 0);
    uint64_t empty = world_slots(1);
    uint64_t free = world_slots(1);
    cnode_refused(SEL_ERROR_OUT_OF_RANGE, method, 0, WORLD_CNODE, endpoint, ALL, 0);
    assert_detail(1, 0, BEYOND - 1);
    cnode_refused(SEL_ERROR_OUT_OF_RANGE, method, BEYOND, WORLD_CNODE, endpoint, ALL, 0);
    assert_detail(1, BEYOND, BEYOND - 1);
    cnode_refused(SEL_ERROR_OUT_OF_RANGE, method, free, WORLD_CNODE, UINT64_MAX, ALL, 0);
    assert_detail(3, UINT64_MAX, BEYOND - 1);
    cnode_refused(SEL_ERROR_SLOT_OCCUPIED, method, WORLD_SMC, WORLD_CNODE, endpoint, ALL, 0);
    assert_detail(1, WORLD_SMC, CAP_TYPE_SMC);
    cnode_refused(SEL_ERROR_SLOT_OCCUPIED, method, endpoint, WORLD_CNODE, endpoint, ALL, 0);
    cnode_refused(SEL_ERROR_SLOT_EMPTY, method, free, WORLD_CNODE, empty, ALL, 0);
    assert_detail(3, empty, 0);
    cnode_refused(SEL_ERROR_INVALID_CAP, method, free, empty, endpoint, ALL, 0);
    assert_detail(2, empty, BEYOND);
    cnode_refused(SEL_ERROR_WRONG_TYPE, method, free, endpoint, endpoint, ALL, 0);
    assert_detail(2, CAP_TYPE_ENDPOINT, CAP_TYPE_CNODE);
    cnode_refused(SEL_ERROR_TOO_FEW_ARGUMENTS, method, free, WORLD_CNODE);
}

static void copy_checks_places(void **state)
{
    (void)state;
    places_are_checked(METHOD_CNODE_COPY);
}

static void mint_checks_places(void **state)
{
    (void)state;
    places_are_checked(METHOD_CNODE_MINT);
}

static void move_checks_places(void **state)
{
    (void)state;
    places_are_checked(METHOD_CNODE_MOVE);
}

static void mutate_checks_places(void **state)
{
    (void)state;
    places_are_checked(METHOD_CNODE_MUTATE);
}

/* --- move and mutate --- */

static void move_keeps_the_place_in_the_tree(void **state)
{
    (void)state;
    uint64_t endpoint = world_new(OBJECT_TYPE_ENDPOINT, 0);
    uint64_t badged = world_mint(endpoint, 5);
    uint64_t copy = world_copy(badged, ALL);
    uint64_t to = world_slots(1);
    struct cap before = cap_at(badged);
    cnode_do(METHOD_CNODE_MOVE, to, WORLD_CNODE, badged);
    assert_true(slot_is_empty(world_slot(badged)));
    assert_memory_equal(&before, &world_slot(to)->cap, sizeof(before));
    cnode_do(METHOD_CNODE_REVOKE, to);
    assert_true(slot_is_empty(world_slot(copy)));
    assert_false(slot_is_empty(world_slot(to)));
    cnode_do(METHOD_CNODE_REVOKE, endpoint);
    assert_true(slot_is_empty(world_slot(to)));
}

static void mutate_changes_rights_and_badge(void **state)
{
    (void)state;
    uint64_t endpoint = world_new(OBJECT_TYPE_ENDPOINT, 0);
    uint64_t copy = world_copy(endpoint, ALL);
    uint64_t to = world_slots(1);
    cnode_do(METHOD_CNODE_MUTATE, to, WORLD_CNODE, copy, SEL_RIGHT_WRITE, 9);
    assert_true(slot_is_empty(world_slot(copy)));
    assert_int_equal(cap_badge(cap_at(to)), 9);
    assert_int_equal(cap_rights(cap_at(to)), SEL_RIGHT_WRITE);
    assert_int_equal(cap_original(cap_at(to)), 1);
    cnode_refused(SEL_ERROR_INVALID_ARGUMENT, METHOD_CNODE_MUTATE, copy, WORLD_CNODE, to, ALL, 10);
}

static void mutate_of_a_parent_gives_no_badge(void **state)
{
    (void)state;
    uint64_t endpoint = world_new(OBJECT_TYPE_ENDPOINT, 0);
    world_copy(endpoint, ALL);
    uint64_t to = world_slots(1);
    cnode_refused(SEL_ERROR_HAS_CHILDREN, METHOD_CNODE_MUTATE, to, WORLD_CNODE, endpoint, ALL, 9);
    assert_detail(3, 0, 0);
    cnode_do(METHOD_CNODE_MUTATE, to, WORLD_CNODE, endpoint, SEL_RIGHT_READ, 0);
    assert_true(slot_has_children(world_slot(to)));
}

/* --- delete and revoke --- */

/** In a CNode that lies where a TCB could: no slot of it is taken for one of a TCB's own. */
static void delete_leaves_the_other_slots_of_a_cnode(void **state)
{
    (void)state;
    uint64_t cnode = world_new(OBJECT_TYPE_CNODE, 11); /* 64 slots, 2 KiB */
    uint64_t endpoint = world_new(OBJECT_TYPE_ENDPOINT, 0);
    for (uint64_t i = 1; i < 64; i++) {
        world_do(cnode, METHOD_CNODE_COPY, i, WORLD_CNODE, endpoint, ALL);
    }
    const struct slot *slots = slot_object(world_slot(cnode));
    for (uint64_t i = 1; i < 64; i++) {
        world_do(cnode, METHOD_CNODE_DELETE, i);
        for (uint64_t k = 1; k < 64; k++) {
            assert_int_equal(cap_type(slots[k].cap), k <= i ? CAP_TYPE_NULL : CAP_TYPE_ENDPOINT);
        }
    }
}

static void delete_empties_one_slot(void **state)
{
    (void)state;
    uint64_t endpoint = world_new(OBJECT_TYPE_ENDPOINT, 0);
    uint64_t copy = world_copy(endpoint, ALL);
    cnode_do(METHOD_CNODE_DELETE, endpoint);
    assert_true(slot_is_empty(world_slot(endpoint)));
    assert_false(slot_is_empty(world_slot(copy)));
    cnode_do(METHOD_CNODE_DELETE, endpoint);
    cnode_refused(SEL_ERROR_OUT_OF_RANGE, METHOD_CNODE_DELETE, 0);
    cnode_refused(SEL_ERROR_OUT_OF_RANGE, METHOD_CNODE_DELETE, BEYOND);
    cnode_refused(SEL_ERROR_TOO_FEW_ARGUMENTS, METHOD_CNODE_DELETE);
}

static void revoke_takes_descendants_and_nothing_else(void **state)
{
    (void)state;
    uint64_t endpoint = world_new(OBJECT_TYPE_ENDPOINT, 0);
    uint64_t other = world_new(OBJECT_TYPE_ENDPOINT, 0);
    uint64_t five = world_mint(endpoint, 5);
    uint64_t five_copy = world_copy(five, ALL);
    uint64_t six = world_mint(endpoint, 6);
    uint64_t plain = world_copy(endpoint, ALL);
    cnode_do(METHOD_CNODE_REVOKE, five);
    assert_true(slot_is_empty(world_slot(five_copy)));
    assert_false(slot_is_empty(world_slot(five)));
    assert_false(slot_is_empty(world_slot(six)));
    cnode_do(METHOD_CNODE_REVOKE, endpoint);
    assert_true(slot_is_empty(world_slot(five)));
    assert_true(slot_is_empty(world_slot(six)));
    assert_true(slot_is_empty(world_slot(plain)));
    assert_false(slot_is_empty(world_slot(endpoint)));
    assert_false(slot_is_empty(world_slot(other)));
    cnode_refused(SEL_ERROR_SLOT_EMPTY, METHOD_CNODE_REVOKE, five);
    cnode_refused(SEL_ERROR_OUT_OF_RANGE, METHOD_CNODE_REVOKE, BEYOND);
    cnode_refused(SEL_ERROR_TOO_FEW_ARGUMENTS, METHOD_CNODE_REVOKE);
}

/* --- cancel badged sends --- */

static void cancel_takes_one_badge_only(void **state)
{
    (void)state;
    uint64_t endpoint = world_new(OBJECT_TYPE_ENDPOINT, 0);
    uint64_t five = world_mint(endpoint, 5);
    uint64_t six = world_mint(endpoint, 6);
    struct world_thread sender[4];
    for (unsigned int i = 0; i < 4; i++) {
        sender[i] = world_thread_new((uint8_t)(10 + i % 2));
        assert_int_equal(world_send(sender[i].tcb, i < 3 ? five : six, 0, 0, 0), WORLD_BLOCKED);
    }
    fake.preempt_after = 1;
    fake.preempt_every = 1;
    cnode_do(METHOD_CNODE_CANCEL_BADGED_SENDS, five);
    fake.preempt_after = 0;
    for (unsigned int i = 0; i < 3; i++) {
        assert_int_equal(world_status(sender[i].tcb), SEL_ERROR_CANCELLED);
        assert_int_equal(sender[i].tcb->state, THREAD_READY);
    }
    assert_int_equal(sender[3].tcb->state, THREAD_SEND);
}

static void cancel_refuses(void **state)
{
    (void)state;
    uint64_t endpoint = world_new(OBJECT_TYPE_ENDPOINT, 0);
    uint64_t weak = world_copy(world_mint(endpoint, 5), SEL_RIGHT_WRITE);
    cnode_refused(SEL_ERROR_INVALID_ARGUMENT, METHOD_CNODE_CANCEL_BADGED_SENDS, endpoint);
    cnode_refused(SEL_ERROR_RIGHTS, METHOD_CNODE_CANCEL_BADGED_SENDS, weak);
    cnode_refused(SEL_ERROR_WRONG_TYPE, METHOD_CNODE_CANCEL_BADGED_SENDS, WORLD_VSPACE);
    cnode_refused(SEL_ERROR_SLOT_EMPTY, METHOD_CNODE_CANCEL_BADGED_SENDS, world_slots(1));
    cnode_refused(SEL_ERROR_OUT_OF_RANGE, METHOD_CNODE_CANCEL_BADGED_SENDS, BEYOND);
    cnode_refused(SEL_ERROR_TOO_FEW_ARGUMENTS, METHOD_CNODE_CANCEL_BADGED_SENDS);
}

/* --- inspect --- */

static void inspect_shows_a_capability(void **state)
{
    (void)state;
    uint64_t endpoint = world_new(OBJECT_TYPE_ENDPOINT, 0);
    uint64_t badged = world_mint(endpoint, 0x1234);
    cnode_do(METHOD_CNODE_INSPECT, badged);
    assert_int_equal(world_word(world.init.tcb, 0), CAP_TYPE_ENDPOINT | 7 << 5 | 1 << 9);
    assert_int_equal(world_word(world.init.tcb, 1), 0x1234);
    assert_int_equal(world_word(world.init.tcb, 2), (uint64_t)world_object(endpoint));
    assert_int_equal(world_word(world.init.tcb, 3), OBJECT_BITS_ENDPOINT);
    cnode_do(METHOD_CNODE_INSPECT, world_slots(1));
    assert_int_equal(world_word(world.init.tcb, 0), CAP_TYPE_NULL);
    cnode_do(METHOD_CNODE_INSPECT, WORLD_VSPACE);
    assert_int_equal(world_word(world.init.tcb, 3), 18);
}

static void inspect_refuses(void **state)
{
    (void)state;
    uint64_t blind = world_copy(WORLD_CNODE, SEL_RIGHT_READ | SEL_RIGHT_WRITE);
    world_refused(SEL_ERROR_RIGHTS, world.init.tcb, blind, METHOD_CNODE_INSPECT, WORLD_VSPACE);
    assert_detail(0, 3, SEL_RIGHT_INSPECT);
    cnode_refused(SEL_ERROR_OUT_OF_RANGE, METHOD_CNODE_INSPECT, 0);
    cnode_refused(SEL_ERROR_TOO_FEW_ARGUMENTS, METHOD_CNODE_INSPECT);
}

static void unknown_methods_are_refused(void **state)
{
    (void)state;
    cnode_refused(SEL_ERROR_INVALID_METHOD, 0);
    cnode_refused(SEL_ERROR_INVALID_METHOD, METHOD_COUNT_CNODE + 1);
    assert_detail(0, METHOD_COUNT_CNODE + 1, METHOD_COUNT_CNODE);
}

/** Who waits next in a walk that was preempted gives up by itself, or is the last: the walk still finds the others and ends. */
static void cancel_goes_on_when_the_next_one_is_gone(void **state)
{
    (void)state;
    uint64_t endpoint = world_new(OBJECT_TYPE_ENDPOINT, 0);
    uint64_t five = world_mint(endpoint, 5);
    for (unsigned int gone = 1; gone < 3; gone++) {
        struct world_thread sender[3];
        for (unsigned int i = 0; i < 3; i++) {
            sender[i] = world_thread_new(10);
            assert_int_equal(world_send(sender[i].tcb, five, 0, 0, 0), WORLD_BLOCKED);
        }
        struct endpoint *object = world_object(endpoint);
        for (unsigned int i = 0; i < gone; i++) {
            fake.preempt_after = 1;
            assert_int_equal(endpoint_cancel_badged(object, 5), PREEMPTED);
            world_exit();
        }
        world_do(sender[gone].tcb_slot, METHOD_TCB_SUSPEND);
        cnode_do(METHOD_CNODE_CANCEL_BADGED_SENDS, five);
        for (unsigned int i = 0; i < 3; i++) {
            assert_int_equal(world_status(sender[i].tcb), SEL_ERROR_CANCELLED);
            assert_int_equal(sender[i].tcb->state, i == gone ? THREAD_INACTIVE : THREAD_READY);
        }
        assert_int_equal(object->state, ENDPOINT_IDLE);
        assert_null(object->cancel_next);
    }
}

/** A sender that a walk has not come to is raised in front of it, or a new one comes there: it is cancelled all the same. */
static void cancel_finds_who_moved_in_front_of_it(void **state)
{
    (void)state;
    uint64_t endpoint = world_new(OBJECT_TYPE_ENDPOINT, 0);
    uint64_t five = world_mint(endpoint, 5);
    struct world_thread sender[4];
    for (unsigned int i = 0; i < 4; i++) {
        sender[i] = world_thread_new(i == 3 ? 30 : 10);
        assert_int_equal(i == 3 ? WORLD_BLOCKED : world_send(sender[i].tcb, five, 0, 0, 0), WORLD_BLOCKED);
    }
    struct endpoint *object = world_object(endpoint);
    fake.preempt_after = 1;
    assert_int_equal(endpoint_cancel_badged(object, 5), PREEMPTED);
    world_exit();
    world_do(sender[2].tcb_slot, METHOD_TCB_SET_PRIORITY, WORLD_INIT_TCB, 20, 20);
    assert_int_equal(world_send(sender[3].tcb, five, 0, 0, 0), WORLD_BLOCKED);
    cnode_do(METHOD_CNODE_CANCEL_BADGED_SENDS, five);
    for (unsigned int i = 0; i < 4; i++) {
        assert_int_equal(world_status(sender[i].tcb), SEL_ERROR_CANCELLED);
    }
    assert_int_equal(object->state, ENDPOINT_IDLE);
}

/** A new sender of the same priority comes behind where a walk stopped: those between are cancelled all the same. */
static void cancel_leaves_out_nobody_for_who_comes_last(void **state)
{
    (void)state;
    uint64_t endpoint = world_new(OBJECT_TYPE_ENDPOINT, 0);
    uint64_t five = world_mint(endpoint, 5);
    struct world_thread sender[4];
    for (unsigned int i = 0; i < 4; i++) {
        sender[i] = world_thread_new(10);
    }
    for (unsigned int i = 0; i < 3; i++) {
        assert_int_equal(world_send(sender[i].tcb, five, 0, 0, 0), WORLD_BLOCKED);
    }
    struct endpoint *object = world_object(endpoint);
    fake.preempt_after = 1;
    assert_int_equal(endpoint_cancel_badged(object, 5), PREEMPTED);
    world_exit();
    assert_int_equal(world_send(sender[3].tcb, five, 0, 0, 0), WORLD_BLOCKED);
    cnode_do(METHOD_CNODE_CANCEL_BADGED_SENDS, five);
    for (unsigned int i = 0; i < 4; i++) {
        assert_int_equal(world_status(sender[i].tcb), SEL_ERROR_CANCELLED);
    }
    assert_int_equal(object->state, ENDPOINT_IDLE);
}

/** Where the last one of a preempted walk has gone, nobody is left to go on from: it begins anew, and finds who came since. */
static void cancel_begins_anew_when_its_last_one_is_gone(void **state)
{
    (void)state;
    uint64_t endpoint = world_new(OBJECT_TYPE_ENDPOINT, 0);
    uint64_t five = world_mint(endpoint, 5);
    struct world_thread sender[3];
    for (unsigned int i = 0; i < 3; i++) {
        sender[i] = world_thread_new(10);
    }
    for (unsigned int i = 0; i < 2; i++) {
        assert_int_equal(world_send(sender[i].tcb, five, 0, 0, 0), WORLD_BLOCKED);
    }
    struct endpoint *object = world_object(endpoint);
    fake.preempt_after = 1;
    assert_int_equal(endpoint_cancel_badged(object, 5), PREEMPTED);
    world_exit();
    world_do(sender[1].tcb_slot, METHOD_TCB_SUSPEND);
    assert_int_equal(world_send(sender[2].tcb, five, 0, 0, 0), WORLD_BLOCKED);
    cnode_do(METHOD_CNODE_CANCEL_BADGED_SENDS, five);
    assert_int_equal(world_status(sender[2].tcb), SEL_ERROR_CANCELLED);
    assert_int_equal(object->state, ENDPOINT_IDLE);
}

/** Its new rights might be fewer than the mapping's. */
static void mutate_of_a_mapped_frame_unmaps_it(void **state)
{
    (void)state;
    uint64_t frame = world_new(OBJECT_TYPE_FRAME, 12);
    uint64_t to = world_slots(1);
    world_do(frame, METHOD_FRAME_MAP, WORLD_VSPACE, 0x2000000000, SEL_RIGHT_READ | SEL_RIGHT_WRITE,
             FRAME_ATTRIBUTE_NORMAL);
    cnode_do(METHOD_CNODE_MUTATE, to, WORLD_CNODE, frame, SEL_RIGHT_READ, 0);
    world_refused(SEL_ERROR_NOT_MAPPED, world.init.tcb, to, METHOD_FRAME_UNMAP);
    world_refused(SEL_ERROR_NOT_MAPPED, world.init.tcb, WORLD_VSPACE, METHOD_VSPACE_INSPECT, 0);
    world_refused(SEL_ERROR_RIGHTS, world.init.tcb, to, METHOD_FRAME_MAP, WORLD_VSPACE, 0x2000000000,
                  SEL_RIGHT_READ | SEL_RIGHT_WRITE, FRAME_ATTRIBUTE_NORMAL);
}

static void the_authority_over_time_is_copied_and_taken_back(void **state)
{
    (void)state;
    uint64_t copy = world_copy(WORLD_SCHED_CONTROL, ALL);
    uint64_t context = world_new(OBJECT_TYPE_SCHED_CONTEXT, 0);
    world_do(copy, METHOD_SCHED_CONTROL_CONFIGURE, context, 1000000, 1000000, 0, 0);
    cnode_do(METHOD_CNODE_REVOKE, WORLD_SCHED_CONTROL);
    assert_true(slot_is_empty(world_slot(copy)));
    assert_false(slot_is_empty(world_slot(WORLD_SCHED_CONTROL)));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        world_test(copy_reduces_rights_and_derives),
        world_test(mint_gives_a_badge_once),
        world_test(mint_narrows_an_smc_capability),
        world_test(copy_of_what_must_stay_single_is_denied),
        world_test(copy_checks_places),
        world_test(mint_checks_places),
        world_test(move_checks_places),
        world_test(mutate_checks_places),
        world_test(move_keeps_the_place_in_the_tree),
        world_test(mutate_changes_rights_and_badge),
        world_test(mutate_of_a_parent_gives_no_badge),
        world_test(delete_leaves_the_other_slots_of_a_cnode),
        world_test(delete_empties_one_slot),
        world_test(revoke_takes_descendants_and_nothing_else),
        world_test(cancel_takes_one_badge_only),
        world_test(cancel_refuses),
        world_test(inspect_shows_a_capability),
        world_test(inspect_refuses),
        world_test(unknown_methods_are_refused),
        world_test(cancel_goes_on_when_the_next_one_is_gone),
        world_test(cancel_finds_who_moved_in_front_of_it),
        world_test(cancel_leaves_out_nobody_for_who_comes_last),
        world_test(cancel_begins_anew_when_its_last_one_is_gone),
        world_test(mutate_of_a_mapped_frame_unmaps_it),
        world_test(the_authority_over_time_is_copied_and_taken_back),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
