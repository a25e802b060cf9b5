/* SPDX-License-Identifier: BSD-2-Clause */
/* See breakpoints.h. Two that lie at the same place by two virtual addresses are taken out in the reverse order. */
#include "vmm/gdb/breakpoints.h"

#include "vmm/gdb/memory.h"

enum {
    INSTRUCTION_BYTES = 4,
};

static bool locate(struct breakpoint *at, struct vmm *vmm, uint64_t address)
{
    uint32_t unused;
    *at = (struct breakpoint){.address = address};
    return address % INSTRUCTION_BYTES == 0 && gdb_memory_translate(vmm, address, &at->ipa) &&
           gdb_memory_read_page(vmm, at->ipa, &unused, sizeof(unused));
}

static size_t find(const struct breakpoints *all, uint64_t address)
{
    size_t i = 0;
    while (i < all->own_count && all->own[i].address != address) {
        i++;
    }
    return i;
}

enum breakpoint_result breakpoints_add(struct breakpoints *all, struct vmm *vmm, uint64_t address)
{
    struct breakpoint found;
    size_t i = find(all, address);
    if (!locate(&found, vmm, address)) {
        return BREAKPOINT_NOT_MEMORY;
    }
    if (i == BREAKPOINT_COUNT_MAX) {
        return BREAKPOINT_TOO_MANY;
    }
    all->own_count += i == all->own_count;
    all->own[i] = found;
    return BREAKPOINT_SET;
}

void breakpoints_remove(struct breakpoints *all, uint64_t address)
{
    size_t i = find(all, address);
    if (i < all->own_count) {
        all->own[i] = all->own[--all->own_count];
    }
}

bool breakpoints_add_step(struct breakpoints *all, struct vmm *vmm, uint64_t address)
{
    bool is_there = all->step_count < STEP_TARGET_COUNT && locate(&all->step[all->step_count], vmm, address);
    all->step_count += is_there;
    return is_there;
}

void breakpoints_end_step(struct breakpoints *all)
{
    all->step_count = 0;
}

bool breakpoints_has(const struct breakpoints *all, uint64_t address)
{
    return find(all, address) < all->own_count;
}

bool breakpoints_has_step(const struct breakpoints *all, uint64_t address)
{
    for (size_t i = 0; i < all->step_count; i++) {
        if (all->step[i].address == address) {
            return true;
        }
    }
    return false;
}

static bool lies_at(const struct breakpoint *some, size_t count, uint64_t ipa)
{
    for (size_t i = 0; i < count; i++) {
        if (some[i].ipa == ipa) {
            return true;
        }
    }
    return false;
}

bool breakpoints_lies_at(const struct breakpoints *all, uint64_t ipa)
{
    return lies_at(all->own, all->own_count, ipa) || lies_at(all->step, all->step_count, ipa);
}

static void put_in(struct breakpoint *some, size_t count, struct vmm *vmm, uint64_t except_ipa)
{
    const uint32_t instruction = BREAKPOINT_INSTRUCTION;
    for (size_t i = 0; i < count; i++) {
        struct breakpoint *each = &some[i];
        if (each->ipa != except_ipa && gdb_memory_read_page(vmm, each->ipa, &each->original, INSTRUCTION_BYTES)) {
            each->is_in = gdb_memory_write_page(vmm, each->ipa, &instruction, INSTRUCTION_BYTES);
        }
    }
}

void breakpoints_put_in(struct breakpoints *all, struct vmm *vmm, uint64_t except_ipa)
{
    put_in(all->own, all->own_count, vmm, except_ipa);
    put_in(all->step, all->step_count, vmm, BREAKPOINT_NOWHERE);
}

static void take_out(struct breakpoint *some, size_t count, struct vmm *vmm)
{
    while (count > 0) {
        struct breakpoint *each = &some[--count];
        uint32_t found = 0;
        if (each->is_in && gdb_memory_read_page(vmm, each->ipa, &found, INSTRUCTION_BYTES) &&
            found == BREAKPOINT_INSTRUCTION) {
            (void)gdb_memory_write_page(vmm, each->ipa, &each->original, INSTRUCTION_BYTES);
        }
        each->is_in = false;
    }
}

void breakpoints_take_out(struct breakpoints *all, struct vmm *vmm)
{
    take_out(all->step, all->step_count, vmm);
    take_out(all->own, all->own_count, vmm);
}

void breakpoints_forget_memory(struct breakpoints *all)
{
    for (size_t i = 0; i < all->own_count; i++) {
        all->own[i].is_in = false;
    }
    all->step_count = 0;
}
