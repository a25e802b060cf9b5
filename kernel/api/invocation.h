/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * What a decode function sees of an invocation, and what it may answer.
 * Generic checks (argument count, capability arguments: present, type, rights) are done before a decode function runs,
 * from the generated table (gen/invocations.h); decode checks the rest, reads only, and fills its op.
 */
#pragma once

#include "gen/registers.h"
#include "kernel/lib/base.h"

/** Details of a refusal: message words 0..2 of the answer (errors.yaml, `detail`). */
struct err_info {
    uint64_t argument;
    uint64_t given;
    uint64_t bound;
};

#define INVOCATION_ARG_MAX 8

struct invocation {
    struct tcb *caller;
    struct slot *slot;                         /* of the invoked capability */
    struct cap cap;                            /* its value */
    const struct arch_context *registers;      /* of the caller: message words 0..7, behind arg_count anything */
    struct slot *cap_slot[INVOCATION_ARG_MAX]; /* of capability arguments; NULL: left out */
    uint64_t arg_count;                        /* words given, 0..120 */
    const uint64_t *buffer;                    /* message area of the caller's IPC buffer (words 8.. valid), or NULL */
};

/** Results: message words of the answer; words 8.. go to the IPC buffer (`buffer`, NULL if none). */
struct result {
    uint64_t word[INVOCATION_ARG_MAX];
    uint64_t count;
    uint64_t *buffer;
};

/** Message word `index` < 8. */
static inline uint64_t invocation_arg(const struct invocation *in, uint64_t index)
{
    return arch_message_get(in->registers, index);
}

/** Message word `index` of the arguments; words 8.. need a buffer, which decode has seen to. */
static inline uint64_t invocation_word(const struct invocation *in, uint64_t index)
{
    return index < INVOCATION_ARG_MAX ? invocation_arg(in, index) : in->buffer[index];
}

/** Append a result; words 8.. need a buffer. */
static inline void result_add(struct result *out, uint64_t word)
{
    uint64_t *place = out->count < INVOCATION_ARG_MAX ? out->word : out->buffer;
    place[out->count] = word;
    out->count++;
}

/** Fill `info` and return `error`: the last line of a refusing decode function. */
static inline err_t refuse(struct err_info *info, err_t error, uint64_t argument, uint64_t given, uint64_t bound)
{
    *info = (struct err_info){.argument = argument, .given = given, .bound = bound};
    return error;
}

/** Whether the kernel answers a Call by such a capability, not a thread. */
static inline bool is_invoked(uint64_t type)
{
    return ((1ul << CAP_TYPE_NULL | 7ul << CAP_TYPE_ENDPOINT) >> type & 1) == 0; /* then come Notification and Reply */
}

_Static_assert(CAP_TYPE_NOTIFICATION == CAP_TYPE_ENDPOINT + 1 && CAP_TYPE_REPLY == CAP_TYPE_ENDPOINT + 2, "is_invoked");

/** Call by `caller` on the kernel object in `slot`, message in its registers, with `tag`; fills in the answer if it succeeds. */
err_t invoke(struct tcb *caller, struct slot *slot, uint64_t tag, struct err_info *info,
             enum progress *progress) LOCKED;
