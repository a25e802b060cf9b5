/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * A compiled spec (spec.bin) as the roottask reads it: its tables by name, and the questions asked of them.
 * Everything here may rely on spec_open having accepted the bytes: every offset, count, index and slot is in bounds
 * and every string ends inside. The format is capdl/spec_format.py's (gen/roottask_spec.h).
 */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "gen/roottask_spec.h"

struct spec {
    const uint8_t *base;
    const struct spec_header *header;
    const struct spec_part *part;
    const struct spec_untyped *untyped;
    const struct spec_object *object;
    const struct spec_fixed_frame *fixed_frame;
    const struct spec_irq_handler *irq_handler;
    const struct spec_capability *capability;
    const struct spec_copy *copy;
    const struct spec_mapping *mapping;
    const struct spec_sched *sched;
    const struct spec_thread *thread;
    const struct spec_irq_bind *irq_bind;
    const struct spec_timer_bind *timer_bind;
    const struct spec_give_up *give_up;
    const struct spec_symbol *symbol;
};

/** What the roottask's surroundings allow: filled from the boot information. */
struct spec_limits {
    uint64_t available_bytes; /* memory behind the start of spec.bin */
    uint64_t first_free_slot; /* new capabilities go here or above */
    uint64_t slot_end;        /* and below this one */
};

/** Why spec.bin was refused. `row` and `field` are of a table unless `table` is SPEC_TABLE_COUNT (the header). */
struct spec_problem {
    const char *sentence;
    uint32_t table;
    uint32_t row;
    const char *field;
    uint64_t given;
    uint64_t bound;
};

/** Check all of spec.bin and make `spec` a view of it. False: `problem` says what is wrong, `spec` must not be used. */
bool spec_open(struct spec *spec, const void *bytes, const struct spec_limits *limits, struct spec_problem *problem);

/** Name of a table, for people. */
const char *spec_table_name(uint32_t table);

/** Bytes of one row of a table. */
uint32_t spec_row_size(uint32_t table);

uint32_t spec_count(const struct spec *spec, enum spec_table table);

const char *spec_string(const struct spec *spec, uint32_t offset);

/** Name of the object in an own slot; of several in one row the row's name. "(unnamed)" if no row made it. */
const char *spec_slot_name(const struct spec *spec, uint32_t slot);

/** Function of the thread's process that contains `address`, or NULL. */
const struct spec_symbol *spec_find_symbol(const struct spec *spec, const struct spec_thread *thread, uint64_t address);
