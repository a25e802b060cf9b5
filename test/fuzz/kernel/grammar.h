/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * What fits the arguments of every invocation, and which errors it may return: the shape of gen/fuzz_grammar.c, which grammar.py makes of
 * the ABI's description.
 */
#pragma once

#include <stdbool.h>
#include <stdint.h>

#include "gen/abi.h"

enum grammar_kind {
    GRAMMAR_CAP,    /* a capability of one of `types` */
    GRAMMAR_SLOT,   /* an index of the CNode in argument `of` (-1: the invoked one); `must` */
    GRAMMAR_NUMBER, /* from `min` to `max` */
    GRAMMAR_MASK,   /* bits of `max` */
    GRAMMAR_OBJECT_TYPE,
    GRAMMAR_BITS,
    GRAMMAR_RIGHTS,
    GRAMMAR_ADDRESS,
    GRAMMAR_WORD,
};

enum grammar_must {
    GRAMMAR_ANY,
    GRAMMAR_EMPTY,
    GRAMMAR_FULL,
};

struct grammar_argument {
    enum grammar_kind kind;
    enum grammar_must must;
    int of;
    uint32_t types;
    uint64_t min;
    uint64_t max;
};

struct grammar_method {
    const char *name;
    uint32_t type;
    uint32_t label;
    uint32_t argument_count;
    bool has_words;  /* more words follow the arguments */
    uint32_t errors; /* 1 << SEL_ERROR_x */
    struct grammar_argument argument[8];
};

extern const struct grammar_method grammar_methods[];
extern const unsigned grammar_method_count;
extern const uint32_t grammar_syscall_errors[]; /* by SYSCALL_x */
