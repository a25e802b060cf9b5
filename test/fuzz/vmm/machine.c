/* SPDX-License-Identifier: BSD-2-Clause */
/* See machine.h. */
#include "test/fuzz/vmm/machine.h"

#include <string.h>

#include <sys/mman.h>

#define PAGE_BYTES 4096ul

struct machine machine;

static void map_ram(void)
{
    static bool is_mapped;
    if (is_mapped) {
        return;
    }
    is_mapped = true;
    int flags = MAP_PRIVATE | MAP_ANONYMOUS | MAP_FIXED_NOREPLACE;
    void *start = (void *)(MACHINE_RAM_BASE - PAGE_BYTES);
    void *mapped = mmap(start, MACHINE_RAM_BYTES + 2 * PAGE_BYTES, PROT_NONE, flags, -1, 0);
    fuzz_check(mapped == start, "no room for a guest's RAM at %x", MACHINE_RAM_BASE);
    int error = mprotect(machine_ram(), MACHINE_RAM_BYTES, PROT_READ | PROT_WRITE);
    fuzz_check(error == 0, "the guest's RAM cannot be made accessible");
}

bool machine_has_frame(uint64_t address)
{
    uint64_t offset = address - MACHINE_RAM_BASE;
    return offset < MACHINE_RAM_BYTES && fake.is_given[offset / FAKE_FRAME_BYTES];
}

uint8_t *machine_ram(void)
{
    return (uint8_t *)(uintptr_t)MACHINE_RAM_BASE;
}

void machine_start(unsigned entry_count)
{
    map_ram();
    memset(machine_ram(), 0, MACHINE_RAM_BYTES);
    fake_reset(entry_count);
    machine = (struct machine){
        .guest = {.name = "fuzz"},
    };
    fake_ram(&machine.guest, MACHINE_RAM_BASE, MACHINE_RAM_BYTES);
    machine.vmm.guest = &machine.guest;
    ram_start(&machine.vmm.ram, &machine.guest);
    vmm_reset(&machine.vmm);
}

/* --- the CPU interface --- */

/** What may become of a state: acknowledged, ended, pending again by the line the kernel watches. */
static uint64_t moved(uint32_t entry, uint8_t choice)
{
    uint64_t state = list_register_state(entry);
    bool is_level = list_register_level(entry);
    switch (choice) {
    case 1:
        return state == INTERRUPT_STATE_PENDING ? INTERRUPT_STATE_ACTIVE : state;
    case 2:
        return state == INTERRUPT_STATE_BOTH || (is_level && state != INTERRUPT_STATE_EMPTY) ? INTERRUPT_STATE_PENDING
                                                                                             : INTERRUPT_STATE_EMPTY;
    case 3:
        return is_level ? state : INTERRUPT_STATE_EMPTY;
    default:
        return state;
    }
}

void machine_run(uint8_t choice)
{
    for (unsigned i = 0; i < GIC_ENTRY_MAX; i++) {
        uint32_t entry = machine.entry[i];
        if (list_register_state(entry) != INTERRUPT_STATE_EMPTY) {
            machine.entry[i] = (uint32_t)list_register_set_state(entry, moved(entry, choice >> (2 * i) & 3));
        }
    }
}

uint64_t machine_state(void)
{
    uint64_t state = 0;
    for (unsigned i = 0; i < GIC_ENTRY_MAX; i++) {
        state |= list_register_state(machine.entry[i]) << (2 * i);
    }
    return state;
}

void machine_load(uint64_t entries01, uint64_t entries23)
{
    uint64_t words[2] = {entries01, entries23};
    for (unsigned i = 0; i < GIC_ENTRY_MAX; i++) {
        machine.entry[i] = (uint32_t)(words[i / 2] >> (i % 2 * 32));
    }
}

void machine_poll(uint8_t choice)
{
    unsigned count = fake.set_count;
    fake.info.lr_state = machine_state();
    machine_run(choice);
    fake.found_state = machine_state();
    vmm_poll_devices(&machine.vmm);
    if (fake.set_count != count) {
        machine_load(fake.set_words[0], fake.set_words[1]);
    }
}
