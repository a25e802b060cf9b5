/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Decoder of the A64 loads and stores for which the hardware gives no syndrome (ESR.ISV = 0: pairs, write-back, literals), and for
 * completeness of those with one. General-purpose registers only: SIMD registers are out of the VMM's reach. Pure: one instruction
 * word in, a description out (Arm ARM DDI 0487, C4.1.94 "Loads and Stores").
 */
#pragma once

#include <stdbool.h>
#include <stdint.h>

enum decode_index {
    DECODE_OFFSET,   /* address = base + offset */
    DECODE_PRE,      /* the same, and written back */
    DECODE_POST,     /* address = base, base + offset written back */
    DECODE_LITERAL,  /* address = pc + offset */
    DECODE_REGISTER, /* address = base + extended index register */
};

struct decoded_access {
    enum decode_index index;
    bool is_write;
    bool is_signed;    /* a load that sign-extends */
    bool is_64bit;     /* width of the destination registers */
    unsigned size;     /* bytes of one element: 1, 2, 4, 8 */
    unsigned count;    /* elements: 1 or 2 */
    uint8_t target[2]; /* registers, 31 = zero */
    uint8_t base;      /* 31 = stack pointer */
    uint8_t index_register;
    uint8_t index_option; /* 2 UXTW, 3 LSL, 6 SXTW, 7 SXTX */
    uint8_t index_shift;
    int64_t offset;
};

/** False: not a load or store of general-purpose registers that can be carried out (SIMD, exclusive, atomic, unallocated). */
bool decode_access(uint32_t instruction, struct decoded_access *out);
