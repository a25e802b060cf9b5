/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * What is left of the machine as Untypeds: RAM (largest first), the payload behind the roottask (frames only, never zeroed), and address
 * space outside RAM as device memory, without the interrupt controller. The boot information page lists them.
 */
#include "gen/platform.h"
#include "kernel/boot/boot.h"
#include "kernel/object/objects.h"

#define DEVICE_END      (1ul << 40)
#define BOOT_INFO_WORDS (PAGE_BYTES / 8)

static void untyped_put(struct roottask *roottask, uint64_t address, uint64_t size_bits, uint64_t kind) LOCKED
{
    uint64_t *info = roottask->boot_info;
    uint64_t count = info[BOOT_INFO_UNTYPED_COUNT];
    uint64_t index = info[BOOT_INFO_FIRST_FREE_SLOT];
    uint64_t *entry = &info[BOOT_INFO_UNTYPED_OFFSET + BOOT_UNTYPED_WORDS * count];
    if (index >= info[BOOT_INFO_SLOT_COUNT] || entry + BOOT_UNTYPED_WORDS > info + BOOT_INFO_WORDS) {
        console_printf("warning: no room to hand out %lx, 2^%lu bytes\n", address, size_bits);
        return;
    }
    entry[BOOT_UNTYPED_PHYSICAL] = address;
    entry[BOOT_UNTYPED_SIZE_BITS] = size_bits;
    entry[BOOT_UNTYPED_KIND] = kind;
    entry[BOOT_UNTYPED_SLOT] = index;
    slot_insert_root(&roottask->slots[index], untyped_cap_make(address, size_bits, kind, 0, 0));
    info[BOOT_INFO_UNTYPED_COUNT] = count + 1;
    info[BOOT_INFO_FIRST_FREE_SLOT] = index + 1;
}

/** The largest naturally aligned block at `start` that ends by `end`. */
static uint64_t block_bits(uint64_t start, uint64_t end)
{
    uint64_t bits = PAGE_BITS;
    while (bits < OBJECT_BITS_UNTYPED_MAX && start % (2ul << bits) == 0 && end - start >= 2ul << bits) {
        bits++;
    }
    return bits;
}

#define BLOCKS_ALL 0

/** The blocks of [start, end): all, or only those of exactly `wanted_bits`. */
static void range_put(struct roottask *roottask, uint64_t start, uint64_t end, uint64_t kind,
                      uint64_t wanted_bits) LOCKED
{
    while (start < end) {
        uint64_t bits = block_bits(start, end);
        if (wanted_bits == BLOCKS_ALL || bits == wanted_bits) {
            untyped_put(roottask, start, bits, kind);
        }
        start += 1ul << bits;
    }
}

/** The first region at or above `at` that is RAM or the interrupt controller; behind the last one that where all ends. */
static struct region next_taken(uint64_t at)
{
    /* With what lies between, an ITS for one: it writes memory as it is told. */
    bool has_gic = at < PLATFORM_GIC_END;
    struct region next = {has_gic ? PLATFORM_GIC_BASE : DEVICE_END, has_gic ? PLATFORM_GIC_END : DEVICE_END};
    for (const struct region *ram = memory_ram; ram->end != 0; ram++) {
        if (ram->end > at && ram->start < next.start) {
            next = *ram;
        }
    }
    return next;
}

void untypeds_create(const struct payload *payload, struct roottask *roottask)
{
    uint64_t physical = (uint64_t)payload;
    struct region region;
    for (uint64_t bits = OBJECT_BITS_UNTYPED_MAX; bits >= PAGE_BITS; bits--) {
        for (uint64_t i = 0; (region = memory_free[i]).end != 0; i++) {
            range_put(roottask, region.start, region.end, UNTYPED_KIND_RAM, bits);
        }
    }
    range_put(roottask, physical + payload->image_offset + payload->file_size, physical + payload->size,
              UNTYPED_KIND_PRELOADED, BLOCKS_ALL);
    for (uint64_t at = 0; at < DEVICE_END; at = region.end) {
        region = next_taken(at);
        range_put(roottask, at, region.start, UNTYPED_KIND_DEVICE, BLOCKS_ALL);
    }
}
