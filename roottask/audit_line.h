/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * The audit's lines, "audit: process NAME slot 12: extra capability Endpoint echo (READ WRITE)", and what they share
 * between capabilities (audit.c) and mappings (audit_space.c).
 */
#pragma once

#include <stdint.h>

#include "roottask/audit.h"

/** Where a difference is: whose, "slot" or "address", which. */
struct audit_place {
    const char *owner;
    const char *what;
    uint64_t position;
};

/** Name of the thread that uses a CNode, or a VSpace, for people; the object's own name if none does. */
const char *audit_owner_of_cspace(const struct spec *spec, uint32_t cnode);
const char *audit_owner_of_vspace(const struct spec *spec, uint32_t vspace);

/** Count a difference and say it: "... : WHAT NAME". */
void audit_say(struct audit *audit, struct audit_place place, const char *what, const char *name);

/** The same with the capability's type and rights. */
void audit_say_capability(struct audit *audit, struct audit_place place, const char *what, uint64_t type,
                          const char *name, uint64_t rights);

/** The same for a mapping: its rights. */
void audit_say_mapping(struct audit *audit, struct audit_place place, const char *what, const char *name,
                       uint64_t rights);

/** "audit: N capabilities and M mappings compared, K differences" */
void audit_say_total(const struct audit *audit);

/** Compare the mappings of one VSpace. */
void audit_space(struct audit *audit, uint32_t vspace);
