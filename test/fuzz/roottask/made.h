/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * What a fuzzed roottask has had the kernel make: enough to tell an audit the truth. What is more than fits is forgotten, and then told of as
 * missing.
 */
#pragma once

#include <stdint.h>

/** A capability as inspection sees it; all zero: an empty slot. */
struct made_cap {
    uint64_t type;
    uint64_t rights;
    uint64_t badge;
    uint64_t object;
};

struct made_page {
    uint64_t vspace;
    uint64_t address;
    uint64_t frame;  /* own slot */
    uint64_t rights; /* with the memory attribute in bits 8..9 */
};

/** Only what a roottask has at boot: its first `count` slots. */
void made_nothing(uint64_t count);

/** Objects in own slots [index, index + count). */
void made_objects(uint64_t type, uint64_t index, uint64_t count);

/** A capability in another CNode: the one in the own slot `source`, with the rights and badge of `made`. */
void made_copy(uint64_t cnode, uint64_t index, uint64_t source, const struct made_cap *made);

void made_mapping(uint64_t vspace, uint64_t address, const struct made_page *page);

void made_delete(uint64_t index);

struct made_cap made_own(uint64_t index);
struct made_cap made_at(uint64_t cnode, uint64_t index);

/** The lowest mapping at or above `address`, or NULL. */
const struct made_page *made_next(uint64_t vspace, uint64_t address);
