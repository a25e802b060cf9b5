/* SPDX-License-Identifier: BSD-2-Clause */
/* See memory.h. Frames are whole pages of 4 KiB or more: what is within a page is within a Frame. */
#include "vmm/gdb/memory.h"

#include <string.h>

#include "vmm/arch/table_walk.h"
#include "vmm/gdb/services.h"
#include "vmm/services.h"
#include "vmm/vmm.h"

enum {
    PAGE_BYTES = 4096,
    PAR_IS_STAGE_2 = 1 << 9, /* S: the walk's own access faulted (DDI 0487, D17.2.115) */
};

bool gdb_memory_translate(struct vmm *vmm, uint64_t address, uint64_t *ipa)
{
    uint64_t fault;
    if (services_translate(address, false, false, ipa, &fault)) {
        return true;
    }
    if ((fault & PAR_IS_STAGE_2) == 0) {
        return false;
    }
    /* Tables in RAM that the guest has not touched yet. */
    (void)table_walk_reach(vmm, address);
    return services_translate(address, false, false, ipa, &fault);
}

bool gdb_memory_read_page(struct vmm *vmm, uint64_t ipa, void *bytes, size_t size)
{
    const void *at = ram_reach(&vmm->ram, ipa, 1);
    if (at != NULL) {
        memcpy(bytes, at, size);
    }
    return at != NULL;
}

/* The guest may fetch what was written, or have its caches off. */
static void unify(const struct sel_guest *guest, uint64_t ipa, size_t size)
{
    services_clean_cache(ipa, size);
    for (uint32_t i = 0; i < guest->ram_run_count; i++) {
        const struct sel_ram_run *run = &guest->ram_runs[i];
        uint64_t offset = ipa - run->address;
        if (ipa >= run->address && offset >> run->size_bits < run->count) {
            uint64_t mask = (1ull << run->size_bits) - 1;
            gdb_services_unify(run->first_cap + (offset >> run->size_bits), offset & mask, size);
        }
    }
}

bool gdb_memory_write_page(struct vmm *vmm, uint64_t ipa, const void *bytes, size_t size)
{
    void *at = ram_reach(&vmm->ram, ipa, 1);
    if (at != NULL) {
        memcpy(at, bytes, size);
        unify(vmm->guest, ipa, size);
    }
    return at != NULL;
}

static size_t rest_of_page(uint64_t address, size_t size)
{
    size_t rest = PAGE_BYTES - address % PAGE_BYTES;
    return rest < size ? rest : size;
}

size_t gdb_memory_read(struct vmm *vmm, uint64_t address, uint8_t *bytes, size_t size)
{
    size_t done = 0;
    uint64_t ipa;
    while (done < size) {
        size_t part = rest_of_page(address + done, size - done);
        if (!gdb_memory_translate(vmm, address + done, &ipa) || !gdb_memory_read_page(vmm, ipa, &bytes[done], part)) {
            break;
        }
        done += part;
    }
    return done;
}

size_t gdb_memory_write(struct vmm *vmm, uint64_t address, const uint8_t *bytes, size_t size)
{
    size_t done = 0;
    uint64_t ipa;
    while (done < size) {
        size_t part = rest_of_page(address + done, size - done);
        if (!gdb_memory_translate(vmm, address + done, &ipa) || !gdb_memory_write_page(vmm, ipa, &bytes[done], part)) {
            break;
        }
        done += part;
    }
    return done;
}
