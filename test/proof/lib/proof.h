/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * The language of the harnesses: what is assumed, proved and reached; values of any kind; the end of the kernel's own assertions.
 * Included once by each harness; not by the kernel's files.
 */
#pragma once

#include <stdbool.h>
#include <stdint.h>

#include "kernel/debug/panic.h"
#include "kernel/lib/base.h"

void __CPROVER_assume(_Bool condition);
void __CPROVER_assert(_Bool condition, const char *text);

/** The property, or a part of it. */
#define PROVE(condition, text) __CPROVER_assert(condition, text)

/** What holds before; everything that is not assumed is possible. */
#define ASSUME(condition) __CPROVER_assume(condition)

/** There is an execution that comes here under all that was assumed. */
#define REACHED(text) __CPROVER_assert(0, "reached: " text)

/**
 * The same for one configuration among many: a REACHED in a function that is called for each says only that one of them comes there. So such a
 * function returns how it ended, and its caller says what must be possible.
 */
#define REACHED_IF(condition, text)                                                                                    \
    do {                                                                                                               \
        if (condition) {                                                                                               \
            REACHED(text);                                                                                             \
        }                                                                                                              \
    } while (0)

/** Any value at all: to CBMC a variable without initializer has one. */
static inline uint64_t any_u64(void)
{
    uint64_t value;
    return value;
}

/** Give a structure any content. */
#define HAVOC(object)                                                                                                  \
    ((object) = ({                                                                                                     \
         __typeof__(object) any_content;                                                                               \
         any_content;                                                                                                  \
     }))

static inline bool any_bool(void)
{
    return (any_u64() & 1) != 0; /* a bool without initializer would be any byte */
}

static inline uint64_t any_below(uint64_t bound)
{
    uint64_t value = any_u64();
    ASSUME(value < bound);
    return value;
}

static inline struct cap any_cap(void)
{
    return (struct cap){.word0 = any_u64(), .word1 = any_u64()};
}

static inline bool implies(bool condition, bool consequence)
{
    return !condition || consequence;
}

_Noreturn void panic(const char *what, const char *file, unsigned int line)
{
    (void)what;
    (void)file;
    (void)line;
    PROVE(0, "no assertion of the kernel fails");
    ASSUME(0);
    while (1) {
    }
}

void proof(void);
