/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Stages the rows about objects: a thread of another address space that maps, copies and takes back for ever, and what main does itself, since
 * each repetition needs a new beginning: making objects, revoking descendants, zeroing.
 */
#include "systems/bench/bench/rows.h"
#include "systems/bench/bench/stage.h"

#define REPETITIONS       10000
#define FEW_REPETITIONS   1000
#define CNODE_BITS        12 /* 2^7 slots of 2^5 bytes */
#define SPACE_BITS        14 /* the smallest */
#define REVOKE_CNODE_BITS 21 /* 2^16 slots */
#define GIGABYTE_BITS     30

SEL_USES_CAP(untyped1);

PROGRAMS(object_programs);

typedef void operation_t(void);

uint64_t object_invoke(operation_t *operation, sel_cap_t cap, uint64_t tag, const uint64_t words[7]);

#define OPERATION(name) void name(void)

static void run_frames(void)
{
    PROGRAM(row_frame_map);
    sel_cap_t frame = stage_make(OBJECT_TYPE_FRAME, 12);
    sel_cap_t space = stage_space(&object_programs_pages);
    struct stage_thread thread = STAGE_THREAD(space, row_frame_map, STAGE_PRIORITY, 0, frame, space,
                                              (uintptr_t)object_programs_end, SEL_RIGHT_READ | SEL_RIGHT_WRITE,
                                              tag_make(METHOD_FRAME_MAP, 4, 0), tag_make(METHOD_FRAME_UNMAP, 0, 0));

    stage_start(&thread);
    stage_run_us(25000);
    stage_clear();
}

static void run_slots(void)
{
    PROGRAM(row_cnode_copy);
    sel_cap_t source = stage_make(OBJECT_TYPE_ENDPOINT, 0);
    sel_cap_t empty = stage_slots(1);
    struct stage_thread thread = STAGE_THREAD(stage_space(&object_programs_pages), row_cnode_copy, STAGE_PRIORITY, 0,
                                              sel_cap_cnode, source, empty, SEL_RIGHT_READ | SEL_RIGHT_WRITE,
                                              tag_make(METHOD_CNODE_COPY, 4, 0), tag_make(METHOD_CNODE_DELETE, 1, 0));

    stage_start(&thread);
    stage_run_us(16000);
    stage_clear();
}

static sel_err_t retype(operation_t *operation, sel_cap_t untyped, uint64_t type, uint64_t size_bits, sel_cap_t slot)
{
    uint64_t words[7] = {type, size_bits, sel_cap_cnode, slot, 1};

    return (sel_err_t)object_invoke(operation, untyped, tag_make(METHOD_UNTYPED_RETYPE, 5, 0), words);
}

/** One object at a time out of an Untyped that starts anew: what is zeroed is what the last one has used. */
static void run_retype(operation_t *operation, uint64_t type, uint64_t size_bits, uint64_t count)
{
    sel_cap_t untyped = stage_make(OBJECT_TYPE_UNTYPED, 20);
    sel_cap_t slot = stage_slots(1);

    for (uint64_t i = 0; i < count; i++) {
        stage_must(retype(operation, untyped, type, size_bits, slot), "make an object");
        stage_must(sel_cnode_delete(sel_cap_cnode, slot), "delete an object");
    }
    stage_clear();
}

static void run_retypes(void)
{
    OPERATION(row_retype_untyped);
    OPERATION(row_retype_cnode);
    OPERATION(row_retype_tcb);
    OPERATION(row_retype_endpoint);
    OPERATION(row_retype_notification);
    OPERATION(row_retype_reply);
    OPERATION(row_retype_sched_context);
    OPERATION(row_retype_timer);
    OPERATION(row_retype_vcpu);
    OPERATION(row_retype_vspace);
    OPERATION(row_retype_vspace_guest);
    OPERATION(row_retype_frame);
    run_retype(row_retype_untyped, OBJECT_TYPE_UNTYPED, 12, REPETITIONS);
    run_retype(row_retype_cnode, OBJECT_TYPE_CNODE, CNODE_BITS, REPETITIONS);
    run_retype(row_retype_tcb, OBJECT_TYPE_TCB, 0, REPETITIONS);
    run_retype(row_retype_endpoint, OBJECT_TYPE_ENDPOINT, 0, REPETITIONS);
    run_retype(row_retype_notification, OBJECT_TYPE_NOTIFICATION, 0, REPETITIONS);
    run_retype(row_retype_reply, OBJECT_TYPE_REPLY, 0, REPETITIONS);
    run_retype(row_retype_sched_context, OBJECT_TYPE_SCHED_CONTEXT, 0, REPETITIONS);
    run_retype(row_retype_timer, OBJECT_TYPE_TIMER, 0, REPETITIONS);
    run_retype(row_retype_vcpu, OBJECT_TYPE_VCPU, 0, REPETITIONS);
    run_retype(row_retype_vspace, OBJECT_TYPE_VSPACE, SPACE_BITS, FEW_REPETITIONS);
    run_retype(row_retype_vspace_guest, OBJECT_TYPE_VSPACE_GUEST, SPACE_BITS, FEW_REPETITIONS);
    run_retype(row_retype_frame, OBJECT_TYPE_FRAME, 12, REPETITIONS);
}

/** `descendants` copies of an Endpoint's capability in a CNode of their own, then all of them at once. */
static void run_revoke(operation_t *operation, uint64_t descendants, uint64_t count)
{
    sel_cap_t cnode = stage_make(OBJECT_TYPE_CNODE, REVOKE_CNODE_BITS);
    sel_cap_t original = stage_make(OBJECT_TYPE_ENDPOINT, 0);
    uint64_t words[7] = {original};

    for (uint64_t i = 0; i < count; i++) {
        for (uint64_t slot = 1; slot <= descendants; slot++) {
            stage_must(sel_cnode_copy(cnode, slot, sel_cap_cnode, original, SEL_RIGHT_READ), "copy a capability");
        }
        stage_must((sel_err_t)object_invoke(operation, sel_cap_cnode, tag_make(METHOD_CNODE_REVOKE, 1, 0), words),
                   "revoke");
    }
    stage_clear();
}

void run_object_rows(void)
{
    OPERATION(row_revoke_10);
    OPERATION(row_revoke_100);

    run_frames();
    run_slots();
    run_retypes();
    run_revoke(row_revoke_10, 10, REPETITIONS);
    run_revoke(row_revoke_100, 100, FEW_REPETITIONS);
}

/** A Frame of a gigabyte, again and again: the Untyped's memory was used before, so all of it is zeroed. */
static void run_zeroing(void)
{
    OPERATION(row_zero_1_gigabyte);
    sel_cap_t slot = stage_slots(1);

    for (uint64_t i = 0; i < 3; i++) {
        stage_must(retype(row_zero_1_gigabyte, sel_cap_untyped1, OBJECT_TYPE_FRAME, GIGABYTE_BITS, slot),
                   "make a gigabyte");
        stage_must(sel_cnode_delete(sel_cap_cnode, slot), "delete a gigabyte");
    }
    stage_clear();
}

void run_long_rows(void)
{
    OPERATION(row_revoke_1000);
    OPERATION(row_revoke_50000);

    run_revoke(row_revoke_1000, 1000, FEW_REPETITIONS);
    run_revoke(row_revoke_50000, 50000, 5);
    run_zeroing();
}
