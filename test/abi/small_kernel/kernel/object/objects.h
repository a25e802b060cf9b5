/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * The one object of test/abi/small that the kernel has a structure of.
 */
#pragma once

#include <stdint.h>

struct lamp {
    uint64_t level;
};
