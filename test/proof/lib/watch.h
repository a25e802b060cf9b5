/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Objects that are watched: a harness lists them all in WORLD(DO), then says WORLD(COPY_OF), WORLD(KEEP) and `true WORLD(AND_SAME)`.
 * Each is a structure of whole words.
 */
#pragma once

#include "test/proof/lib/proof.h"

#define COPY_OF(object)                                                                                                \
    static __typeof__(object) object##_before;                                                                         \
    static bool is_same_##object(void)                                                                                 \
    {                                                                                                                  \
        const uint64_t *now = (const uint64_t *)&(object);                                                             \
        const uint64_t *before = (const uint64_t *)&object##_before;                                                   \
        bool is_same = true;                                                                                           \
        for (uint64_t i = 0; i < sizeof(object) / sizeof(*now); i++) {                                                 \
            is_same = is_same && now[i] == before[i];                                                                  \
        }                                                                                                              \
        return is_same;                                                                                                \
    }

#define KEEP(object)     object##_before = (object);
#define AND_SAME(object) &&is_same_##object()
