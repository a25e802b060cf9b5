/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * CNode: a table of slots; the CSpace of a thread is exactly one (ADR 0002). A capability address is an index, 0 is none.
 */
#pragma once

#include "kernel/api/invocation.h"
#include "kernel/object/slot.h"

/** The non-empty slot at `index` of the thread's CSpace, or NULL. */
struct slot *cnode_lookup(const struct tcb *tcb, uint64_t index) LOCKED;

/** Slots of the CNode that `cap` (CNODE) names. */
uint64_t cnode_slot_count(struct cap cap);

enum slot_must {
    SLOT_MUST_ANY,
    SLOT_MUST_EMPTY, /* else SLOT_OCCUPIED */
    SLOT_MUST_FULL,  /* else SLOT_EMPTY */
};

/** Slot `index` (argument number `argument`) of the CNode `cap`, checked: 1..count-1, else OUT_OF_RANGE; and as it must be. */
err_t cnode_slot(struct cap cap, uint64_t index, uint64_t argument, enum slot_must must, struct slot **out,
                 struct err_info *info) LOCKED;
