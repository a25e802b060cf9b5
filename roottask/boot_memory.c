/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * The Untypeds of boot: see boot_memory.h.
 */
#include "roottask/boot_memory.h"

#include <stddef.h>

#include "gen/abi.h"

bool boot_memory_read(struct boot_memory *memory, const uint64_t *boot_info)
{
    uint64_t count = boot_info[BOOT_INFO_UNTYPED_COUNT];

    if (boot_info[BOOT_INFO_MAGIC] != BOOT_INFO_MAGIC_VALUE || count > BOOT_UNTYPED_MAX) {
        return false;
    }
    *memory = (struct boot_memory){
        .count = (uint32_t)count,
        .payload_physical = boot_info[BOOT_INFO_PAYLOAD_PHYSICAL],
        .first_free_slot = boot_info[BOOT_INFO_FIRST_FREE_SLOT],
        .slot_count = boot_info[BOOT_INFO_SLOT_COUNT],
    };
    for (uint32_t i = 0; i < count; i++) {
        const uint64_t *entry = boot_info + BOOT_INFO_UNTYPED_OFFSET + (size_t)i * BOOT_UNTYPED_WORDS;
        memory->untyped[i] = (struct boot_untyped){
            .physical = entry[BOOT_UNTYPED_PHYSICAL],
            .next = entry[BOOT_UNTYPED_PHYSICAL],
            .end = entry[BOOT_UNTYPED_PHYSICAL] + (1ull << entry[BOOT_UNTYPED_SIZE_BITS]),
            .kind = entry[BOOT_UNTYPED_KIND],
            .slot = entry[BOOT_UNTYPED_SLOT],
        };
    }
    return true;
}

static uint64_t aligned_next(const struct boot_untyped *untyped, uint64_t size_bits)
{
    uint64_t mask = (1ull << size_bits) - 1;

    return (untyped->next + mask) & ~mask;
}

struct boot_untyped *boot_memory_find_ram(struct boot_memory *memory, uint64_t size_bits)
{
    for (uint32_t i = 0; i < memory->count; i++) {
        struct boot_untyped *untyped = &memory->untyped[i];
        uint64_t start = aligned_next(untyped, size_bits);
        if (untyped->kind == UNTYPED_KIND_RAM && start < untyped->end && untyped->end - start >= 1ull << size_bits) {
            return untyped;
        }
    }
    return NULL;
}

struct boot_untyped *boot_memory_find_address(struct boot_memory *memory, uint64_t physical, bool is_device)
{
    uint64_t kind = is_device ? UNTYPED_KIND_DEVICE : UNTYPED_KIND_PRELOADED;

    for (uint32_t i = 0; i < memory->count; i++) {
        struct boot_untyped *untyped = &memory->untyped[i];
        if (untyped->kind == kind && physical >= untyped->next && physical < untyped->end) {
            return untyped;
        }
    }
    return NULL;
}

struct boot_untyped *boot_memory_find_spec(struct boot_memory *memory)
{
    struct boot_untyped *lowest = NULL;

    for (uint32_t i = 0; i < memory->count; i++) {
        struct boot_untyped *untyped = &memory->untyped[i];
        if (untyped->kind == UNTYPED_KIND_PRELOADED && untyped->physical != memory->payload_physical &&
            (lowest == NULL || untyped->physical < lowest->physical)) {
            lowest = untyped;
        }
    }
    return lowest;
}

sel_err_t boot_untyped_take(struct boot_untyped *untyped, uint64_t type, uint64_t size_bits, uint64_t slot,
                            uint64_t count)
{
    sel_err_t error = sel_untyped_retype(untyped->slot, type, size_bits, INITIAL_SLOT_CNODE, slot, count);

    if (error == SEL_ERROR_OK) {
        untyped->next = aligned_next(untyped, size_bits) + (count << size_bits);
    }
    return error;
}

/** Size of the largest aligned power of two that starts at `start` and ends at or below `end`. */
static uint64_t piece_bits(uint64_t start, uint64_t end)
{
    uint64_t bits = 63 - (uint64_t)__builtin_clzll(end - start);
    uint64_t alignment = start == 0 ? 63 : (uint64_t)__builtin_ctzll(start);

    return alignment < bits ? alignment : bits;
}

sel_err_t boot_memory_skip_to(struct boot_memory *memory, struct boot_untyped *untyped, uint64_t physical)
{
    while (untyped->next < physical && memory->skip_slot < memory->skip_end) {
        sel_err_t error =
            boot_untyped_take(untyped, OBJECT_TYPE_UNTYPED, piece_bits(untyped->next, physical), memory->skip_slot, 1);
        if (error != SEL_ERROR_OK) {
            return error;
        }
        memory->skip_slot++;
    }
    return SEL_ERROR_OK;
}
