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

void load_memory(const struct sel_guest *guest, bool is_first)
{
    uint64_t end = guest->ram_base;
    for (uint32_t i = 0; i < guest->piece_count; i++) {
        const struct sel_guest_piece *piece = &guest->pieces[i];
        zero_gap(end, piece->guest_address, is_first);
        memcpy((void *)(uintptr_t)piece->guest_address, piece->source, piece->size);
        end = piece->guest_address + piece->size;
    }
    zero_gap(end, guest->ram_base + guest->ram_size, is_first);
    services_clean_cache((uintptr_t)guest->ram_base, (size_t)guest->ram_size);
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
