/* SPDX-License-Identifier: BSD-2-Clause */
/* See ram.h. */
#include "vmm/ram.h"

#include "vmm/load.h"
#include "vmm/services.h"

enum {
    BITS = 64,
};

/* One Frame: its address, its size in bits, its capability, its place in the bitmap. */
struct frame {
    uint64_t address;
    uint64_t cap;
    uint32_t size_bits;
    uint32_t index;
};

const char *ram_check(const struct sel_guest *guest)
{
    uint64_t end = guest->ram_base;
    uint64_t count = 0;
    for (uint32_t i = 0; i < guest->ram_run_count; i++) {
        const struct sel_ram_run *run = &guest->ram_runs[i];
        if (run->address != end || (run->address & ((1ull << run->size_bits) - 1)) != 0) {
            return "its RAM has a gap, or Frames that are not aligned";
        }
        end += (uint64_t)run->count << run->size_bits;
        count += run->count;
    }
    if (end != guest->ram_base + guest->ram_size) {
        return "its Frames are not as large as its RAM";
    }
    return count <= RAM_FRAMES_MAX ? NULL : "its RAM has more Frames than a VMM can tell apart";
}

void ram_start(struct ram *ram, const struct sel_guest *guest)
{
    *ram = (struct ram){.guest = guest};
}

static bool find(const struct ram *ram, uint64_t address, struct frame *frame)
{
    uint32_t first = 0;
    for (uint32_t i = 0; i < ram->guest->ram_run_count; i++) {
        const struct sel_ram_run *run = &ram->guest->ram_runs[i];
        uint64_t at = (address - run->address) >> run->size_bits;
        if (address >= run->address && at < run->count) {
            frame->address = run->address + (at << run->size_bits);
            frame->cap = run->first_cap + at;
            frame->size_bits = run->size_bits;
            frame->index = first + (uint32_t)at;
            return true;
        }
        first += run->count;
    }
    return false;
}

/* Filled and cleaned while the guest cannot see it, nor fetch instructions from it. */
static bool give(struct ram *ram, const struct frame *frame)
{
    uint64_t bit = 1ull << (frame->index % BITS);
    if (ram->given[frame->index / BITS] & bit) {
        return false;
    }
    load_range(ram->guest, frame->address, 1ull << frame->size_bits, !ram->was_taken_back);
    services_give_frame(frame->cap, frame->address);
    ram->given[frame->index / BITS] |= bit;
    return true;
}

bool ram_give(struct ram *ram, uint64_t address)
{
    struct frame frame;
    return find(ram, address, &frame) && give(ram, &frame);
}

void *ram_reach(struct ram *ram, uint64_t address, unsigned size)
{
    struct frame first, last;
    if (!find(ram, address, &first) || !find(ram, address + size - 1, &last)) {
        return NULL;
    }
    give(ram, &first);
    give(ram, &last);
    return (void *)(uintptr_t)address;
}

void ram_take_back(struct ram *ram)
{
    uint32_t index = 0;
    for (uint32_t i = 0; i < ram->guest->ram_run_count; i++) {
        const struct sel_ram_run *run = &ram->guest->ram_runs[i];
        for (uint32_t at = 0; at < run->count; at++, index++) {
            if (ram->given[index / BITS] >> (index % BITS) & 1) {
                services_take_frame(run->first_cap + at);
            }
        }
    }
    *ram = (struct ram){.guest = ram->guest, .was_taken_back = true};
}
