/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Comparison of capabilities: see audit.h. Mappings are compared in audit_space.c.
 * Expected is what the spec's rows say, cut down by what their sources hold in the kernel; live is what inspection reads.
 */
#include "roottask/audit.h"

#include <stddef.h>

#include "gen/abi.h"
#include "gen/sel/invocations.h"
#include "roottask/audit_line.h"
#include "roottask/give_up.h"

/** What inspection tells of one slot. */
struct live {
    uint64_t type;
    uint64_t rights;
    uint64_t badge; /* of types that have one, else 0 */
    uint64_t object;
};

/* Bits of inspection's word 0, as in a capability's first word (libsel/abi/caps.yaml). */
#define INSPECT_TYPE(word0)   ((word0) & 0x1f)
#define INSPECT_RIGHTS(word0) (((word0) >> 5) & 0xf)

static bool has_badge(uint64_t type)
{
    return type == CAP_TYPE_ENDPOINT || type == CAP_TYPE_NOTIFICATION || type == CAP_TYPE_SMC;
}

/** False if the slot cannot be read: it lies outside the CNode, or the right to look is missing. */
static bool read_slot(sel_cap_t cnode, uint64_t index, struct live *live)
{
    uint64_t word0 = 0;
    uint64_t word1 = 0;
    uint64_t size_bits = 0;

    *live = (struct live){0};
    if (sel_cnode_inspect(cnode, index, &word0, &word1, &live->object, &size_bits) != SEL_ERROR_OK) {
        return false;
    }
    live->type = INSPECT_TYPE(word0);
    live->rights = INSPECT_RIGHTS(word0);
    live->badge = has_badge(live->type) ? word1 : 0;
    return true;
}

static const struct spec_capability *expected_capability(const struct spec *spec, uint32_t cnode, uint64_t index)
{
    for (uint32_t i = 0; i < spec_count(spec, SPEC_TABLE_CAPABILITY); i++) {
        const struct spec_capability *row = &spec->capability[i];
        if (row->cnode == cnode && row->index == index && (row->flags & SPEC_AUDIT_PLANTED) == 0) {
            return row;
        }
    }
    return NULL;
}

/** Name of the object that a live capability names, by looking for it among the own slots. */
static const char *object_name(const struct spec *spec, uint64_t object)
{
    struct live own;

    for (uint32_t slot = 1; slot < spec->header->slots_end; slot++) {
        if (read_slot(INITIAL_SLOT_CNODE, slot, &own) && own.type != CAP_TYPE_NULL && own.object == object) {
            return spec_slot_name(spec, slot);
        }
    }
    return "(unnamed)";
}

/** A moved capability left nothing to compare with but the kind of object that the spec made in its old slot. */
static void compare_moved(struct audit *audit, struct audit_place place, const struct spec_capability *row,
                          const struct live *live)
{
    const struct spec *spec = audit->spec;

    for (uint32_t i = 0; i < spec_count(spec, SPEC_TABLE_OBJECT); i++) {
        const struct spec_object *object = &spec->object[i];
        if (row->source >= object->slot && row->source - object->slot < object->count && live->type != object->type) {
            audit_say_capability(audit, place, "other object", live->type, object_name(spec, live->object),
                                 live->rights);
        }
    }
}

static void compare_with_row(struct audit *audit, struct audit_place place, const struct spec_capability *row,
                             const struct live *live)
{
    const char *name = spec_string(audit->spec, row->name);
    struct live source;

    if (live->type == CAP_TYPE_NULL) {
        audit_say(audit, place, "missing capability", name);
        return;
    }
    audit->capability_count++;
    if ((row->flags & SPEC_CAPABILITY_MOVE) != 0) {
        compare_moved(audit, place, row, live);
        return;
    }
    if (!read_slot(INITIAL_SLOT_CNODE, row->source, &source) || live->type != source.type ||
        live->object != source.object) {
        audit_say_capability(audit, place, "other object", live->type, object_name(audit->spec, live->object),
                             live->rights);
        return;
    }
    uint64_t badge = row->badge != 0 ? row->badge : source.badge;
    uint64_t rights = row->rights & source.rights;
    if (live->badge != badge) {
        audit_say_capability(audit, place, "other badge", live->type, name, live->rights);
    }
    if ((live->rights & ~rights) != 0) {
        audit_say_capability(audit, place, "wider right", live->type, name, live->rights & ~rights);
    }
    if ((rights & ~live->rights) != 0) {
        audit_say_capability(audit, place, "narrower right", live->type, name, rights & ~live->rights);
    }
}

static void audit_slot(struct audit *audit, struct audit_place place, uint32_t cnode)
{
    const struct spec_capability *row = expected_capability(audit->spec, cnode, place.position);
    struct live live;

    if (!read_slot(cnode, place.position, &live)) {
        audit_say(audit, place, "cannot be read", "");
    } else if (row != NULL) {
        compare_with_row(audit, place, row, &live);
    } else if (live.type != CAP_TYPE_NULL) {
        audit->capability_count++;
        audit_say_capability(audit, place, "extra capability", live.type, object_name(audit->spec, live.object),
                             live.rights);
    }
}

static void audit_cnode(struct audit *audit, uint32_t cnode, uint32_t size_bits)
{
    struct audit_place place = {.owner = audit_owner_of_cspace(audit->spec, cnode), .what = "slot"};
    uint64_t slot_count = (1ull << size_bits) / SEL_LIMIT_SLOT_BYTES;

    for (place.position = 1; place.position < slot_count; place.position++) {
        audit_slot(audit, place, cnode);
    }
}

void audit_system(struct audit *audit, const struct spec *spec)
{
    *audit = (struct audit){.spec = spec};
    for (uint32_t i = 0; i < spec_count(spec, SPEC_TABLE_OBJECT); i++) {
        const struct spec_object *row = &spec->object[i];
        for (uint32_t k = 0; k < row->count; k++) {
            if (row->type == OBJECT_TYPE_CNODE) {
                audit_cnode(audit, row->slot + k, row->size_bits);
            } else if (row->type == OBJECT_TYPE_VSPACE || row->type == OBJECT_TYPE_VSPACE_GUEST) {
                audit_space(audit, row->slot + k);
            }
        }
    }
}

static bool is_expected_own(const struct spec *spec, const struct boot_memory *memory, uint64_t slot)
{
    if (slot < memory->first_free_slot) {
        return give_up_keeps_initial(spec, slot);
    }
    if (slot >= spec->header->slots_end) {
        return slot >= memory->spec_first_slot; /* the pages of spec.bin, the names in fault reports */
    }
    return give_up_leaves(spec, slot);
}

void audit_own(struct audit *audit, const struct boot_memory *memory)
{
    const struct spec *spec = audit->spec;
    struct audit_place place = {.owner = "roottask", .what = "slot"};
    struct live live;

    for (place.position = 1; place.position < memory->slot_count; place.position++) {
        bool is_expected = is_expected_own(spec, memory, place.position);
        bool is_present = read_slot(INITIAL_SLOT_CNODE, place.position, &live) && live.type != CAP_TYPE_NULL;
        audit->capability_count += is_present;
        if (is_present && !is_expected) {
            audit_say_capability(audit, place, "extra capability", live.type,
                                 spec_slot_name(spec, (uint32_t)place.position), live.rights);
        } else if (!is_present && is_expected) {
            audit_say(audit, place, "missing capability", spec_slot_name(spec, (uint32_t)place.position));
        }
    }
    audit_say_total(audit);
}
