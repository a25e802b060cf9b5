/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * See table_walk.h. Follows the guest's tables as D8.2 describes, at most four levels, reading only the guest's RAM. Registers and
 * tables are the guest's and may be anything: every shift is bounded, a walk that makes no sense ends with -1.
 */
#include "vmm/arch/table_walk.h"

#include <string.h>

#include "gen/abi.h"
#include "vmm/bits.h"
#include "vmm/services.h"
#include "vmm/vmm.h"

enum {
    SIZE_OFFSET_MIN = 16,
    SIZE_OFFSET_MAX = 39,
    DESCRIPTOR_TABLE = 3,
    LEVEL_LAST = 3,
};

static const uint64_t no_table = ~0ull; /* of none: the walk goes on to the first that is not RAM */

struct walk {
    uint64_t table;
    unsigned granule_bits;
    unsigned input_bits;
};

/* TG0 and TG1 encode the same three granules differently; 0 for the reserved value. */
static unsigned granule_bits(uint64_t tcr, bool is_upper)
{
    static const uint8_t lower[4] = {12, 16, 14, 0};
    static const uint8_t upper[4] = {0, 14, 12, 16};
    return is_upper ? upper[bits_get(tcr, 30, 2)] : lower[bits_get(tcr, 14, 2)];
}

static bool walk_start(struct walk *walk, uint64_t address)
{
    uint64_t tcr = services_read_vcpu_register(VCPU_REG_TCR_EL1);
    bool is_upper = bits_get(address, 55, 1);
    unsigned size_offset = (unsigned)bits_get(tcr, is_upper ? 16 : 0, 6);
    uint64_t base = services_read_vcpu_register(is_upper ? VCPU_REG_TTBR1_EL1 : VCPU_REG_TTBR0_EL1);
    walk->granule_bits = granule_bits(tcr, is_upper);
    walk->input_bits = 64 - size_offset;
    walk->table = bits_get(base, 1, 47) << 1;
    return walk->granule_bits != 0 && size_offset >= SIZE_OFFSET_MIN && size_offset <= SIZE_OFFSET_MAX;
}

/* Address bits below those that index the table at `level`. */
static unsigned shift_at(const struct walk *walk, int level)
{
    return walk->granule_bits + (unsigned)(LEVEL_LAST - level) * (walk->granule_bits - 3);
}

static int first_level(const struct walk *walk)
{
    int level = LEVEL_LAST;
    while (level > 0 && shift_at(walk, level) + walk->granule_bits - 3 < walk->input_bits) {
        level--;
    }
    return level;
}

static bool read_descriptor(struct vmm *vmm, uint64_t at, uint64_t *descriptor)
{
    const void *bytes = ram_reach(&vmm->ram, at, sizeof(*descriptor));
    if (bytes != NULL) {
        memcpy(descriptor, bytes, sizeof(*descriptor));
    }
    return bytes != NULL;
}

int table_walk_level(struct vmm *vmm, uint64_t address, uint64_t table)
{
    struct walk walk;
    if (!walk_start(&walk, address)) {
        return -1;
    }
    unsigned top = walk.input_bits;
    for (int level = first_level(&walk); level <= LEVEL_LAST; level++) {
        unsigned shift = shift_at(&walk, level);
        uint64_t index = shift < top ? bits_get(address, shift, top - shift) : 0;
        uint64_t at = walk.table + index * sizeof(uint64_t);
        uint64_t descriptor;
        if (at >> 12 == table >> 12) {
            return level;
        }
        if (!read_descriptor(vmm, at, &descriptor)) {
            return table == no_table ? level : -1;
        }
        if ((descriptor & DESCRIPTOR_TABLE) != DESCRIPTOR_TABLE) {
            return -1;
        }
        walk.table = bits_get(descriptor, walk.granule_bits, 48 - walk.granule_bits) << walk.granule_bits;
        top = shift;
    }
    return -1;
}

int table_walk_reach(struct vmm *vmm, uint64_t address)
{
    return table_walk_level(vmm, address, no_table);
}
