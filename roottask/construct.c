/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Executes a compiled spec: see construct.h.
 * Invariant: rows are executed in the order of their table, so that what a row names exists already.
 */
#include "roottask/construct.h"

#include <string.h>

#include "gen/abi.h"
#include "roottask/report.h"

#define PAGE_BYTES 4096u

static void report_no_memory(const char *part, uint32_t size_bits)
{
    char bytes[160];
    struct sel_text reason = sel_text_start(bytes, sizeof(bytes));
    sel_text_string(&reason, "no piece of RAM of 2^");
    sel_text_decimal(&reason, size_bits);
    sel_text_string(&reason, " bytes is left; give the machine more memory or the spec less");
    report_refusal("make the memory of", part, bytes);
}

static bool construct_untypeds(const struct spec *spec, struct boot_memory *memory)
{
    for (uint32_t i = 0; i < spec_count(spec, SPEC_TABLE_UNTYPED); i++) {
        const struct spec_untyped *row = &spec->untyped[i];
        const char *part = spec_string(spec, spec->part[row->part].name);
        struct boot_untyped *boot = boot_memory_find_ram(memory, row->size_bits);
        if (boot == NULL) {
            report_no_memory(part, row->size_bits);
            return false;
        }
        sel_err_t error = boot_untyped_take(boot, OBJECT_TYPE_UNTYPED, row->size_bits, row->slot, 1);
        if (!report_unless_ok(error, "make the memory of", part)) {
            return false;
        }
    }
    return true;
}

static bool construct_object_row(const struct spec *spec, const struct spec_object *row)
{
    sel_cap_t untyped = spec->untyped[row->untyped].slot;

    for (uint32_t made = 0; made < row->count;) {
        uint32_t left = row->count - made;
        uint32_t count = left < SEL_LIMIT_RETYPE_COUNT_MAX ? left : SEL_LIMIT_RETYPE_COUNT_MAX;
        sel_err_t error = sel_untyped_retype(untyped, row->type, row->size_bits, INITIAL_SLOT_CNODE,
                                             (uint64_t)row->slot + made, count);
        if (!report_unless_ok(error, "make", spec_string(spec, row->name))) {
            return false;
        }
        made += count;
    }
    return true;
}

bool construct_objects(const struct spec *spec, struct boot_memory *memory)
{
    if (!construct_untypeds(spec, memory)) {
        return false;
    }
    for (uint32_t i = 0; i < spec_count(spec, SPEC_TABLE_OBJECT); i++) {
        if (!construct_object_row(spec, &spec->object[i])) {
            return false;
        }
    }
    return true;
}

/** Make as many of the Frames from `physical` on as lie in one boot Untyped; 0 = none, the reason was said. */
static uint32_t construct_frame_run(const struct spec *spec, struct boot_memory *memory,
                                    const struct spec_fixed_frame *row, uint64_t physical, uint32_t made)
{
    const char *name = spec_string(spec, row->name);
    struct boot_untyped *boot = boot_memory_find_address(memory, physical, row->kind == SPEC_FIXED_DEVICE);

    if (boot == NULL || boot->end - physical < 1ull << row->size_bits) {
        report_refusal("make", name, "the kernel gave no such memory at its address");
        return 0;
    }
    if (!report_unless_ok(boot_memory_skip_to(memory, boot, physical), "reach the address of", name)) {
        return 0;
    }
    if (boot->next != physical) {
        report_refusal("reach the address of", name, "the spec has too few slots for the gaps before it");
        return 0;
    }
    uint64_t room = (boot->end - physical) >> row->size_bits;
    uint64_t count = row->count - made;
    count = count < room ? count : room;
    count = count < SEL_LIMIT_RETYPE_COUNT_MAX ? count : SEL_LIMIT_RETYPE_COUNT_MAX;
    sel_err_t error = boot_untyped_take(boot, OBJECT_TYPE_FRAME, row->size_bits, (uint64_t)row->slot + made, count);
    return report_unless_ok(error, "make", name) ? (uint32_t)count : 0;
}

bool construct_fixed_frames(const struct spec *spec, struct boot_memory *memory)
{
    for (uint32_t i = 0; i < spec_count(spec, SPEC_TABLE_FIXED_FRAME); i++) {
        const struct spec_fixed_frame *row = &spec->fixed_frame[i];
        uint64_t base = row->kind == SPEC_FIXED_PAYLOAD ? memory->payload_physical : 0;
        for (uint32_t made = 0; made < row->count;) {
            uint64_t physical = base + row->address + ((uint64_t)made << row->size_bits);
            uint32_t count = construct_frame_run(spec, memory, row, physical, made);
            if (count == 0) {
                return false;
            }
            made += count;
        }
    }
    return true;
}

