/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Builds spec.bin for the tests, by the format's own header; rows are given as the generated structs.
 */
#pragma once

#include <stddef.h>
#include <stdint.h>

#include "gen/roottask_spec.h"
#include "roottask/spec.h"

#define BUILDER_ROWS_MAX 32

struct spec_builder {
    struct spec_header header;
    uint8_t rows[SPEC_TABLE_COUNT][BUILDER_ROWS_MAX][96];
    uint32_t counts[SPEC_TABLE_COUNT];
    char strings[1024];
    size_t string_bytes;
};

/** An empty spec with the slots of a header that passes the checks. */
void builder_start(struct spec_builder *builder);

/** A string's token for a name field. */
uint32_t builder_string(struct spec_builder *builder, const char *string);

/** Append a row (spec_row_size(table) bytes of it). */
void builder_add(struct spec_builder *builder, enum spec_table table, const void *row);

/** The finished file, malloc'd with exactly its size; name fields become offsets. */
uint8_t *builder_finish(const struct spec_builder *builder, size_t *size);

/** A small whole system: one part, one process with its CNode, VSpace, memory, device and interrupt. */
void builder_small_system(struct spec_builder *builder);

/* Own slots of the small system. */
enum {
    SLOT_UNTYPED = 100,
    SLOT_CNODE,
    SLOT_VSPACE,
    SLOT_TCB,
    SLOT_ENDPOINT,
    SLOT_NOTIFICATION,
    SLOT_SCHED,
    SLOT_REPLY,
    SLOT_TIMER,
    SLOT_PAGES = 110, /* 40 Frames of RAM */
    SLOT_DEVICE = 150,
    SLOT_PAYLOAD,
    SLOT_PAYLOAD_END = SLOT_PAYLOAD + 3,
    SLOT_IRQ,
    SLOT_FAULT_CAP, /* badged copy of the endpoint */
    SLOT_SMC,
    SLOT_SKIP = 170, /* 10 of them */
    SLOT_END = 180,
};

#define SMALL_CNODE_BITS 12 /* 128 slots */
#define SMALL_PAGE_COUNT 40
#define SMALL_VADDR      0x1010000000ull
#define SMALL_DEVICE     0x9000000ull
