/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * property: revoke deletes every capability derived from its target and no other one; what is left is well formed, also when it is preempted
 * bounds: one call on any well-formed list of 3 capabilities of flat objects, of every shape and all values, from each place in it; preempted
 *         anywhere, before the first deletion too. CNodes and TCBs are left out
 * sources: kernel/object/cnode.c kernel/object/cap.c kernel/object/slot.c kernel/object/destroy.c
 * unwind: 6 destroy_dying.0:1 destroy_children.0:4
 * options: --external-sat-solver cadical
 * budget: full
 * twin: kernel/object/slot.c: 'return slot->next != NULL && cap_is_parent(slot->cap, slot->next->cap);' -> 'return slot->next != NULL && cap_is_parent(slot->cap, slot->next->cap) && cap_original(slot->next->cap) == 0;': breaks 'no descendant'
 * twin: kernel/object/cap.c: '(cap_badge(a) == 0 || (cap_badge(a) == cap_badge(b) && cap_original(b) == 0));' -> 'true;': breaks 'other capability'
 */
#include "test/proof/lib/list.h"

/** D1 to D3 of docs/design/kernel.md, in other words than the kernel's. */
static bool is_derived(struct cap a, struct cap b)
{
    uint64_t type = cap_type(a);
    if (type == CAP_TYPE_UNTYPED) {
        bool is_memory =
            cap_type(b) <= CAP_TYPE_VCPU && cap_type(b) != CAP_TYPE_NULL && cap_type(b) != CAP_TYPE_SCHED_CONTROL;
        uint64_t end = cap_object(a) + (UINT64_C(1) << untyped_cap_size_bits(a));
        bool is_smaller = cap_type(b) != CAP_TYPE_UNTYPED || untyped_cap_size_bits(b) <= untyped_cap_size_bits(a);
        return is_memory && is_smaller && cap_object(a) <= cap_object(b) && cap_object(b) < end;
    }
    if (type == CAP_TYPE_IRQ_CONTROL) {
        return cap_type(b) == CAP_TYPE_IRQ_HANDLER;
    }
    bool is_same = type == cap_type(b) &&
                   (type == CAP_TYPE_IRQ_HANDLER     ? irq_handler_cap_irq(a) == irq_handler_cap_irq(b)
                    : type == CAP_TYPE_SCHED_CONTROL ? sched_control_cap_core(a) == sched_control_cap_core(b)
                                                     : cap_object(a) == cap_object(b));
    bool has_badge = type == CAP_TYPE_ENDPOINT || type == CAP_TYPE_NOTIFICATION || type == CAP_TYPE_SMC;
    bool is_of_badge = !has_badge || a.word1 == 0 || (a.word1 == b.word1 && cap_original(b) == 0);
    return is_same && cap_original(a) != 0 && is_of_badge;
}

/** What the run of descendants behind `at` holds, `gone` of it deleted already. */
static void prove_left(uint64_t at, uint64_t gone)
{
    struct slot *order[SLOT_COUNT];
    for (uint64_t i = 0; i < SLOT_COUNT; i++) {
        order[i] = i <= at ? &slot[i] : &slot[(i + gone) % SLOT_COUNT];
        PROVE(implies(i <= at || i > at + gone, is_unchanged(i)), "no other capability changes or goes");
    }
    prove_order(order, list_length - gone);
}

static enum progress prove_revoke(uint64_t at, uint64_t descendants, uint64_t gone)
{
    any_list(LIST_MAX);
    bool is_run = true;
    for (uint64_t i = at + 1; i < LIST_MAX; i++) {
        bool is_in_run = is_run && is_derived(before[at], before[i]);
        ASSUME(is_in_run == (i <= at + descendants));
        is_run = is_in_run;
    }

    enum progress progress = destroy_children(&slot[at]);

    uint64_t left = 0;
    for (uint64_t i = at + 1; i < LIST_MAX; i++) {
        left += !slot_is_empty(&slot[i]) && i <= at + descendants;
    }
    PROVE(implies(progress == DONE, left == 0), "no descendant is left");
    ASSUME(left == descendants - gone);
    prove_left(at, gone);
    if (progress == DONE) {
        PROVE(gone == descendants, "no descendant is left");
    }
    return progress;
}

/* One configuration, and how it can end. */
#define REVOKE(condition, text, ...)                                                                                   \
    do {                                                                                                               \
        enum progress progress = prove_revoke(__VA_ARGS__);                                                            \
        REACHED_IF(condition, text ": " #__VA_ARGS__);                                                                 \
    } while (0)
#define REVOKE_DONE(...)      REVOKE(progress == DONE, "a revocation", __VA_ARGS__)
#define REVOKE_PREEMPTED(...) REVOKE(progress == PREEMPTED, "a preempted revocation", __VA_ARGS__)
#define REVOKE_EITHER(...)                                                                                             \
    do {                                                                                                               \
        enum progress progress = prove_revoke(__VA_ARGS__);                                                            \
        REACHED_IF(progress == DONE, "a revocation: " #__VA_ARGS__);                                                   \
        REACHED_IF(progress == PREEMPTED, "a preempted revocation: " #__VA_ARGS__);                                    \
    } while (0)

/** From each place, for each number of descendants, after each number of deletions. */
void proof(void)
{
    REVOKE_DONE(0, 0, 0);
    REVOKE_PREEMPTED(0, 1, 0);
    REVOKE_EITHER(0, 1, 1);
    REVOKE_PREEMPTED(0, 2, 0);
    REVOKE_PREEMPTED(0, 2, 1);
    REVOKE_EITHER(0, 2, 2);
    REVOKE_PREEMPTED(1, 1, 0);
    REVOKE_EITHER(1, 1, 1);
    REVOKE_DONE(2, 0, 0);
}
