/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Stage 2 translation tables: levels 1 to 3 with the 4 KiB granule, one root table of 512 entries of 1 GiB (39 bits).
 * All tables come from the VSpace's own pool. Arm ARM DDI 0487, D8.3 (descriptors), D8.14 (TLB maintenance).
 *
 * Invariant: a table below the root is never empty; empty ones are back in the pool, all zero. How many of its entries are in use stands in the
 * entry that leads to it, in bits which the hardware ignores (D8.3.1, table descriptors).
 */
#include "kernel/arch/aarch64/machine.h"
#include "kernel/object/objects.h"

#define LEVEL_BITS 9
#define LEVEL_LAST 3

#define DESC_VALID       1ul
#define DESC_TYPE        3ul
#define DESC_ADDRESS     0x0000fffffffff000ul
#define DESC_READ        (1ul << 6)
#define DESC_WRITE       (1ul << 7)
#define DESC_MEMATTR     (0xful << 2)
#define MEMATTR_NORMAL   (0xful << 2)
#define MEMATTR_UNCACHED (0x5ul << 2)
#define MEMATTR_DEVICE   (0x1ul << 2) /* nGnRE */
#define TABLE_USE_ONE    (1ul << 2)
#define TABLE_USE_MASK   (0x3fful << 2)

static uint64_t level_bits(uint64_t level)
{
    return PAGE_BITS + LEVEL_BITS * (LEVEL_LAST - level);
}

static uint64_t level_of_size(uint64_t size_bits)
{
    return LEVEL_LAST - (size_bits - PAGE_BITS) / LEVEL_BITS;
}

static uint64_t entry_index(uint64_t address, uint64_t level)
{
    return (address >> level_bits(level)) & (TABLE_ENTRIES - 1);
}

static bool entry_is_table(uint64_t entry, uint64_t level)
{
    return level < LEVEL_LAST && (entry & DESC_TYPE) == DESC_TABLE;
}

/** The entries that lead to `address`, path[1] to path[level] or the lowest there is above it, whose level is returned. */
static uint64_t table_walk(const struct vspace *vspace, uint64_t address, uint64_t level, uint64_t *path[])
{
    uint64_t *table = (uint64_t *)vspace->arch.root;
    for (uint64_t at = 1;; at++) { /* bound: LEVEL_LAST */
        path[at] = &table[entry_index(address, at)];
        if (at == level || !entry_is_table(*path[at], at)) {
            return at;
        }
        table = (uint64_t *)(*path[at] & DESC_ADDRESS);
    }
}

static uint64_t mapping_descriptor(const struct arch_mapping *mapping)
{
    static const uint64_t memattr[] = {
        [FRAME_ATTRIBUTE_NORMAL] = MEMATTR_NORMAL | DESC_INNER,
        [FRAME_ATTRIBUTE_UNCACHED] = MEMATTR_UNCACHED | DESC_INNER,
        [FRAME_ATTRIBUTE_DEVICE] = MEMATTR_DEVICE,
    };
    uint64_t entry = mapping->physical | memattr[mapping->attribute] | DESC_AF;
    entry |= mapping->rights & SEL_RIGHT_READ ? DESC_READ : 0;
    entry |= mapping->rights & SEL_RIGHT_WRITE ? DESC_WRITE : 0;
    entry |= mapping->rights & SEL_RIGHT_EXECUTE ? 0 : DESC_XN;
    return entry | (mapping->size_bits == PAGE_BITS ? DESC_TABLE : DESC_BLOCK);
}

static void mapping_describe(uint64_t entry, uint64_t address, uint64_t level, struct arch_mapping *out)
{
    uint64_t size_bits = level_bits(level);
    uint64_t memattr = entry & DESC_MEMATTR;
    out->address = address >> size_bits << size_bits;
    out->physical = entry & DESC_ADDRESS;
    out->size_bits = size_bits;
    out->rights = (entry & DESC_READ ? SEL_RIGHT_READ : 0) | (entry & DESC_WRITE ? SEL_RIGHT_WRITE : 0) |
                  (entry & DESC_XN ? 0 : SEL_RIGHT_EXECUTE);
    out->attribute = memattr == MEMATTR_NORMAL     ? FRAME_ATTRIBUTE_NORMAL
                     : memattr == MEMATTR_UNCACHED ? FRAME_ATTRIBUTE_UNCACHED
                                                   : FRAME_ATTRIBUTE_DEVICE;
}

/** New entries must be visible to the table walker before they are used (D8.2.5); the ISB is the exception return. */
static void entry_write(uint64_t *entry, uint64_t value)
{
    *(volatile uint64_t *)entry = value;
    __asm__ volatile("dsb ishst" ::: "memory");
}

