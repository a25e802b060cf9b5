/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Tables of RAM regions and of what is free of them at boot.
 */
#include "kernel/arch/arch.h"
#include "kernel/boot/boot.h"

#define RAM_MAX  16
#define FREE_MAX 48

struct region memory_ram[RAM_MAX + 1];
struct region memory_free[FREE_MAX + 1];
static uint64_t ram_count;
static uint64_t free_count;

static void free_add(uint64_t start, uint64_t end)
{
    boot_require(free_count < FREE_MAX, "the table of free memory is full");
    memory_free[free_count++] = (struct region){.start = start, .end = end};
}

bool memory_add_ram(uint64_t start, uint64_t end)
{
    bool is_new = ram_count < RAM_MAX && start < end;
    for (uint64_t i = 0; i < ram_count; i++) {
        is_new = is_new && (end <= memory_ram[i].start || memory_ram[i].end <= start);
    }
    if (is_new) {
        memory_ram[ram_count++] = (struct region){.start = start, .end = end};
        free_add(start, end);
    }
    return is_new;
}

bool memory_is_ram(uint64_t address, uint64_t length)
{
    for (uint64_t i = 0; i < ram_count; i++) { /* bound: RAM_MAX */
        if (address >= memory_ram[i].start && address < memory_ram[i].end && length <= memory_ram[i].end - address) {
            return true;
        }
    }
    return false;
}

void memory_reserve(uint64_t start, uint64_t end)
{
    uint64_t count = free_count;
    for (uint64_t i = 0; i < count; i++) {
        struct region *region = &memory_free[i];
        bool is_touched = start < region->end && region->start < end;
        if (is_touched && start <= region->start) {
            region->start = end; /* in place: most is taken from the front, page by page */
        } else if (is_touched) {
            if (end < region->end) {
                free_add(end, region->end);
            }
            region->end = start;
        }
    }
}

uint64_t memory_take(uint64_t size_bits)
{
    uint64_t size = 1ul << (size_bits > PAGE_BITS ? size_bits : PAGE_BITS);
    struct region best = {0};
    for (const struct region *region = memory_free; region < memory_free + free_count; region++) {
        uint64_t at = __builtin_align_up(region->start, size);
        bool fits = at < region->end && region->end - at >= size;
        if (fits && (best.end == 0 || region->end - region->start < best.end - best.start)) {
            best = *region;
        }
    }
    boot_require(best.end != 0, "not enough RAM for the roottask: give the machine more memory");
    uint64_t address = __builtin_align_up(best.start, size);
    memory_reserve(address, address + size);
    arch_zero(address, size);
    return address;
}
