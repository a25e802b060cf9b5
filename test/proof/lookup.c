/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * property: look-up ends, stays inside the CNode, and finds the non-empty slot of the index and nothing else; the model's look-up (test/model)
 *           agrees
 * bounds: any index; the place of a slot in CNodes of every size (2^2 to 2^20 slots); contents in CNodes of up to 2^4 slots, as look-up compares
 *         index and size and looks at one slot, whatever the size. The kernel has no loop there, which the bound of 1 checks
 * sources: kernel/object/cnode.c test/model/derivation.c
 * unwind: 1 proof.0:17 model_of.0:17 cap_find.0:19
 * budget: ci
 * hint: test/model/model.h: '#define MODEL_CAPS          600' -> '#define MODEL_CAPS          17'
 * twin: kernel/object/cnode.c: 'index >= tcb->cspace_count' -> 'index > tcb->cspace_count': breaks 'the slot of the index'
 * twin: kernel/object/cnode.c: 'index == 0 || index >= cnode_slot_count(cap)' -> 'index >= cnode_slot_count(cap)': breaks 'slot 0 is never given'
 * twin: test/model/derivation.c: 'cptr == 0 || cptr >=' -> 'cptr >=': breaks 'only if, the model does'
 */
#include "kernel/object/objects.h"
#include "test/model/parts.h"
#include "test/proof/lib/proof.h"

#define SLOT_BITS_MIN (OBJECT_BITS_CNODE_MIN - CAP_SLOT_SIZE_BITS)
#define SLOT_BITS_MAX (OBJECT_BITS_CNODE_MAX - CAP_SLOT_SIZE_BITS)

/** CBMC adds to pointers below this. */
#define ADDRESS_END (UINT64_C(1) << 39)

/** Slots with contents. */
#define SLOT_BITS_HELD 4

/* --- the same CSpace in the model: every capability by where it is --- */

#define MODEL_CNODE  1
#define MODEL_THREAD 1

static void model_of(const struct slot *slots, uint64_t slot_bits)
{
    model.cnode[MODEL_CNODE].slot_bits = (uint32_t)slot_bits;
    model.cap[0] = (struct model_cap){.type = CAP_TYPE_CNODE, .object = MODEL_CNODE};
    model.cap[0].place = model_thread_place(MODEL_THREAD, MODEL_CSPACE);
    model.cap_count = 1;
    for (uint64_t i = 0; i < 1u << SLOT_BITS_HELD; i++) {
        bool is_there = i < 1u << slot_bits && cap_type(slots[i].cap) != CAP_TYPE_NULL;
        model.cap[1 + i].place =
            is_there ? model_slot(MODEL_CNODE, i) : (struct model_place){.holder = MODEL_IN_NOTHING};
        model.cap_count++;
    }
}

static void prove_agreed(const struct slot *slots, uint64_t index, const struct slot *found)
{
    struct model_place place = model_lookup(MODEL_THREAD, index);
    bool is_found = place.holder == MODEL_IN_CNODE && place.id == MODEL_CNODE;
    PROVE((found != NULL) == is_found, "the kernel finds a capability if, and only if, the model does");
    PROVE(implies(is_found, found == &slots[place.index]), "it is the one the model finds");
}

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
    prove_agreed(slots, index, found);
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

    model_of(slots, slot_bits);
    prove_lookup(slots, count);
    prove_slot(slots, slot_bits, count);
    prove_place();
}
