/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * What the generator chooses from: the capabilities, empty slots and numbers that the state of the model offers. Not part of the model.
 */
#pragma once

#include "test/model/lockstep.h"

/** The sequence's own random numbers. */
extern uint64_t choose_state;

uint64_t choose(uint64_t bound);
bool choose_one_in(uint64_t count);
uint64_t choose_of(const uint64_t *list, uint64_t count);
#define CHOOSE(...)                                                                                                    \
    choose_of((const uint64_t[]){__VA_ARGS__}, sizeof((const uint64_t[]){__VA_ARGS__}) / sizeof(uint64_t))

/** The CNode that capability addresses of whoever runs mean. */
uint32_t choose_cspace(void);
/** A slot of it with a capability of `type` (what was made in the sequence rather than at boot), or 0. */
uint64_t choose_cap(uint32_t type);
/** The same that names object `object`. */
uint64_t choose_cap_of(uint32_t type, uint32_t object);
/** One of an Endpoint at which somebody waits in `state`, or 0. */
uint64_t choose_meeting(enum model_state state);
/** One of that type whose capability has a badge, or 0. */
uint64_t choose_badged(uint32_t type);
/** Any full slot, or an empty one, of a CNode; 0 if there is none. */
uint64_t choose_full(uint32_t cnode);
uint64_t choose_empty(uint32_t cnode);
/** The first of `count` empty slots in a row of whoever's CSpace; not given again before choose_forget_rows. */
uint64_t choose_row(uint64_t count);
void choose_forget_rows(void);
/** A number that somebody might get wrong. */
uint64_t choose_odd(void);
