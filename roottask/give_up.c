/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * What the roottask keeps and what it deletes: see give_up.h.
 */
#include "roottask/give_up.h"

#include <stddef.h>

#include "gen/abi.h"
#include "gen/sel/invocations.h"
#include "roottask/report.h"

static bool delete_slot(uint64_t slot, const char *name)
{
    return report_unless_ok(sel_cnode_delete(INITIAL_SLOT_CNODE, slot), "give up", name);
}

bool give_up_keeps_initial(const struct spec *spec, uint64_t slot)
{
    static const uint8_t body[] = {INITIAL_SLOT_CNODE,         INITIAL_SLOT_TCB,     INITIAL_SLOT_VSPACE,
                                   INITIAL_SLOT_SCHED_CONTEXT, INITIAL_SLOT_CONSOLE, INITIAL_SLOT_BUFFER_FRAME};

    for (size_t i = 0; i < sizeof(body); i++) {
        if (body[i] == slot) {
            return true;
        }
    }
    return slot == spec->header->power_off_slot;
}

static bool is_made(const struct spec *spec, uint64_t slot)
{
    for (uint32_t i = 0; i < spec_count(spec, SPEC_TABLE_UNTYPED); i++) {
        if (spec->untyped[i].slot == slot) {
            return true;
        }
    }
    for (uint32_t i = 0; i < spec_count(spec, SPEC_TABLE_OBJECT); i++) {
        if (slot >= spec->object[i].slot && slot - spec->object[i].slot < spec->object[i].count) {
            return true;
        }
    }
    for (uint32_t i = 0; i < spec_count(spec, SPEC_TABLE_FIXED_FRAME); i++) {
        if (slot >= spec->fixed_frame[i].slot && slot - spec->fixed_frame[i].slot < spec->fixed_frame[i].count) {
            return true;
        }
    }
    for (uint32_t i = 0; i < spec_count(spec, SPEC_TABLE_IRQ_HANDLER); i++) {
        if (spec->irq_handler[i].slot == slot) {
            return true;
        }
    }
    for (uint32_t i = 0; i < spec_count(spec, SPEC_TABLE_CAPABILITY); i++) {
        if (spec->capability[i].cnode == 0 && spec->capability[i].index == slot) {
            return true;
        }
    }
    return false;
}

static bool is_moved(const struct spec *spec, uint64_t slot)
{
    for (uint32_t i = 0; i < spec_count(spec, SPEC_TABLE_CAPABILITY); i++) {
        if ((spec->capability[i].flags & SPEC_CAPABILITY_MOVE) != 0 && spec->capability[i].source == slot) {
            return true;
        }
    }
    return false;
}

bool give_up_leaves(const struct spec *spec, uint64_t slot)
{
    for (uint32_t i = 0; i < spec_count(spec, SPEC_TABLE_GIVE_UP); i++) {
        if (spec->give_up[i].slot == slot) {
            return false;
        }
    }
    return is_made(spec, slot) && !is_moved(spec, slot);
}

bool give_up(const struct spec *spec, const struct boot_memory *memory)
{
    for (uint32_t i = 0; i < spec_count(spec, SPEC_TABLE_GIVE_UP); i++) {
        uint32_t slot = spec->give_up[i].slot;
        if (!delete_slot(slot, spec_slot_name(spec, slot))) {
            return false;
        }
    }
    for (uint32_t i = 0; i < spec->header->skip_count; i++) {
        if (!delete_slot(spec->header->skip_slot + (uint64_t)i, "memory between given addresses")) {
            return false;
        }
    }
    /* The initial capabilities last: the boot Untypeds and the makers are what everything above was made with. */
    for (uint64_t slot = 1; slot < memory->first_free_slot; slot++) {
        if (!give_up_keeps_initial(spec, slot) && !delete_slot(slot, "an initial capability")) {
            return false;
        }
    }
    return true;
}