/** A table given back, or the next one never used: the pool is zeroed memory, nothing had to be linked at creation. */
static uint64_t *pool_take(struct vspace *vspace)
{
    uint64_t *table = (uint64_t *)vspace->free_tables;
    kassert(vspace->free_count > 0);
    vspace->free_count--;
    if (table == NULL) {
        table = (uint64_t *)vspace->arch.fresh_table;
        vspace->arch.fresh_table += PAGE_BYTES;
        return table;
    }
    vspace->free_tables = table[0];
    entry_write(&table[0], 0);
    return table;
}

void arch_vspace_init(struct vspace *vspace)
{
    vspace->arch.root = (uint64_t)vspace + PAGE_BYTES;
    vspace->arch.fresh_table = (uint64_t)vspace + 2 * PAGE_BYTES;
    vspace->free_count = vspace->table_count;
    /* The zeroes of root and pool before any entry that leads to them (D8.2.5): fresh tables are published without. */
    __asm__ volatile("dsb ishst" ::: "memory");
}

uint64_t arch_vspace_tables_needed(const struct vspace *vspace, uint64_t address, uint64_t size_bits)
{
    uint64_t *path[LEVEL_LAST + 1];
    uint64_t level = level_of_size(size_bits);
    uint64_t found = table_walk(vspace, address, level, path);
    return (*path[found] & DESC_VALID) != 0 ? UINT64_MAX : level - found;
}

/** Write an entry that was empty, and count it. */
static void entry_use(uint64_t *path[], uint64_t level, uint64_t value)
{
    kassert((*path[level] & DESC_VALID) == 0);
    entry_write(path[level], value);
    if (level > 1) {
        *path[level - 1] += TABLE_USE_ONE;
    }
}

void arch_vspace_map(struct vspace *vspace, const struct arch_mapping *mapping)
{
    uint64_t *path[LEVEL_LAST + 1];
    uint64_t level = level_of_size(mapping->size_bits);
    uint64_t at = table_walk(vspace, mapping->address, level, path);
    for (; at != level; at++) { /* bound: LEVEL_LAST - 1 */
        uint64_t *table = pool_take(vspace);
        entry_use(path, at, (uint64_t)table | DESC_TABLE);
        path[at + 1] = &table[entry_index(mapping->address, at + 1)];
    }
    entry_use(path, level, mapping_descriptor(mapping));
}

void arch_vspace_unmap(struct vspace *vspace, uint64_t address, uint64_t size_bits)
{
    uint64_t *path[LEVEL_LAST + 1];
    uint64_t level = table_walk(vspace, address, level_of_size(size_bits), path);
    kassert(level == level_of_size(size_bits) && (*path[level] & DESC_VALID) != 0);
    entry_write(path[level], 0);
    vmid_invalidate_address(vspace, address);
    for (level--; level > 0; level--) { /* bound: LEVEL_LAST - 1 */
        *path[level] -= TABLE_USE_ONE;
        if ((*path[level] & TABLE_USE_MASK) != 0) {
            return;
        }
        uint64_t *table = (uint64_t *)(*path[level] & DESC_ADDRESS);
        entry_write(path[level], 0);
        /* Walk caches may hold the entry: invalidate before the memory is reused (D8.14.5), from the pool it goes back to. */
        vmid_invalidate_address(vspace, address);
        table[0] = vspace->free_tables;
        vspace->free_tables = (uint64_t)table;
        vspace->free_count++;
    }
}

void arch_vspace_protect(struct vspace *vspace, uint64_t address, uint64_t size_bits, uint64_t rights)
{
    uint64_t *path[LEVEL_LAST + 1];
    uint64_t level = table_walk(vspace, address, level_of_size(size_bits), path);
    struct arch_mapping mapping;
    mapping_describe(*path[level], address, level, &mapping);
    mapping.rights = rights;
    /* Break before make (D8.14.1). */
    entry_write(path[level], 0);
    vmid_invalidate_address(vspace, address);
    entry_write(path[level], mapping_descriptor(&mapping));
}

/** Entries from `entry` to the end of its table that are empty. */
static uint64_t empty_run(const uint64_t *entry)
{
    uint64_t count = 0;
    uint64_t left = TABLE_ENTRIES - (uint64_t)entry / sizeof(*entry) % TABLE_ENTRIES;
    while (count < left && entry[count] == 0) { /* bound: TABLE_ENTRIES */
        count++;
    }
    return count;
}

/** Bounded: tables below the root are not empty, so after leaving the first ones each descent finds something. */
bool arch_vspace_find(const struct vspace *vspace, uint64_t address, struct arch_mapping *out)
{
    while (address < 1ul << SEL_LIMIT_ADDRESS_BITS) { /* bound: 2 * LEVEL_LAST */
        uint64_t *path[LEVEL_LAST + 1];
        uint64_t level = table_walk(vspace, address, LEVEL_LAST, path);
        if (*path[level] & DESC_VALID) {
            mapping_describe(*path[level], address, level, out);
            return true;
        }
        address = ((address >> level_bits(level)) + empty_run(path[level])) << level_bits(level);
    }
    return false;
}
