/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * The surroundings of a VMM under fuzz: guest RAM at its real address between pages that fault, the services' fakes of the unit tests, and
 * a CPU interface that holds list registers as the kernel would and moves their states as a guest may.
 */
#pragma once

#include "test/fuzz/lib/fuzz.h"
#include "test/unit/vmm/fake_services.h"
#include "vmm/vmm.h"

enum {
    MACHINE_RAM_BASE = 0x40000000,
    MACHINE_RAM_BYTES = 0x8000,
};

struct machine {
    struct vmm vmm;
    struct sel_guest guest;
    uint32_t entry[GIC_ENTRY_MAX]; /* list registers as the hardware has them */
    bool is_wild; /* states no hardware would show were reported: only memory safety is left to check */
};

extern struct machine machine;

/** A guest at its first instruction; RAM is zero, and none of it given yet. `entry_count` list registers are the VMM's. */
void machine_start(unsigned entry_count);

uint8_t *machine_ram(void);

/** The guest has been given the Frame of RAM that `address` lies in. */
bool machine_has_frame(uint64_t address);

/** The guest runs: each list register's state moves on as `choice` says (2 bits each), or stays. */
void machine_run(uint8_t choice);

/** lr_state as an exit would tell it. */
uint64_t machine_state(void);

/** Something outside happened, and the guest runs on meanwhile; the new list registers are taken over. */
void machine_poll(uint8_t choice);

/** Load words 5 and 6 of a reply, or of set_interrupts. */
void machine_load(uint64_t entries01, uint64_t entries23);

/** What must hold of list registers and interrupt state whenever the VMM waits; is_exit: it has just answered one (machine_checks.c). */
void machine_check(bool is_exit);
