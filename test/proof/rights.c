/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * property: copy, mint and mutate never widen rights, never change type or object, never move a badge that is there, and what they make
 *           is neither mapped nor bound; a copy is nobody's original
 * bounds: none: every capability of every type, all arguments; no loop
 * sources: kernel/object/cnode.c kernel/object/cap.c kernel/object/slot.c
 * unwind: 1
 * budget: ci
 * twin: kernel/object/cap.c: 'cap_set_rights(cap, cap_rights(cap) & rights)' -> 'cap_set_rights(cap, rights)': breaks 'no right is gained'
 * twin: kernel/object/cnode.c: 'cap = frame_cap_set_mapped(cap, 0);' -> ';': breaks 'not mapped'
 * twin: kernel/object/cnode.c: 'cap_has_badge(cap) && cap_badge(cap) == 0' -> 'cap_has_badge(cap)': breaks 'a badge that is there stays'
 */
#include "kernel/object/objects.h"
#include "test/proof/lib/proof.h"

static struct slot from;
static struct slot to;
static uint64_t unmapped_count;

/** The mapping of a Frame capability goes (frame.c): it changes page tables, not slots. */
void frame_destroy(struct cap cap)
{
    (void)cap;
    unmapped_count++;
}

static struct cap any_valid_cap(void)
{
    struct cap cap = any_cap();
    ASSUME(cap_type(cap) != CAP_TYPE_NULL && cap_type(cap) < CAP_TYPE_ZOMBIE);
    return cap;
}

/** What holds of all three. An Untyped has no rights: its bits mean something else. */
static void prove_derived(struct cap before, struct cap after)
{
    bool has_rights = cap_type(before) != CAP_TYPE_UNTYPED;
    PROVE(cap_type(after) == cap_type(before), "the type stays");
    PROVE(cap_object(after) == cap_object(before), "the object stays");
    PROVE(implies(has_rights, (cap_rights(after) & ~cap_rights(before)) == 0), "no right is gained");
    PROVE(implies(has_rights && cap_type(before) == CAP_TYPE_FRAME, frame_cap_mapped(after) == 0),
          "what is made is not mapped");
    PROVE(implies(cap_badge(before) != 0, cap_badge(after) == cap_badge(before)), "a badge that is there stays");
    PROVE(implies(cap_type(before) == CAP_TYPE_CNODE, cnode_cap_slot_bits(after) == cnode_cap_slot_bits(before)),
          "a CNode keeps its size");
    PROVE(implies(cap_type(before) == CAP_TYPE_FRAME, frame_cap_size(after) == frame_cap_size(before) &&
                                                          frame_cap_device(after) == frame_cap_device(before)),
          "a Frame keeps its size and kind");
    PROVE(implies(cap_type(before) == CAP_TYPE_UNTYPED, after.word0 == before.word0 && after.word1 == before.word1),
          "an Untyped stays as it is");
}

static void start(struct cap cap)
{
    from = (struct slot){.cap = cap};
    to = (struct slot){.cap = null_cap_make()};
}

static void prove_copy(void)
{
    struct cap cap = any_valid_cap();
    struct err_info info;
    struct cnode_copy_op op = {.from = &from, .to = &to, .rights = any_u64()};
    start(cap);
    if (decode_cnode_copy(&op, &info) != ERR_OK) {
        return;
    }
    invoke_cnode_copy(&op);
    prove_derived(cap, to.cap);
    PROVE(cap_original(to.cap) == 0 && cap_bound(to.cap) == 0, "a copy is neither original nor bound");
    PROVE(cap_type(cap) != CAP_TYPE_UNTYPED && cap_type(cap) != CAP_TYPE_REPLY && cap_type(cap) != CAP_TYPE_IRQ_CONTROL,
          "what must be single is not copied");
    PROVE(from.cap.word0 == cap.word0 && from.cap.word1 == cap.word1, "the source stays as it is");
    REACHED("a copy");
}

static void prove_mint(void)
{
    struct cap cap = any_valid_cap();
    struct err_info info;
    struct cnode_mint_op op = {.from = &from, .to = &to, .rights = any_u64(), .badge = any_u64()};
    start(cap);
    if (decode_cnode_mint(&op, &info) != ERR_OK) {
        return;
    }
    invoke_cnode_mint(&op);
    prove_derived(cap, to.cap);
    PROVE(cap_original(to.cap) == (op.badge != 0), "what mint gives a badge is original, and nothing else is");
    PROVE(cap_bound(to.cap) == 0, "what mint makes is not bound");
    REACHED("a mint");
}

static void prove_mutate(void)
{
    struct cap cap = any_valid_cap();
    struct err_info info;
    struct cnode_mutate_op op = {.from = &from, .to = &to, .rights = any_u64(), .badge = any_u64()};
    start(cap);
    unmapped_count = 0;
    if (decode_cnode_mutate(&op, &info) != ERR_OK) {
        return;
    }
    invoke_cnode_mutate(&op);
    prove_derived(cap, to.cap);
    PROVE(unmapped_count == (cap_type(cap) == CAP_TYPE_FRAME ? 1 : 0), "a Frame's mapping is removed with its mark");
    PROVE(slot_is_empty(&from), "the source is empty");
    REACHED("a mutation");
}

void proof(void)
{
    prove_copy();
    prove_mint();
    prove_mutate();
}
