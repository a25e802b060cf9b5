/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * property: copy, mint, move, mutate and delete keep the derivation list well formed (S1, S2): the new capability stands directly behind
 *           its source, a moved one keeps its place, a deleted one is gone; nobody else changes, and an object goes with its last capability
 * bounds: one operation on any well-formed list of 1 or 3 capabilities of flat objects, of every shape and all values, at its beginning, in
 *         its middle, at its end; neighbours are all an operation looks at, so a longer list has no other cases. CNodes and TCBs are left out
 * sources: kernel/object/cnode.c kernel/object/cap.c kernel/object/slot.c kernel/object/destroy.c
 * unwind: 6 destroy_dying.0:1
 * budget: ci
 * twin: kernel/object/slot.c: 'slots_join(parent, slot);\n    slots_join(slot, next);' -> 'slots_join(parent->prev, slot);\n    slots_join(slot, parent);': breaks 'linked in its order' (full)
 * twin: kernel/object/slot.c: 'behind->prev = front;' -> ';': breaks 'linked in its order' (full)
 * twin: kernel/object/slot.c: 'return (slot->prev == NULL || !cap_is_same_object(slot->cap, slot->prev->cap)) &&' -> 'return': breaks 'with its last capability'
 */
#include "test/proof/lib/list.h"

#define TO LIST_MAX /* the slot that is empty in every list */

static uint64_t at; /* of the operation */
static struct err_info info;

/** The order with slot `TO` behind `at`. */
static void prove_inserted(void)
{
    struct slot *order[SLOT_COUNT];
    for (uint64_t i = 0; i < SLOT_COUNT; i++) {
        order[i] = i <= at ? &slot[i] : i == at + 1 ? &slot[TO] : &slot[i - 1];
        PROVE(implies(i != TO, is_unchanged(i)), "no other capability changes");
    }
    prove_order(order, list_length + 1);
}

/** The order with slot `TO` in the place of `at`. */
static void prove_moved(void)
{
    struct slot *order[SLOT_COUNT];
    for (uint64_t i = 0; i < SLOT_COUNT; i++) {
        order[i] = i == at ? &slot[TO] : &slot[i];
        PROVE(implies(i != TO && i != at, is_unchanged(i)), "no other capability changes");
    }
    prove_order(order, list_length);
}

static void prove_deleted(void)
{
    struct slot *order[SLOT_COUNT];
    bool is_alone = true;
    for (uint64_t i = 0; i < SLOT_COUNT; i++) {
        order[i] = i < at ? &slot[i] : &slot[(i + 1) % SLOT_COUNT];
        PROVE(implies(i != at, is_unchanged(i)), "no other capability changes");
        is_alone = is_alone && (i == at || i >= list_length || !cap_is_same_object(before[at], before[i]));
    }
    prove_order(order, list_length - 1);
    PROVE(destroyed_count == (is_alone && is_destroyed(before[at]) ? 1 : 0), "an object goes with its last capability");
}

static void prove_untouched(void)
{
    struct slot *order[SLOT_COUNT];
    for (uint64_t i = 0; i < SLOT_COUNT; i++) {
        order[i] = &slot[i];
        PROVE(is_unchanged(i), "a preempted deletion has changed no capability");
    }
    prove_order(order, list_length);
    PROVE(destroyed_count == 0, "a preempted deletion has destroyed no object");
}

static void do_insert(void)
{
    struct cnode_copy_op copy = {.from = &slot[at], .to = &slot[TO], .rights = any_u64()};
    struct cnode_mint_op mint = {.from = &slot[at], .to = &slot[TO], .rights = any_u64(), .badge = any_u64()};
    bool is_copy = any_bool();
    if (is_copy && decode_cnode_copy(&copy, &info) == ERR_OK) {
        invoke_cnode_copy(&copy);
        prove_inserted();
        REACHED("a copy");
    }
    if (!is_copy && decode_cnode_mint(&mint, &info) == ERR_OK) {
        invoke_cnode_mint(&mint);
        prove_inserted();
        REACHED("a mint");
    }
}

static void do_move(void)
{
    struct cnode_move_op move = {.from = &slot[at], .to = &slot[TO]};
    struct cnode_mutate_op mutate = {.from = &slot[at], .to = &slot[TO], .rights = any_u64(), .badge = any_u64()};
    bool is_move = any_bool();
    if (is_move) {
        invoke_cnode_move(&move);
        PROVE(slot[TO].cap.word0 == before[at].word0 && slot[TO].cap.word1 == before[at].word1,
              "what is moved stays as it is");
        prove_moved();
        REACHED("a move");
    }
    if (!is_move && decode_cnode_mutate(&mutate, &info) == ERR_OK) {
        invoke_cnode_mutate(&mutate);
        prove_moved();
        REACHED("a mutation");
    }
}

static void do_delete(void)
{
    struct cnode_delete_op delete = {.target = &slot[at]};
    enum progress progress = invoke_cnode_delete(&delete);
    if (slot_is_empty(&slot[at])) { /* DONE, or preempted thereafter */
        prove_deleted();
        REACHED("a deletion");
    } else {
        PROVE(progress == PREEMPTED, "a deletion that is done leaves its slot empty");
        prove_untouched();
        REACHED("a preempted deletion");
    }
}

static void prove_at(uint64_t length, uint64_t index)
{
    any_list(length);
    at = index;
    uint64_t operation = any_below(3);
    if (operation == 0) {
        do_insert();
    } else if (operation == 1) {
        do_move();
    } else {
        do_delete();
    }
}

/** Alone, first, between others, last. */
void proof(void)
{
    prove_at(1, 0);
    prove_at(LIST_MAX, 0);
    prove_at(LIST_MAX, 1);
    prove_at(LIST_MAX, LIST_MAX - 1);
}
