/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * CNode: a table of slots; the CSpace of a thread is exactly one (ADR 0002). A capability address is an index, 0 is none.
 */
#pragma once

#include <stdint.h>

#include "kernel/api/invocation.h"
#include "kernel/object/slot.h"
#include "kernel/smp/lock.h"

/** The non-empty slot at `index` of the thread's CSpace, or NULL. */
struct slot *cnode_lookup(const struct tcb *tcb, uint64_t index) REQUIRES(kernel_lock);

/** Slots of the CNode that `cap` (CNODE) names. */
uint64_t cnode_slot_count(struct cap cap);

/** Slot `index` (argument number `argument`) of the CNode `cap`, checked: 1..count-1, else OUT_OF_RANGE. */
err_t cnode_slot(struct cap cap, uint64_t index, uint64_t argument, struct slot **out, struct err_info *info)
    REQUIRES(kernel_lock);

/** The same, and empty, else SLOT_OCCUPIED. */
err_t cnode_empty_slot(struct cap cap, uint64_t index, uint64_t argument, struct slot **out, struct err_info *info)
    REQUIRES(kernel_lock);

/* --- invocations --- */

struct cnode_copy_op {
    struct slot *dest;
    struct slot *source;
    struct cap cap; /* what comes into `dest` */
};

struct cnode_mint_op {
    struct cnode_copy_op copy;
};

struct cnode_move_op {
    struct cnode_copy_op move;
};

struct cnode_mutate_op {
    struct cnode_copy_op move;
};

struct cnode_delete_op {
    struct slot *slot;
};

struct cnode_revoke_op {
    struct slot *slot;
};

struct cnode_cancel_badged_sends_op {
    struct endpoint *endpoint;
    uint64_t badge;
};

struct cnode_inspect_op {
    struct slot *slot;
};
