/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Included before everything else where a harness tells CBMC which objects a capability can name. Without it an address that comes out of
 * a capability's bits might be any object at any offset, and the formula grows with all of them. The hint changes no value: proof_object()
 * proves that it returns what the capability says.
 */
#pragma once

#include <stdint.h>

#include "gen/caps.h"

/** Defined by the harness. */
uint64_t proof_object(struct cap cap);

/** Where only a CNode can be meant; defined by the harnesses that look into one. */
uint64_t proof_cnode(struct cap cap);

static inline uint64_t cap_object_raw(struct cap cap)
{
    return cap_object(cap);
}

#define cap_object(cap) proof_object(cap)
