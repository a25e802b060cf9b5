/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Which bug of the model's is planted, chosen while it runs (0 = none): test/model/parts.h knows it as a number of the compiler's.
 */
#pragma once

#include <stdint.h>

extern uint64_t planted_bug;
#define MODEL_BUG planted_bug
