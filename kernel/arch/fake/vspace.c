/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Address spaces of the fake machine: three levels of 512 entries (1G, 2M, 4K) over 39 bits, in the tables that the VSpace's
 * pool gives, so that pool arithmetic and refusals are those of the real ones. There is no TLB to forget.
 */
#include "kernel/object/vspace.h"

#include <stddef.h>
#include <string.h>

#include "kernel/arch/arch.h"
#include "kernel/debug/panic.h"

#define TABLE_BYTES   4096
#define TABLE_ENTRIES 512
#define LEVEL_BITS    9
#define TOP_BITS      30

/* An entry: bit 0 valid, bit 1 table, rights in 5:2, attribute in 7:6, address from bit 12. */
#define ENTRY_VALID           1ul
#define ENTRY_TABLE           2ul
#define ENTRY_RIGHTS_SHIFT    2
#define ENTRY_RIGHTS_MASK     0x3cul
#define ENTRY_ATTRIBUTE_SHIFT 6
#define ENTRY_ADDRESS_MASK    (~0xffful)

static uint64_t *table_at(uint64_t address)
{
    return (uint64_t *)(address & ENTRY_ADDRESS_MASK);
}

static uint64_t entry_index(uint64_t address, uint64_t level_bits)
{
    return (address >> level_bits) % TABLE_ENTRIES;
}

static bool is_table(uint64_t entry)
{
    return (entry & ENTRY_TABLE) != 0;
}

static uint64_t table_take(struct vspace *vspace)
{
    uint64_t table = vspace->free_tables;
    kassert(table != 0);
    vspace->free_tables = *(uint64_t *)table;
    vspace->free_count--;
    memset((void *)table, 0, TABLE_BYTES);
    return table;
}

static void table_give_back(struct vspace *vspace, uint64_t table)
{
    *(uint64_t *)table = vspace->free_tables;
    vspace->free_tables = table;
    vspace->free_count++;
}

static bool table_is_empty(const uint64_t *table)
{
    for (unsigned int i = 0; i < TABLE_ENTRIES; i++) {
        if (table[i] != 0) {
            return false;
        }
    }
    return true;
}

void arch_vspace_init(struct vspace *vspace)
{
    vspace->arch.root = (uint64_t)vspace + TABLE_BYTES;
    vspace->arch.is_dead = false;
    for (uint64_t i = 0; i < vspace->table_count; i++) {
        table_give_back(vspace, vspace->arch.root + (i + 1) * TABLE_BYTES);
    }
}

uint64_t arch_vspace_tables_needed(const struct vspace *vspace, uint64_t address, uint64_t size_bits)
{
    uint64_t level_bits = TOP_BITS;
    uint64_t entry = table_at(vspace->arch.root)[entry_index(address, level_bits)];
    while (is_table(entry) && level_bits > size_bits) {
        level_bits -= LEVEL_BITS;
        entry = table_at(entry)[entry_index(address, level_bits)];
    }
    return entry != 0 ? UINT64_MAX : (level_bits - size_bits) / LEVEL_BITS;
}

void arch_vspace_map(struct vspace *vspace, const struct arch_mapping *mapping)
{
    uint64_t *table = table_at(vspace->arch.root);
    for (uint64_t level_bits = TOP_BITS; level_bits > mapping->size_bits; level_bits -= LEVEL_BITS) {
        uint64_t *entry = &table[entry_index(mapping->address, level_bits)];
        if (*entry == 0) {
            *entry = table_take(vspace) | ENTRY_VALID | ENTRY_TABLE;
        }
        table = table_at(*entry);
    }
    table[entry_index(mapping->address, mapping->size_bits)] =
        mapping->physical | mapping->rights << ENTRY_RIGHTS_SHIFT | mapping->attribute << ENTRY_ATTRIBUTE_SHIFT |
        ENTRY_VALID;
}

/** The entries that lead to the mapping, from the root on; returns how many. */
static unsigned int walk(const struct vspace *vspace, uint64_t address, uint64_t size_bits, uint64_t *entries[3])
{
    unsigned int count = 0;
    uint64_t *table = table_at(vspace->arch.root);
    for (uint64_t level_bits = TOP_BITS; level_bits >= size_bits; level_bits -= LEVEL_BITS) {
        entries[count] = &table[entry_index(address, level_bits)];
        table = table_at(*entries[count]);
        count++;
    }
    return count;
}

void arch_vspace_unmap(struct vspace *vspace, uint64_t address, uint64_t size_bits)
{
    uint64_t *entries[3];
    unsigned int count = walk(vspace, address, size_bits, entries);
    kassert(*entries[count - 1] != 0 && !is_table(*entries[count - 1]));
    *entries[count - 1] = 0;
    for (unsigned int i = count - 1; i > 0; i--) {
        uint64_t table = *entries[i - 1] & ENTRY_ADDRESS_MASK;
        if (!table_is_empty(table_at(table))) {
            return;
        }
        *entries[i - 1] = 0;
        table_give_back(vspace, table);
    }
}

void arch_vspace_protect(struct vspace *vspace, uint64_t address, uint64_t size_bits, uint64_t rights)
{
    uint64_t *entries[3] = {NULL};
    uint64_t *entry = entries[walk(vspace, address, size_bits, entries) - 1];
    kassert(entry != NULL && *entry != 0 && !is_table(*entry));
    *entry = (*entry & ~ENTRY_RIGHTS_MASK) | rights << ENTRY_RIGHTS_SHIFT;
}

bool arch_vspace_find(const struct vspace *vspace, uint64_t address, struct arch_mapping *out)
{
    while (address < 1ul << SEL_LIMIT_ADDRESS_BITS) {
        uint64_t level_bits = TOP_BITS;
        uint64_t entry = table_at(vspace->arch.root)[entry_index(address, level_bits)];
        while (is_table(entry)) {
            level_bits -= LEVEL_BITS;
            entry = table_at(entry)[entry_index(address, level_bits)];
        }
        uint64_t start = address >> level_bits << level_bits;
        if (entry != 0) {
            *out = (struct arch_mapping){
                .address = start,
                .physical = entry & ENTRY_ADDRESS_MASK,
                .size_bits = level_bits,
                .rights = (entry & ENTRY_RIGHTS_MASK) >> ENTRY_RIGHTS_SHIFT,
                .attribute = entry >> ENTRY_ATTRIBUTE_SHIFT & 3,
            };
            return true;
        }
        address = start + (1ul << level_bits);
    }
    return false;
}

void arch_vspace_destroy(struct vspace *vspace)
{
    vspace->arch.is_dead = true;
    vspace->arch.has_id = false;
}
