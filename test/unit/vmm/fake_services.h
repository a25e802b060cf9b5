/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * The kernel, the console and the supervisor as the VMM's unit tests see them: plain data a test sets and inspects. `fake_guest`
 * is also a small model of a CPU interface: it holds list registers and can acknowledge and end interrupts as a guest would.
 */
#pragma once

#include <setjmp.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "gen/abi.h"
#include "sel/spec.h"
#include "vmm/services.h"

enum {
    FAKE_CONSOLE_BYTES = 64,
    FAKE_FRAME_BYTES = 4096,
    FAKE_FRAMES = 16,
    FAKE_FRAME_CAP = 0x300, /* of the first Frame of RAM */
};

struct fake_timer {
    uint32_t intid;
    uint8_t priority;
    bool is_enabled;
    bool is_group1;
    unsigned call_count;
};

struct fake_services {
    uint64_t thread[THREAD_REG_COUNT];
    uint64_t vcpu[VCPU_REG_COUNT];
    unsigned reset_count;
    struct vcpu_info info;
    uint64_t set_words[2];
    unsigned set_count;
    uint64_t found_state; /* what services_set_interrupts answers */
    struct fake_timer timer[2];
    uint64_t translate_offset; /* IPA = VA + offset */
    uint64_t translate_break;  /* not 0: from this VA on the offset is translate_offset_above */
    uint64_t translate_offset_above;
    uint64_t translate_fault; /* not 0: every translation fails with this PAR */
    uint8_t output[FAKE_CONSOLE_BYTES];
    size_t output_count;
    size_t output_room;
    uint8_t input[FAKE_CONSOLE_BYTES];
    size_t input_count;
    size_t input_taken;
    unsigned flush_count;
    unsigned end_count;
    char printed[4096]; /* by the VMM itself */
    unsigned power_off_count;
    uint64_t now_ns;
    uint64_t wake_at_ns; /* what was asked for last */
    unsigned wake_count;
    bool is_drained;
    uint32_t page[1024]; /* the UART's registers */
    bool is_page_shown;
    unsigned show_count;
    uint32_t page_as_shown[1024]; /* `page` when it was mapped last */
    uintptr_t cleaned_address;
    size_t cleaned_size;
    struct sel_ram_run ram_runs[2]; /* the second may be empty */
    bool is_given[FAKE_FRAMES];     /* Frames in the guest's address space, by capability */
    unsigned give_count;
    uintptr_t translate_table; /* not 0: translations fail at stage 2 while the guest has not this Frame, 4 KiB */
    bool is_el0_asked;         /* of the last translation */
    bool is_write_asked;
};

extern struct fake_services fake;

/** All zero, room for output, `entry_count` list registers. */
void fake_reset(unsigned entry_count);

/** RAM for `guest`: so many bytes of whole pages at `base`, in Frames of 4 KiB, none of them given yet. */
void fake_ram(struct sel_guest *guest, uintptr_t base, size_t size);

/** Bytes that wait at the console for the guest. */
void fake_type(const char *text);
