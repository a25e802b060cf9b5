/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Brings spec.bin into view: see spec_file.h. Nothing in it is believed before spec_open has checked it, but for its length, which
 * only decides how many pages are mapped.
 */
#include "roottask/spec_file.h"

#include <stddef.h>

#include "gen/abi.h"
#include "gen/sel/invocations.h"
#include "roottask/report.h"

#define PAGE_BITS  12
#define PAGE_BYTES (1u << PAGE_BITS)

/** Map page `index` of spec.bin behind the pages mapped before. `next` is its physical address. */
static bool map_page(struct boot_memory *memory, uint64_t physical, uint64_t index, uintptr_t address)
{
    struct boot_untyped *boot = boot_memory_find_address(memory, physical, false);
    uint64_t slot = memory->slot_count - 1 - index;

    if (boot == NULL || boot->next != physical) {
        report_refusal("read", "spec.bin", "the image ends within it");
        return false;
    }
    sel_err_t error = boot_untyped_take(boot, OBJECT_TYPE_FRAME, PAGE_BITS, slot, 1);
    if (!report_unless_ok(error, "make a page of", "spec.bin")) {
        return false;
    }
    error =
        sel_frame_map(slot, INITIAL_SLOT_VSPACE, address + index * PAGE_BYTES, SEL_RIGHT_READ, FRAME_ATTRIBUTE_NORMAL);
    memory->spec_first_slot = slot;
    return report_unless_ok(error, "map", "spec.bin");
}

static bool is_plausible(const struct spec_header *header)
{
    if (header->magic == SPEC_MAGIC && header->total_bytes <= SPEC_FILE_BYTES_MAX) {
        return true;
    }
    report_refusal("read", "spec.bin",
                   header->magic == SPEC_MAGIC ? "it is larger than 2 MiB"
                                               : "there is none behind the roottask's image");
    return false;
}

bool spec_file_open(struct spec *spec, struct boot_memory *memory, uintptr_t address)
{
    const struct spec_header *header = (const struct spec_header *)address;
    const struct boot_untyped *boot = boot_memory_find_spec(memory);
    struct spec_problem problem = {0};

    if (boot == NULL) {
        report_refusal("read", "spec.bin", "the image has no payload");
        return false;
    }
    uint64_t physical = boot->physical;
    if (!map_page(memory, physical, 0, address) || !is_plausible(header)) {
        return false;
    }
    uint64_t page_count = ((uint64_t)header->total_bytes + PAGE_BYTES - 1) >> PAGE_BITS;
    for (uint64_t i = 1; i < page_count; i++) {
        if (!map_page(memory, physical + i * PAGE_BYTES, i, address)) {
            return false;
        }
    }
    struct spec_limits limits = {
        .available_bytes = (page_count > 0 ? page_count : 1) * PAGE_BYTES,
        .first_free_slot = memory->first_free_slot,
        .slot_end = memory->spec_first_slot,
    };
    if (!spec_open(spec, header, &limits, &problem)) {
        report_problem(&problem);
        return false;
    }
    memory->skip_slot = spec->header->skip_slot;
    memory->skip_end = (uint64_t)spec->header->skip_slot + spec->header->skip_count;
    return true;
}
