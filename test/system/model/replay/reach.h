/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * The supervisor's way to the sequence's objects: a copy of a capability that lies somewhere in the sequence's CNodes, made for a
 * moment. The copy stands behind its source and changes nothing that the sequence could see.
 */
#pragma once

#include <stdbool.h>
#include <stdint.h>

#include "sel/sel.h"
#include "test/model/model.h"

/** A capability of the supervisor to an object of the sequence, with `rights`; 0 if no way leads there. To be given back. */
sel_cap_t reach_object(uint32_t type, uint32_t object, uint64_t rights);
/** The same for a CNode, without a copy where the supervisor has one. */
sel_cap_t reach_cnode(uint32_t cnode);
void reach_end(sel_cap_t cap);

/** The words of an IPC buffer by its physical address, mapped; NULL if no way leads there. To be given back. */
volatile uint64_t *reach_buffer(uint64_t address);
void reach_buffer_end(void);
