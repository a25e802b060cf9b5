/* SPDX-License-Identifier: BSD-2-Clause */
/* See step.h. Branches with pointer authentication are left out: guests have none (vmm/arch/sysreg.c). */
#include "vmm/gdb/step.h"

#include "vmm/bits.h"

enum {
    PSTATE_IS_AARCH32 = 4, /* bits */
    PSTATE_V = 28,
    PSTATE_C = 29,
    PSTATE_Z = 30,
    PSTATE_N = 31,
};

#define ERET 0xd69f03e0u
#define WFI  0xd503207fu

/* C1.2.4: conditions by pairs, the second of each the opposite; but 0b1111, which is always true, too. */
static bool condition_holds(uint64_t pstate, unsigned condition)
{
    bool n = bits_get(pstate, PSTATE_N, 1), z = bits_get(pstate, PSTATE_Z, 1);
    bool c = bits_get(pstate, PSTATE_C, 1), v = bits_get(pstate, PSTATE_V, 1);
    const bool pairs[8] = {z, c, n, v, c && !z, n == v, n == v && !z, true};
    return pairs[condition >> 1] != ((condition & 1) != 0 && condition != 0xf);
}

/* A branch by an offset of `width` bits from `low` on, in instructions. */
static uint64_t offset_target(const struct step_state *state, uint32_t instruction, unsigned low, unsigned width)
{
    return state->pc + (uint64_t)(bits_sign_extend(bits_get(instruction, low, width), width) * 4);
}

/* CBZ, CBNZ: bit 24 says which, bit 31 how wide. */
static bool compares_true(const struct step_state *state, uint32_t instruction)
{
    uint64_t value = state->x[bits_get(instruction, 0, 5)];
    bool is_zero = (bits_get(instruction, 31, 1) != 0 ? value : (uint32_t)value) == 0;
    return is_zero != (bits_get(instruction, 24, 1) != 0);
}

/* TBZ, TBNZ: bit 24 says which, bits 31 and 23:19 which bit. */
static bool tests_true(const struct step_state *state, uint32_t instruction)
{
    unsigned bit = (unsigned)(bits_get(instruction, 31, 1) << 5 | bits_get(instruction, 19, 5));
    return bits_get(state->x[bits_get(instruction, 0, 5)], bit, 1) == bits_get(instruction, 24, 1);
}

uint64_t step_next(const struct step_state *state, uint32_t instruction)
{
    bool is_taken = false;
    unsigned width = 19;
    if ((instruction & 0x7c000000u) == 0x14000000u) { /* B, BL */
        return offset_target(state, instruction, 0, 26);
    }
    if ((instruction & 0xff9ffc1fu) == 0xd61f0000u) { /* BR, BLR, RET: opc 00, 01, 10 */
        return state->x[bits_get(instruction, 5, 5)];
    }
    if (instruction == ERET && bits_get(state->pstate, 2, 2) != 0) {
        return state->elr;
    }
    if ((instruction & 0xff000000u) == 0x54000000u) { /* B.cond, BC.cond */
        is_taken = condition_holds(state->pstate, instruction & 0xf);
    } else if ((instruction & 0x7e000000u) == 0x34000000u) {
        is_taken = compares_true(state, instruction);
    } else if ((instruction & 0x7e000000u) == 0x36000000u) {
        is_taken = tests_true(state, instruction);
        width = 14;
    }
    return is_taken ? offset_target(state, instruction, 5, width) : state->pc + 4;
}

bool step_is_wait(uint32_t instruction)
{
    return instruction == WFI;
}

bool step_leaves_aarch64(const struct step_state *state, uint32_t instruction)
{
    return instruction == ERET && bits_get(state->spsr, PSTATE_IS_AARCH32, 1) != 0;
}
