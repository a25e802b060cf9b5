/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * property: look-up ends, stays inside the CNode, and finds the non-empty slot of the index and nothing else
 * bounds: any index; the place of a slot in CNodes of every size (2^2 to 2^20 slots); contents in CNodes of up to 2^4 slots, as look-up compares
 *         index and size and looks at one slot, whatever the size. There is no loop, which the bound of 1 checks.
 * sources: kernel/object/cnode.c
 * unwind: 1 proof.0:17
 * budget: ci
 * twin: kernel/object/cnode.c: 'index >= tcb->cspace_count' -> 'index > tcb->cspace_count': breaks 'the slot of the index'
 * twin: kernel/object/cnode.c: 'index == 0 || index >= cnode_slot_count(cap)' -> 'index >= cnode_slot_count(cap)': breaks 'slot 0 is never given'
 */
#include "kernel/object/objects.h"
#include "test/proof/lib/proof.h"

#define SLOT_BITS_MIN (OBJECT_BITS_CNODE_MIN - CAP_SLOT_SIZE_BITS)
#define SLOT_BITS_MAX (OBJECT_BITS_CNODE_MAX - CAP_SLOT_SIZE_BITS)

/** CBMC adds to pointers below this. */
#define ADDRESS_END (UINT64_C(1) << 39)

/** Slots with contents. */
#define SLOT_BITS_HELD 4

/** cnode_lookup(): the thread's own CSpace. */
static void prove_lookup(struct slot *slots, uint64_t count)
{
    struct tcb tcb;
    tcb.cspace_slots = slots;
    tcb.cspace_count = count;
    uint64_t index = any_u64();

    struct slot *found = cnode_lookup(&tcb, index);

    bool exists = index != 0 && index < count && cap_type(slots[index].cap) != CAP_TYPE_NULL;
    PROVE(found == (exists ? &slots[index] : NULL), "the slot of the index, if it exists and is not empty, else none");
    if (found != NULL) {
        REACHED("a capability is found");
    } else {
        REACHED("none is found");
    }
}

/** cnode_slot(): a CNode named by a capability. */
static void prove_slot(struct slot *slots, uint64_t slot_bits, uint64_t count)
{
    struct cap cap = cnode_cap_make((uint64_t)slots, SEL_RIGHT_READ, slot_bits);
    enum slot_must must = (enum slot_must)any_below(SLOT_MUST_FULL + 1);
    uint64_t index = any_u64();
    struct slot *found = NULL;
    struct err_info info;

    err_t error = cnode_slot(cap, index, 1, must, &found, &info);

    PROVE(implies(error == ERR_OK, index != 0), "slot 0 is never given");
    PROVE(implies(error == ERR_OK, index < count && found == slots + index), "an accepted index is inside the CNode");
    if (error != ERR_OK) {
        PROVE(info.argument == 1, "a refusal names its argument");
        return;
    }
    bool is_empty = cap_type(found->cap) == CAP_TYPE_NULL;
    PROVE(implies(must == SLOT_MUST_EMPTY, is_empty) && implies(must == SLOT_MUST_FULL, !is_empty),
          "the slot is as it must be");
    REACHED("an index is accepted");
}

/** Every size: where the slot is does not depend on what is in it. */
static void prove_place(void)
{
    uint64_t slot_bits = any_u64();
    ASSUME(SLOT_BITS_MIN <= slot_bits && slot_bits <= SLOT_BITS_MAX);
    uint64_t address = any_below(ADDRESS_END);
    struct cap cap = cnode_cap_make(address, SEL_RIGHT_READ, slot_bits);
    uint64_t index = any_u64();
    struct slot *found = NULL;
    struct err_info info;

    err_t error = cnode_slot(cap, index, 1, SLOT_MUST_ANY, &found, &info);

    bool is_inside = index != 0 && index < UINT64_C(1) << slot_bits;
    PROVE((error == ERR_OK) == is_inside, "an index is accepted if, and only if, it is inside the CNode and not 0");
    PROVE(implies(is_inside, (uint64_t)found == address + index * sizeof(struct slot)), "the slot lies at its index");
    REACHED("a place is computed");
}

void proof(void)
{
    static struct slot slots[1u << SLOT_BITS_HELD];
    uint64_t slot_bits = any_u64();
    ASSUME(SLOT_BITS_MIN <= slot_bits && slot_bits <= SLOT_BITS_HELD);
    uint64_t count = UINT64_C(1) << slot_bits;
    for (uint64_t i = 0; i < 1u << SLOT_BITS_HELD; i++) {
        HAVOC(slots[i]);
    }

    prove_lookup(slots, count);
    prove_slot(slots, slot_bits, count);
    prove_place();
}
