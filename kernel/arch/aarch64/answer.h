/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * What the usual answers to exits change of a guest: in line, for the fastpath that has them in registers (switch.h) and for vcpu_reply.c.
 */
#pragma once

#include "kernel/arch/aarch64/machine.h"
#include "kernel/arch/aarch64/registers.h"
#include "kernel/arch/arch.h"

/** Step over an instruction of 4 bytes in AArch64. BTYPE as after any executed instruction; a guest that steps itself is told after this one (DDI 0487, D2.12.3). */
static inline void guest_step_aarch64(struct arch_context *context)
{
    context->pc += 4;
    context->pstate &= ~(PSTATE_BTYPE | PSTATE_SS);
}

/** Whether the verbs of an answer are not more than a step, registers and to resume. */
static inline bool guest_is_plain_answer(uint64_t verbs)
{
    uint64_t rare = VERB_SET_INTERRUPTS | VERB_INJECT_SYNC | VERB_INJECT_SERROR | VERB_BLOCK;
    return (verbs & (rare | VERB_RESUME)) == VERB_RESUME;
}

/** A loaded value as the load instruction would have left it: cut, sign or zero extended, 32 or 64 bits wide. */
static inline uint64_t value_extend(uint64_t value, uint64_t word)
{
    uint64_t unused_bits = 64 - (8ul << exit_size_log2(word));
    value = value << unused_bits >> unused_bits;
    if (exit_sign_extend(word)) {
        value = (uint64_t)((int64_t)(value << unused_bits) >> unused_bits);
    }
    return exit_is_64bit(word) ? value : value & 0xffffffff;
}

/** Writes the guest's registers that `verbs` say. GET(reply, index) is a word of the answer: a macro, for where it names a register of the processor. */
#define GUEST_WRITE(context, verbs, GET, reply)                                                                        \
    do {                                                                                                               \
        if (((verbs) & VERB_WRITE_REGISTER) != 0 && exit_register(verbs) != NO_REGISTER) {                             \
            (context)->x[exit_register(verbs)] = value_extend(GET(reply, 1), verbs);                                   \
        }                                                                                                              \
        if ((verbs) & VERB_WRITE_RESULTS) {                                                                            \
            (context)->x[0] = GET(reply, 1);                                                                           \
            (context)->x[1] = GET(reply, 2);                                                                           \
            (context)->x[2] = GET(reply, 3);                                                                           \
            (context)->x[3] = GET(reply, 4);                                                                           \
        }                                                                                                              \
    } while (0)
