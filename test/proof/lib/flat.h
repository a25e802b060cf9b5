/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Included before everything else where a harness's world has no CNodes to die: their path through destroy.c ends before it writes through
 * an address that no object has. The harness proves that the path is never taken.
 */
#pragma once

#include "gen/caps.h"

/** Defined by the harness: proves that it is not reached, and ends there. */
struct cap no_zombie(uint64_t object, uint64_t rights, uint64_t remaining, uint64_t next);

#define zombie_cap_make(object, rights, remaining, next) no_zombie(object, rights, remaining, next)
