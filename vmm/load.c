/* SPDX-License-Identifier: BSD-2-Clause */
/* See load.h. The spec compiler has computed addresses; they are checked once, for a broken image must not look like a broken guest. */
#include "vmm/load.h"

#include <string.h>

#include "gen/abi.h"
#include "vmm/services.h"

enum {
    PSTATE_EL1H_MASKED = 0x3c5, /* EL1 with its own stack pointer; D, A, I, F masked */
};

const char *load_check(const struct sel_guest *guest)
{
    uint64_t end = guest->ram_base;
    uint64_t ram_end = guest->ram_base + guest->ram_size;
    for (uint32_t i = 0; i < guest->piece_count; i++) {
        const struct sel_guest_piece *piece = &guest->pieces[i];
        if (piece->guest_address < end) {
            return "a piece of its image lies before RAM or overlaps another";
        }
        if (piece->guest_address > ram_end || piece->size > ram_end - piece->guest_address) {
            return "a piece of its image reaches beyond RAM";
        }
        end = piece->guest_address + piece->size;
    }
    return NULL;
}

static void zero_gap(uint64_t from, uint64_t to, bool is_zero_already)
{
    if (!is_zero_already && to > from) {
        services_zero((uintptr_t)from, (size_t)(to - from));
    }
}

/* The part of a piece that lies in [from, to), where there is one. */
static bool cut(const struct sel_guest_piece *piece, uint64_t from, uint64_t to, struct sel_guest_piece *part)
{
    uint64_t start = piece->guest_address > from ? piece->guest_address : from;
    uint64_t piece_end = piece->guest_address + piece->size;
    uint64_t end = piece_end < to ? piece_end : to;
    if (start >= end) {
        return false;
    }
    part->guest_address = start;
    part->source = (const char *)piece->source + (start - piece->guest_address);
    part->size = (size_t)(end - start);
    return true;
}

void load_range(const struct sel_guest *guest, uint64_t address, uint64_t size, bool is_zero_already)
{
    uint64_t end = address;
    for (uint32_t i = 0; i < guest->piece_count; i++) {
        struct sel_guest_piece part;
        if (cut(&guest->pieces[i], address, address + size, &part)) {
            zero_gap(end, part.guest_address, is_zero_already);
            memcpy((void *)(uintptr_t)part.guest_address, part.source, part.size);
            end = part.guest_address + part.size;
        }
    }
    zero_gap(end, address + size, is_zero_already);
    services_clean_cache((uintptr_t)address, (size_t)size);
}

void load_registers(const struct sel_guest *guest)
{
    uint64_t values[THREAD_REG_COUNT] = {0};
    for (unsigned i = 0; i < 4; i++) {
        values[THREAD_REG_X0 + i] = guest->x[i];
    }
    values[THREAD_REG_PC] = guest->entry;
    values[THREAD_REG_PSTATE] = PSTATE_EL1H_MASKED;
    services_write_thread_registers(0, THREAD_REG_COUNT, values);
}
