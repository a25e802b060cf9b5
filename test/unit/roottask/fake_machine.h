/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * A model of the kernel as the roottask sees it: capabilities in CNodes, mappings, a log of what configures threads, and the console.
 * It refuses what the real kernel refuses in the cases the tests use; it is no reference for the kernel.
 */
#pragma once

#include <setjmp.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "gen/abi.h"
#include "gen/sel/invocations.h"
#include "roottask/boot_memory.h"
#include "roottask/construct.h"
#include "roottask/spec.h"

#define FAKE_SLOTS    256
#define FAKE_CNODES   4
#define FAKE_MAPPINGS 128

struct fake_cap {
    uint64_t type;
    uint64_t rights;
    uint64_t badge;
    uint64_t object; /* physical address */
    uint64_t size_bits;
    uint64_t free; /* Untyped: next free address */
    bool is_mapped;
};

struct fake_mapping {
    uint64_t vspace; /* object */
    uint64_t address;
    uint64_t physical;
    uint64_t size_bits;
    uint64_t rights;
    uint64_t attribute;
};

extern struct fake_cap fake_slots[FAKE_SLOTS];                    /* the roottask's own */
extern struct fake_cap fake_cnode_slots[FAKE_CNODES][FAKE_SLOTS]; /* of the CNodes made, by order */
extern struct fake_mapping fake_mappings[FAKE_MAPPINGS];
extern uint32_t fake_mapping_count;
extern char fake_console[16384];
extern char fake_log[16384]; /* one line a call that configures a thread or signals: "resume 103" */
extern uint64_t fake_registers[THREAD_REG_COUNT];
extern uint64_t fake_boot_info[512];
extern uint8_t *fake_payload; /* contents of the preloaded memory from its start */
extern const uint64_t fake_payload_physical;

/** The nth invocation from now is refused with `error`; 0 = none is. */
extern uint32_t fake_refuse_after;
extern sel_err_t fake_refusal;

/** Pages of the own address space that a mapping shows: [0] source and [1] target of the window, from [2] on spec.bin. */
extern uint8_t *fake_window;

struct window fake_window_addresses(void);

/** A machine as the kernel hands it over. A CMocka set-up function. */
int fake_start(void **state);
int fake_end(void **state);

/** Open a finished spec, freeing nothing; fails the test if it is refused. */
void fake_open(struct spec *spec, const uint8_t *bytes, size_t size);

/** boot_memory of the fake boot information, skip slots from the spec. */
void fake_boot_memory(struct boot_memory *memory, const struct spec *spec);
