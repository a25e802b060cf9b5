/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * SMC: the right to call firmware, all of it or one function id.
 */
#pragma once

#include <stdint.h>

struct smc_call_op {
    uint64_t in[8];
};