static bool construct_capability_row(const struct spec *spec, const struct spec_capability *row)
{
    sel_cap_t cnode = row->cnode == 0 ? INITIAL_SLOT_CNODE : row->cnode;
    uint64_t rights = (row->flags & SPEC_AUDIT_WIDENED) != 0
                          ? SEL_RIGHT_READ | SEL_RIGHT_WRITE | SEL_RIGHT_GRANT | SEL_RIGHT_EXECUTE
                          : row->rights;

    if ((row->flags & SPEC_AUDIT_OMITTED) != 0) {
        return true;
    }
    sel_err_t error = SEL_ERROR_OK;
    if ((row->flags & SPEC_CAPABILITY_MOVE) != 0) {
        error = sel_cnode_move(cnode, row->index, INITIAL_SLOT_CNODE, row->source);
    } else if (row->badge == 0) {
        error = sel_cnode_copy(cnode, row->index, INITIAL_SLOT_CNODE, row->source, rights);
    } else {
        error = sel_cnode_mint(cnode, row->index, INITIAL_SLOT_CNODE, row->source, rights, row->badge);
    }
    return report_unless_ok(error, "give", spec_string(spec, row->name));
}

bool construct_capabilities(const struct spec *spec)
{
    for (uint32_t i = 0; i < spec_count(spec, SPEC_TABLE_IRQ_HANDLER); i++) {
        const struct spec_irq_handler *row = &spec->irq_handler[i];
        sel_err_t error =
            sel_irq_control_get(INITIAL_SLOT_IRQ_CONTROL, row->intid, row->trigger, INITIAL_SLOT_CNODE, row->slot);
        if (!report_unless_ok(error, "get the interrupt", spec_string(spec, row->name))) {
            return false;
        }
    }
    for (uint32_t i = 0; i < spec_count(spec, SPEC_TABLE_CAPABILITY); i++) {
        if (!construct_capability_row(spec, &spec->capability[i])) {
            return false;
        }
    }
    return true;
}

static bool copy_page(const struct spec *spec, const struct window *window, sel_cap_t source, sel_cap_t target,
                      uint32_t length)
{
    const char *name = spec_slot_name(spec, (uint32_t)target);
    sel_err_t error =
        sel_frame_map(source, INITIAL_SLOT_VSPACE, window->source, SEL_RIGHT_READ, FRAME_ATTRIBUTE_NORMAL);

    if (!report_unless_ok(error, "read the contents of", name)) {
        return false;
    }
    error = sel_frame_map(target, INITIAL_SLOT_VSPACE, window->target, SEL_RIGHT_READ | SEL_RIGHT_WRITE,
                          FRAME_ATTRIBUTE_NORMAL);
    if (!report_unless_ok(error, "fill", name)) {
        return false;
    }
    memcpy((void *)window->target, (const void *)window->source, length);
    return report_unless_ok(sel_frame_unmap(target), "unmap", name) &&
           report_unless_ok(sel_frame_unmap(source), "unmap the contents of", name);
}

bool construct_contents(const struct spec *spec, const struct window *window)
{
    for (uint32_t i = 0; i < spec_count(spec, SPEC_TABLE_COPY); i++) {
        const struct spec_copy *row = &spec->copy[i];
        for (uint32_t page = 0; page * (uint64_t)PAGE_BYTES < row->length; page++) {
            uint32_t left = row->length - page * PAGE_BYTES;
            uint32_t length = left < PAGE_BYTES ? left : PAGE_BYTES;
            if (!copy_page(spec, window, row->source_slot + page, row->frame_slot + page, length)) {
                return false;
            }
        }
    }
    return true;
}

static bool construct_mapping_row(const struct spec *spec, const struct spec_mapping *row)
{
    uint64_t rights = row->rights;

    if ((row->flags & (SPEC_AUDIT_OMITTED | SPEC_MAPPING_ON_DEMAND)) != 0) {
        return true;
    }
    if ((row->flags & SPEC_AUDIT_WIDENED) != 0) {
        rights |= SEL_RIGHT_WRITE;
    }
    for (uint32_t i = 0; i < row->count; i++) {
        uint64_t address = row->vaddr + ((uint64_t)i << row->size_bits);
        sel_err_t error = sel_frame_map(row->frame_slot + i, row->vspace_slot, address, rights, row->attribute);
        if (!report_unless_ok(error, "map", spec_slot_name(spec, row->frame_slot))) {
            return false;
        }
    }
    return true;
}

bool construct_mappings(const struct spec *spec)
{
    for (uint32_t i = 0; i < spec_count(spec, SPEC_TABLE_MAPPING); i++) {
        if (!construct_mapping_row(spec, &spec->mapping[i])) {
            return false;
        }
    }
    return true;
}
