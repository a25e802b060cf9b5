/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * The wire, the guest's thread and the clock as the debugger's unit tests see them (vmm/gdb/services.h), and a debugged guest of eight pages whose
 * RAM lies at the virtual address GUEST_BASE, with a program in its first page.
 */
#pragma once

#include "test/unit/vmm/fake_services.h"
#include "vmm/gdb/session.h"
#include "vmm/vmm.h"

enum {
    FAKE_WIRE_BYTES = 4096,
    GUEST_PAGES = 8,
    GUEST_BASE = 0x100000,
    GUEST_BYTES = GUEST_PAGES * FAKE_FRAME_BYTES,
};

struct fake_debugger {
    uint8_t input[FAKE_WIRE_BYTES];
    size_t input_count;
    size_t input_taken;
    char output[FAKE_WIRE_BYTES + 1]; /* ends with a zero */
    size_t output_count;
    bool is_running; /* the guest's thread */
    unsigned stop_count;
    unsigned continue_count;
    uint64_t ticks;
    uint64_t time_offset;
    uintptr_t unified; /* the last place told */
};

extern struct fake_debugger fake_debugger;

/** A guest that stands before its first instruction, at GUEST_BASE, EL1h, with `count` instructions there. */
void debugged_guest(struct vmm *vmm, struct session *session, const uint32_t *program, size_t count);

/** The instruction that is in memory at that virtual address, whatever the debugger shows. */
uint32_t debugged_word(uint64_t address);

/** A packet of this text, which stays until the next call. */
const char *framed(const char *text);

/** Send a packet of this text; returns what the stub says, acknowledgement included. */
const char *ask(struct vmm *vmm, struct session *session, const char *text);

/** The same, bytes as they are. */
const char *ask_raw(struct vmm *vmm, struct session *session, const char *bytes, size_t size);

/** The guest executes the breakpoint at `pc`; the words of the VMM's reply, whose first is returned. */
uint64_t hit(struct vmm *vmm, struct session *session, uint64_t pc, enum control_exit *found);
