/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Comparison of mappings: see audit.h. One walk over what is mapped finds extra, other and wider mappings,
 * one over what the spec says finds missing ones.
 */
#include <stddef.h>

#include "gen/abi.h"
#include "gen/sel/invocations.h"
#include "roottask/audit_line.h"

/* Inspection of a VSpace gives the rights in the low bits, the memory attribute in bits 8..9. */
#define INSPECT_RIGHTS(rights)    ((rights) & 0xf)
#define INSPECT_ATTRIBUTE(rights) (((rights) >> 8) & 3)

struct live_mapping {
    uint64_t address;
    uint64_t physical;
    uint64_t size_bits;
    uint64_t rights;
};

/** The first mapping at or above `address`. */
static bool read_mapping(uint32_t vspace, uint64_t address, struct live_mapping *live)
{
    return sel_vspace_inspect(vspace, address, &live->address, &live->physical, &live->size_bits, &live->rights) ==
           SEL_ERROR_OK;
}

static const struct spec_mapping *expected_mapping(const struct spec *spec, uint32_t vspace, uint64_t address)
{
    for (uint32_t i = 0; i < spec_count(spec, SPEC_TABLE_MAPPING); i++) {
        const struct spec_mapping *row = &spec->mapping[i];
        uint64_t bytes = (uint64_t)row->count << row->size_bits;
        if (row->vspace_slot == vspace && (row->flags & SPEC_AUDIT_PLANTED) == 0 && address >= row->vaddr &&
            address - row->vaddr < bytes) {
            return row;
        }
    }
    return NULL;
}

static void compare_with_row(struct audit *audit, struct audit_place place, const struct spec_mapping *row,
                             const struct live_mapping *live)
{
    uint64_t index = (live->address - row->vaddr) >> row->size_bits;
    uint32_t slot = row->frame_slot + (uint32_t)index;
    const char *name = spec_slot_name(audit->spec, slot);
    uint64_t rights = INSPECT_RIGHTS(live->rights);
    uint64_t physical = 0;
    uint64_t size_bits = 0;

    if (sel_frame_address(slot, &physical, &size_bits) != SEL_ERROR_OK || physical != live->physical ||
        size_bits != live->size_bits) {
        audit_say_mapping(audit, place, "mapping of other memory than", name, rights);
        return;
    }
    if (INSPECT_ATTRIBUTE(live->rights) != row->attribute) {
        audit_say_mapping(audit, place, "mapping with another memory attribute", name, rights);
    }
    if ((rights & ~(uint64_t)row->rights) != 0) {
        audit_say_mapping(audit, place, "wider right of mapping", name, rights & ~(uint64_t)row->rights);
    }
    if ((row->rights & ~rights) != 0) {
        audit_say_mapping(audit, place, "narrower right of mapping", name, row->rights & ~rights);
    }
}

/** Name of the memory at a physical address, by the Frames the spec maps anywhere. */
static const char *memory_name(const struct spec *spec, uint64_t wanted)
{
    uint64_t physical = 0;
    uint64_t size_bits = 0;

    for (uint32_t i = 0; i < spec_count(spec, SPEC_TABLE_MAPPING); i++) {
        const struct spec_mapping *row = &spec->mapping[i];
        for (uint32_t slot = row->frame_slot; slot < row->frame_slot + row->count; slot++) {
            if (sel_frame_address(slot, &physical, &size_bits) == SEL_ERROR_OK && physical == wanted) {
                return spec_slot_name(spec, slot);
            }
        }
    }
    return "of unknown memory";
}

static void audit_live_mappings(struct audit *audit, struct audit_place place, uint32_t vspace)
{
    struct live_mapping live;
    uint64_t next = 0;

    while (read_mapping(vspace, next, &live) && live.address >= next) {
        const struct spec_mapping *row = expected_mapping(audit->spec, vspace, live.address);
        place.position = live.address;
        audit->mapping_count++;
        if (row == NULL) {
            audit_say_mapping(audit, place, "extra mapping", memory_name(audit->spec, live.physical),
                              INSPECT_RIGHTS(live.rights));
        } else {
            compare_with_row(audit, place, row, &live);
        }
        next = live.address + (1ull << live.size_bits);
    }
}

static void audit_missing_mappings(struct audit *audit, struct audit_place place, uint32_t vspace,
                                   const struct spec_mapping *row)
{
    struct live_mapping live;

    for (uint32_t i = 0; i < row->count; i++) {
        place.position = row->vaddr + ((uint64_t)i << row->size_bits);
        if (!read_mapping(vspace, place.position, &live) || live.address != place.position) {
            audit_say(audit, place, "missing mapping", spec_slot_name(audit->spec, row->frame_slot + i));
        }
    }
}

void audit_space(struct audit *audit, uint32_t vspace)
{
    const struct spec *spec = audit->spec;
    struct audit_place place = {.owner = audit_owner_of_vspace(spec, vspace), .what = "address"};

    audit_live_mappings(audit, place, vspace);
    for (uint32_t i = 0; i < spec_count(spec, SPEC_TABLE_MAPPING); i++) {
        const struct spec_mapping *row = &spec->mapping[i];
        bool is_required = (row->flags & (SPEC_AUDIT_PLANTED | SPEC_MAPPING_ON_DEMAND)) == 0;
        if (row->vspace_slot == vspace && is_required) {
            audit_missing_mappings(audit, place, vspace, row);
        }
    }
}
