/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * The fake architecture's own types: registers numbered as on AArch64, page tables of the same shape, guests as plain records.
 * Included through kernel/arch/arch_context.h only.
 */
#pragma once

#include <stdbool.h>
#include <stdint.h>

#include "gen/abi.h"

/** x0..x30, sp, pc, pstate, tpidr_el0: the order of TCB.read_registers. */
struct arch_context {
    uint64_t reg[35];
};

struct arch_fpu_state {
    uint64_t v[64];
    uint64_t fpcr;
    uint64_t fpsr;
};

struct arch_vspace {
    uint64_t root; /* address of the level-1 table */
    bool is_dead;
};

/** What an invocation of a VCPU changed, for tests to look at. */
struct arch_vcpu {
    uint64_t reg[31];
    uint64_t entries[2];
    uint64_t lr_state;
    uint64_t timer_lines;
    uint64_t offset;
    uint64_t timer_intid[2];
    uint64_t timer_is_enabled[2];
    uint64_t injected_syndrome;
    uint64_t injected_address;
    bool is_injected_sync;
    bool is_pending;
    bool is_notified_empty;
};

#define FAKE_REG_STATUS        0
#define FAKE_REG_TAG           1
#define FAKE_REG_BADGE         2
#define FAKE_REG_REPLY_STATUS  3
#define FAKE_REG_NUMBER        8
#define FAKE_REG_MESSAGE       9
#define FAKE_REG_MESSAGE_LAST  18
#define FAKE_REG_PC            32
#define FAKE_INSTRUCTION_BYTES 4

static inline uint64_t arch_syscall_number(const struct arch_context *context)
{
    return context->reg[FAKE_REG_NUMBER];
}

static inline uint64_t arch_syscall_cap(const struct arch_context *context)
{
    return context->reg[0];
}

static inline uint64_t arch_syscall_tag(const struct arch_context *context)
{
    return context->reg[1];
}

static inline uint64_t arch_syscall_reply(const struct arch_context *context)
{
    return context->reg[2];
}

static inline uint64_t arch_syscall_second(const struct arch_context *context)
{
    return context->reg[3];
}

/** x9..x15, then x18. */
static inline uint64_t fake_message_register(uint64_t index)
{
    return index < 7 ? FAKE_REG_MESSAGE + index : FAKE_REG_MESSAGE_LAST;
}

static inline uint64_t arch_message_get(const struct arch_context *context, uint64_t index)
{
    return context->reg[fake_message_register(index)];
}

static inline void arch_message_set(struct arch_context *context, uint64_t index, uint64_t word)
{
    context->reg[fake_message_register(index)] = word;
}

static inline void arch_set_status(struct arch_context *context, uint64_t status)
{
    context->reg[FAKE_REG_STATUS] = status;
}

static inline void arch_set_tag(struct arch_context *context, uint64_t tag)
{
    context->reg[FAKE_REG_TAG] = tag;
}

static inline void arch_set_badge(struct arch_context *context, uint64_t badge)
{
    context->reg[FAKE_REG_BADGE] = badge;
}

static inline void arch_set_reply_status(struct arch_context *context, uint64_t status)
{
    context->reg[FAKE_REG_REPLY_STATUS] = status;
}

/** A system call leaves pc behind its instruction, as on AArch64. */
static inline void arch_restart_syscall(struct arch_context *context)
{
    context->reg[FAKE_REG_PC] -= FAKE_INSTRUCTION_BYTES;
}

static inline uint64_t arch_context_pc(const struct arch_context *context)
{
    return context->reg[FAKE_REG_PC];
}
