/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * The options of this build as constants, so that code asks `if (CONFIG_X)` and both branches always compile.
 */
#pragma once

#include "kernel/api/rules.h"

#ifdef SEL_ASSERT
#define CONFIG_ASSERT 1
#else
#define CONFIG_ASSERT 0
#endif

#ifdef SEL_TRACE
#define CONFIG_TRACE 1
#else
#define CONFIG_TRACE 0
#endif

/** The test preset: RAM and registers poisoned at boot, a panic powers the machine off. */
#ifdef SEL_POISON
#define CONFIG_POISON 1
#else
#define CONFIG_POISON 0
#endif

/** boot info, word kernel_config. */
#define CONFIG_WORD                                                                                                    \
    ((uint64_t)CONFIG_ASSERT | (uint64_t)CONFIG_TRACE << 1 | (uint64_t)CONFIG_POISON << 2 | (uint64_t)SEL_RULE_OFF << 8)
