/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Switches of the hang-free rules H1..H10 (docs/adr/0003-hang-free-ipc.md).
 * Every normal build keeps them all; a twin build for the tests drops one with -DSEL_RULE_OFF=n.
 */
#pragma once

#ifndef SEL_RULE_OFF
#define SEL_RULE_OFF 0
#endif

#define RULE(n) ((n) != SEL_RULE_OFF)
