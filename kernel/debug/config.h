/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * The options of this build as constants, 0 or 1, so that code asks `if (SEL_X)` and both branches always compile.
 */
#pragma once

#include "kernel/api/rules.h"

#ifndef SEL_ASSERT
#define SEL_ASSERT 0
#endif

#ifndef SEL_TRACE
#define SEL_TRACE 0
#endif

/** The test preset: RAM and registers poisoned at boot, a panic powers the machine off. */
#ifndef SEL_POISON
#define SEL_POISON 0
#endif

/** Native processes may read the cycle counter, which tells them much about one another: for measuring on a board only. */
#ifndef SEL_CYCLES
#define SEL_CYCLES 0
#endif

/** boot info, word kernel_config. */
#define CONFIG_WORD (SEL_ASSERT | SEL_TRACE << 1 | SEL_POISON << 2 | SEL_CYCLES << 3 | SEL_RULE_OFF << 8)
