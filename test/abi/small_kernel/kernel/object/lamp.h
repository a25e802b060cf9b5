/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Operations of the object of test/abi/small.
 */
#pragma once

#include <stdint.h>

struct lamp_set_op {
    uint64_t level;
};

struct lamp_get_op {
    uint64_t unused;
};

struct lamp_write_op {
    uint64_t unused;
};
