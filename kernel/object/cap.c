/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Capabilities by value, and the parent rule of the derivation list.
 */
#include "kernel/object/objects.h"

uint64_t cap_size_bits(struct cap cap)
{
    switch (cap_type(cap)) {
    case CAP_TYPE_UNTYPED:
        return untyped_cap_size_bits(cap);
    case CAP_TYPE_CNODE:
        return cnode_cap_slot_bits(cap) + CAP_SLOT_SIZE_BITS;
    case CAP_TYPE_VSPACE:
        return OBJECT_BITS_FRAME_0 + 63 -
               (uint64_t)__builtin_clzll(((const struct vspace *)cap_object(cap))->table_count + VSPACE_OWN_PAGES);
    case CAP_TYPE_FRAME:
        return frame_size_bits(cap);
    default:
        return object_sizes(cap_type(cap)).min;
    }
}

/** Whether the capability stands for memory, which lies in some Untyped. */
static bool cap_has_memory(struct cap cap)
{
    uint64_t type = cap_type(cap);
    return type == CAP_TYPE_ZOMBIE ||
           (type != CAP_TYPE_NULL && type <= CAP_TYPE_VCPU && type != CAP_TYPE_SCHED_CONTROL);
}

bool cap_is_same_object(struct cap a, struct cap b)
{
    uint64_t type = cap_type(a);
    if (type != cap_type(b) || type == CAP_TYPE_NULL || type == CAP_TYPE_UNTYPED) {
        return false;
    }
    return type == CAP_TYPE_SCHED_CONTROL ? sched_control_cap_core(a) == sched_control_cap_core(b)
           : type == CAP_TYPE_IRQ_HANDLER ? irq_handler_cap_irq(a) == irq_handler_cap_irq(b)
                                          : cap_object(a) == cap_object(b);
}

/** D1. Objects never straddle: a start inside is an object inside, except that a later Untyped might be the larger one. */
static bool cap_lies_inside(struct cap untyped, struct cap cap)
{
    uint64_t offset = cap_object(cap) - cap_object(untyped); /* in front of it: more than any size */
    return cap_has_memory(cap) && offset < UINT64_C(1) << untyped_cap_size_bits(untyped) &&
           (cap_type(cap) != CAP_TYPE_UNTYPED || untyped_cap_size_bits(cap) <= untyped_cap_size_bits(untyped));
}

bool cap_is_parent(struct cap a, struct cap b)
{
    if (cap_type(a) == CAP_TYPE_UNTYPED) {
        return cap_lies_inside(a, b);
    }
    if (cap_type(a) == CAP_TYPE_IRQ_CONTROL) {
        return cap_type(b) == CAP_TYPE_IRQ_HANDLER;
    }
    return cap_is_same_object(a, b) && cap_original(a) != 0 &&
           (cap_badge(a) == 0 || (cap_badge(a) == cap_badge(b) && cap_original(b) == 0));
}

bool cap_is_copyable(struct cap cap)
{
    const uint32_t single = 1u << CAP_TYPE_NULL | 1u << CAP_TYPE_UNTYPED | 1u << CAP_TYPE_REPLY |
                            1u << CAP_TYPE_IRQ_CONTROL | 1u << CAP_TYPE_ZOMBIE;
    return (single >> cap_type(cap) & 1) == 0;
}

struct cap cap_copy(struct cap cap)
{
    struct cap copy = cap_set_bound(cap_set_original(cap, 0), 0);
    return cap_type(cap) == CAP_TYPE_FRAME ? frame_cap_set_mapped(copy, 0) : copy;
}

struct cap cap_restrict(struct cap cap, uint64_t rights)
{
    return cap_type(cap) == CAP_TYPE_UNTYPED ? cap : cap_set_rights(cap, cap_rights(cap) & rights);
}

bool cap_has_badge(struct cap cap)
{
    uint64_t type = cap_type(cap);
    return type == CAP_TYPE_ENDPOINT || type == CAP_TYPE_NOTIFICATION || type == CAP_TYPE_SMC;
}

uint64_t cap_badge(struct cap cap)
{
    return cap_has_badge(cap) ? cap.word1 : 0;
}
