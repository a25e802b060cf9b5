/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * See decode.h. Each function takes one encoding class; the class is told by bits 29..27 and 24..23 as in table C4.1.94.
 */
#include "vmm/arch/decode.h"

#include "vmm/bits.h"

enum {
    OPTION_UXTW = 2,
    OPTION_LSL = 3,
    OPTION_SXTW = 6,
    OPTION_SXTX = 7,
};

/* size and opc of a single register access; false for SIMD sizes, prefetches and unallocated values. */
static bool decode_size(uint32_t instruction, struct decoded_access *out)
{
    unsigned size_log2 = (unsigned)bits_get(instruction, 30, 2);
    unsigned opc = (unsigned)bits_get(instruction, 22, 2);
    if (size_log2 == 3 && opc >= 2) {
        return false; /* prefetch, unallocated */
    }
    if (size_log2 == 2 && opc == 3) {
        return false;
    }
    out->size = 1u << size_log2;
    out->count = 1;
    out->is_write = opc == 0;
    out->is_signed = opc >= 2;
    out->is_64bit = opc == 2 || (opc < 2 && size_log2 == 3);
    out->target[0] = (uint8_t)bits_get(instruction, 0, 5);
    out->base = (uint8_t)bits_get(instruction, 5, 5);
    return true;
}

static bool decode_pair(uint32_t instruction, struct decoded_access *out)
{
    static const enum decode_index index_of[4] = {DECODE_OFFSET, DECODE_POST, DECODE_OFFSET, DECODE_PRE};
    unsigned opc = (unsigned)bits_get(instruction, 30, 2);
    unsigned mode = (unsigned)bits_get(instruction, 23, 2);
    out->is_write = !bits_get(instruction, 22, 1);
    if (opc == 3 || (opc == 1 && (out->is_write || mode == 0))) {
        return false; /* opc 1: LDPSW, which has neither a store nor a non-temporal form here */
    }
    out->index = index_of[mode];
    out->size = opc == 2 ? 8 : 4;
    out->count = 2;
    out->is_signed = opc == 1;
    out->is_64bit = opc != 0;
    out->target[0] = (uint8_t)bits_get(instruction, 0, 5);
    out->target[1] = (uint8_t)bits_get(instruction, 10, 5);
    out->base = (uint8_t)bits_get(instruction, 5, 5);
    out->offset = bits_sign_extend(bits_get(instruction, 15, 7), 7) * (int64_t)out->size;
    return true;
}

static bool decode_literal(uint32_t instruction, struct decoded_access *out)
{
    unsigned opc = (unsigned)bits_get(instruction, 30, 2);
    if (opc == 3) {
        return false; /* prefetch */
    }
    out->index = DECODE_LITERAL;
    out->size = opc == 1 ? 8 : 4;
    out->count = 1;
    out->is_signed = opc == 2;
    out->is_64bit = opc != 0;
    out->target[0] = (uint8_t)bits_get(instruction, 0, 5);
    out->offset = bits_sign_extend(bits_get(instruction, 5, 19), 19) * 4;
    return true;
}

static bool decode_register_offset(uint32_t instruction, struct decoded_access *out)
{
    out->index = DECODE_REGISTER;
    out->index_register = (uint8_t)bits_get(instruction, 16, 5);
    out->index_option = (uint8_t)bits_get(instruction, 13, 3);
    bool is_known = out->index_option == OPTION_UXTW || out->index_option == OPTION_LSL ||
                    out->index_option == OPTION_SXTW || out->index_option == OPTION_SXTX;
    bool has_shift = bits_get(instruction, 12, 1);
    out->index_shift = has_shift ? (uint8_t)bits_get(instruction, 30, 2) : 0;
    return is_known;
}

/* Bits 11..10 and 21 tell unscaled, post, unprivileged, pre and register offset apart. */
static bool decode_single(uint32_t instruction, struct decoded_access *out)
{
    static const enum decode_index index_of[4] = {DECODE_OFFSET, DECODE_POST, DECODE_OFFSET, DECODE_PRE};
    if (!decode_size(instruction, out)) {
        return false;
    }
    unsigned mode = (unsigned)bits_get(instruction, 10, 2);
    if (bits_get(instruction, 21, 1)) {
        return mode == 2 && decode_register_offset(instruction, out);
    }
    out->index = index_of[mode];
    out->offset = bits_sign_extend(bits_get(instruction, 12, 9), 9);
    return true;
}

static bool decode_unsigned_offset(uint32_t instruction, struct decoded_access *out)
{
    if (!decode_size(instruction, out)) {
        return false;
    }
    out->index = DECODE_OFFSET;
    out->offset = (int64_t)(bits_get(instruction, 10, 12) * out->size);
    return true;
}

/* Write-back to a register that is also a target is CONSTRAINED UNPREDICTABLE (K1.2); refused here. */
static bool is_predictable(const struct decoded_access *access)
{
    bool writes_back = access->index == DECODE_PRE || access->index == DECODE_POST;
    if (!writes_back || access->base == 31) {
        return true;
    }
    return access->target[0] != access->base && (access->count < 2 || access->target[1] != access->base);
}

bool decode_access(uint32_t instruction, struct decoded_access *out)
{
    *out = (struct decoded_access){0};
    bool is_known = false;
    if (bits_get(instruction, 25, 2) != 0) {
        return false; /* SIMD, or no load or store at all: data processing has bit 25 set where these have it clear */
    }
    switch (bits_get(instruction, 27, 3)) {
    case 5: /* x01 0... : pairs */
        is_known = decode_pair(instruction, out);
        break;
    case 3:
        is_known = bits_get(instruction, 24, 1) == 0 && decode_literal(instruction, out);
        break;
    case 7:
        is_known =
            bits_get(instruction, 24, 1) ? decode_unsigned_offset(instruction, out) : decode_single(instruction, out);
        break;
    default:
        break;
    }
    return is_known && is_predictable(out);
}
