/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Tables of RAM regions and of what is free of them at boot.
 */
#include "kernel/arch/arch.h"
#include "kernel/boot/boot.h"

#define RAM_MAX  16
#define FREE_MAX 48

static struct region ram[RAM_MAX];
static struct region free_regions[FREE_MAX];
static uint64_t ram_count;
static uint64_t free_count;

static void free_add(uint64_t start, uint64_t end)
{
    boot_require(free_count < FREE_MAX, "the table of free memory is full");
    free_regions[free_count++] = (struct region){.start = start, .end = end};
}

bool memory_add_ram(uint64_t start, uint64_t end)
{
    bool is_new = ram_count < RAM_MAX && start < end;
    for (uint64_t i = 0; i < ram_count; i++) {
        is_new = is_new && (end <= ram[i].start || ram[i].end <= start);
    }
    if (is_new) {
        ram[ram_count++] = (struct region){.start = start, .end = end};
        free_add(start, end);
    }
    return is_new;
}

bool memory_is_ram(uint64_t address, uint64_t length)
{
    for (uint64_t i = 0; i < ram_count; i++) { /* bound: RAM_MAX */
        if (address >= ram[i].start && address < ram[i].end && length <= ram[i].end - address) {
            return true;
        }
    }
    return false;
}

void memory_reserve(uint64_t start, uint64_t end)
{
    uint64_t count = free_count;
    for (uint64_t i = 0; i < count; i++) {
        struct region *region = &free_regions[i];
        if (start >= region->end || end <= region->start) {
            continue;
        }
        if (start <= region->start) {
            region->start = end; /* in place: most is taken from the front, page by page */
            continue;
        }
        if (end < region->end) {
            free_add(end, region->end);
        }
        region->end = start;
    }
}

static uint64_t align_up(uint64_t value, uint64_t size)
{
    return (value + size - 1) & ~(size - 1);
}

uint64_t memory_take(uint64_t size_bits)
{
    uint64_t size = 1ul << (size_bits > PAGE_BITS ? size_bits : PAGE_BITS);
    struct region best = {0};
    for (const struct region *region = free_regions; region < free_regions + free_count; region++) {
        uint64_t at = align_up(region->start, size);
        bool fits = at < region->end && region->end - at >= size;
        if (fits && (best.end == 0 || region->end - region->start < best.end - best.start)) {
            best = *region;
        }
    }
    boot_require(best.end != 0, "not enough RAM for the roottask: give the machine more memory");
    uint64_t address = align_up(best.start, size);
    memory_reserve(address, address + size);
    arch_zero(address, size);
    return address;
}

struct region memory_ram(uint64_t index)
{
    return index < ram_count ? ram[index] : (struct region){0};
}

struct region memory_free(uint64_t index)
{
    return index < free_count ? free_regions[index] : (struct region){0};
}
