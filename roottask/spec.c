/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Questions asked of an accepted spec.bin: see spec.h. The checks themselves are in spec_check.c.
 */
#include "roottask/spec.h"

uint32_t spec_count(const struct spec *spec, enum spec_table table)
{
    return spec->header->tables[table].count;
}

const char *spec_string(const struct spec *spec, uint32_t offset)
{
    return (const char *)spec->base + offset;
}

static const char *object_name(const struct spec *spec, uint32_t slot)
{
    for (uint32_t i = 0; i < spec_count(spec, SPEC_TABLE_OBJECT); i++) {
        const struct spec_object *row = &spec->object[i];
        if (slot - row->slot < row->count) {
            return spec_string(spec, row->name);
        }
    }
    return NULL;
}

static const char *fixed_frame_name(const struct spec *spec, uint32_t slot)
{
    for (uint32_t i = 0; i < spec_count(spec, SPEC_TABLE_FIXED_FRAME); i++) {
        const struct spec_fixed_frame *row = &spec->fixed_frame[i];
        if (slot - row->slot < row->count) {
            return spec_string(spec, row->name);
        }
    }
    return NULL;
}

static const char *irq_handler_name(const struct spec *spec, uint32_t slot)
{
    for (uint32_t i = 0; i < spec_count(spec, SPEC_TABLE_IRQ_HANDLER); i++) {
        if (spec->irq_handler[i].slot == slot) {
            return spec_string(spec, spec->irq_handler[i].name);
        }
    }
    return NULL;
}

static const char *capability_name(const struct spec *spec, uint32_t slot)
{
    for (uint32_t i = 0; i < spec_count(spec, SPEC_TABLE_CAPABILITY); i++) {
        if (spec->capability[i].cnode == 0 && spec->capability[i].index == slot) {
            return spec_string(spec, spec->capability[i].name);
        }
    }
    return NULL;
}

const char *spec_slot_name(const struct spec *spec, uint32_t slot)
{
    const char *name = object_name(spec, slot);

    if (name == NULL) {
        name = fixed_frame_name(spec, slot);
    }
    if (name == NULL) {
        name = irq_handler_name(spec, slot);
    }
    if (name == NULL) {
        name = capability_name(spec, slot);
    }
    return name != NULL ? name : "(unnamed)";
}

static bool symbol_contains(const struct spec_symbol *symbol, uint64_t address)
{
    return address >= symbol->vaddr && (symbol->size == 0 || address - symbol->vaddr < symbol->size);
}

const struct spec_symbol *spec_find_symbol(const struct spec *spec, const struct spec_thread *thread, uint64_t address)
{
    uint32_t low = thread->first_symbol;
    uint32_t high = low + thread->symbol_count;

    /* The last symbol at or below the address: the only one that can contain it. */
    while (low < high) {
        uint32_t middle = low + (high - low) / 2;
        if (spec->symbol[middle].vaddr <= address) {
            low = middle + 1;
        } else {
            high = middle;
        }
    }
    if (low == thread->first_symbol || !symbol_contains(&spec->symbol[low - 1], address)) {
        return NULL;
    }
    return &spec->symbol[low - 1];
}
