/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Generic part of invocations.
 */
#include "kernel/object/objects.h"

static err_t check_cap_arg(struct invocation *in, const struct cap_arg_desc *desc, struct err_info *info) LOCKED
{
    uint64_t argument = desc->argument + UINT64_C(1);
    uint64_t cptr = invocation_arg(in, desc->argument);
    struct slot *slot = cnode_lookup(in->caller, cptr);
    in->cap_slot[desc->argument] = slot;
    if (slot == NULL) {
        bool is_left_out = cptr == 0 && desc->is_optional;
        return is_left_out ? ERR_OK : refuse(info, ERR_INVALID_CAP, argument, cptr, in->caller->cspace_count);
    }
    if ((desc->types & (UINT32_C(1) << cap_type(slot->cap))) == 0) {
        return refuse(info, ERR_WRONG_TYPE, argument, cap_type(slot->cap), desc->expected);
    }
    return check_held(info, argument, slot->cap, desc->rights);
}

static err_t check(struct invocation *in, const struct invocation_desc *desc, struct err_info *info) LOCKED
{
    err_t error = check_held(info, 0, in->cap, desc->needs);
    if (error == ERR_OK && in->arg_count < desc->arg_count) {
        return refuse(info, ERR_TOO_FEW_ARGUMENTS, 0, in->arg_count, desc->arg_count);
    }
    for (uint64_t i = 0; error == ERR_OK && i < desc->cap_arg_count; i++) { /* bound: INVOCATION_ARG_MAX */
        error = check_cap_arg(in, &desc->cap_arg[i], info);
    }
    return error;
}

/* One caller. */
ALWAYS_INLINE err_t invoke(struct tcb *caller, struct slot *slot, uint64_t tag, struct err_info *info,
                           enum progress *progress)
{
    uint64_t type = cap_type(slot->cap);
    const struct invocation_desc *desc = invocation_find(type, tag_label(tag));
    if (desc == NULL) {
        return refuse(info, ERR_INVALID_METHOD, 0, tag_label(tag), invocation_method_count(type));
    }
    struct invocation in; /* not zeroed: check() sets the slots that are asked for */
    struct result out;
    in.caller = caller;
    in.registers = &caller->registers;
    in.slot = slot;
    in.cap = slot->cap;
    in.arg_count = tag_length(tag);
    in.buffer = caller->buffer;
    out.count = 0;
    out.buffer = caller->buffer;
    err_t error = check(&in, desc, info);
    if (error == ERR_OK) {
        error = desc->run(&in, info, &out, progress); /* calls: *_methods */
    }
    /* The caller may have deleted itself: then there is nobody to answer. */
    if (error == ERR_OK && *progress == DONE && percpu()->current == caller) {
        transfer_kernel(caller, out.word, out.count);
    }
    return error;
}
