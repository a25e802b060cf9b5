/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Instructions of threads: see access.h. Memory holds what the model knows of it: it was zero when it became a Frame.
 */
#include "access.h"

#include "stage.h"
#include "test/model/choose.h"
#include "test/model/parts.h"

#define PAGE_BITS      12
#define LARGE_BITS     21
#define TOP_BITS       30
#define STORE_NUMBER   0x80 /* in a step's number, beside FAULT_MEMORY */
#define ESR_FETCH      0x82000000u
#define ESR_UNKNOWN    0x02000000u
#define ESR_ACCESS     0x93c08000u /* syndrome valid, doubleword of x0 */
#define ESR_WRITE      0x40u
#define FSC_LEVEL0     0x04u
#define FSC_PERMISSION 0x0cu
#define FIRST_VSPACE   1 /* that has the program */

static uint64_t address_of(const struct model_cap *frame)
{
    return frame->page << PAGE_BITS;
}

/** What is mapped at `address`, or NULL. */
static const struct model_cap *mapping_at(uint32_t vspace, uint64_t address)
{
    const struct model_cap *frame = model_first_mapping(vspace, address);

    return frame != NULL && address_of(frame) <= address ? frame : NULL;
}

static bool has_table(uint32_t vspace, uint64_t address, uint64_t bits)
{
    uint64_t start = address >> bits << bits;
    const struct model_cap *frame = model_first_mapping(vspace, start);

    return frame != NULL && address_of(frame) < start + (1ul << bits) && frame->size_bits < bits;
}

/** The level of the table walk at which there is nothing. */
static uint64_t missing_level(uint32_t vspace, uint64_t address)
{
    return 1 + (uint64_t)has_table(vspace, address, TOP_BITS) + (uint64_t)has_table(vspace, address, LARGE_BITS);
}

static uint64_t level_of(const struct model_cap *frame)
{
    return 3 - (frame->size_bits - PAGE_BITS) / 9;
}

/* --- steps --- */

/** One of the sequence's own mappings, all equally likely, or NULL. */
static const struct model_cap *some_mapping(uint64_t rights)
{
    const struct model_cap *found = NULL;
    uint64_t count = 0;

    for (uint32_t i = 0; i < model.cap_count; i++) {
        const struct model_cap *cap = &model.cap[i];
        bool is_own = cap->place.holder == MODEL_IN_CNODE && cap->place.id != HIDDEN;
        bool fits = is_own && model_mapped_in(cap) == FIRST_VSPACE && (cap->map_rights & rights) == rights;
        found = fits && choose_one_in(++count) ? cap : found;
    }
    return found;
}

bool access_propose(struct step *step, bool must_succeed)
{
    bool is_store = choose_one_in(2);
    const struct model_cap *frame = some_mapping(must_succeed && is_store ? SEL_RIGHT_WRITE : SEL_RIGHT_READ);

    *step = (struct step){.kind = STEP_FAULT, .number = FAULT_MEMORY | (is_store ? STORE_NUMBER : 0)};
    if (frame == NULL && must_succeed) {
        return false;
    }
    if (frame == NULL || (!must_succeed && choose_one_in(4))) {
        step->word[0] = choose(256) << TOP_BITS | 7ul << 27 | choose(8192) * 8; /* the generator maps nothing there */
    } else {
        step->word[0] = address_of(frame) + choose(IPC_BUFFER_BYTES / 8) * 8;
    }
    return true;
}

uint64_t access_kind(const struct step *step)
{
    if (step->number == FAULT_EXCEPTION) {
        return AREA_KIND_UNDEFINED;
    }
    return (step->number & STORE_NUMBER) != 0 ? AREA_KIND_STORE : AREA_KIND_LOAD;
}

/* --- instructions --- */

static void memory_fault(uint32_t thread, uint64_t address, uint64_t syndrome)
{
    uint64_t pc = model.thread[thread].reg[THREAD_REG_PC];
    uint64_t word[] = {pc, address, syndrome, (syndrome & ~0x3ful) == ESR_FETCH};

    model_fault(FAULT_MEMORY, word, FAULT_MEMORY_LENGTH);
}

static void load_or_store(uint32_t thread, bool is_store)
{
    uint64_t *reg = model.thread[thread].reg;
    uint64_t address = reg[1];
    const struct model_cap *frame = mapping_at(FIRST_VSPACE, address);
    uint64_t write = is_store ? ESR_WRITE : 0;

    if (frame == NULL) {
        memory_fault(thread, address, ESR_ACCESS | write | (FSC_LEVEL0 + missing_level(FIRST_VSPACE, address)));
        return;
    }
    if (is_store && (frame->map_rights & SEL_RIGHT_WRITE) == 0) {
        memory_fault(thread, address, ESR_ACCESS | write | (FSC_PERMISSION + level_of(frame)));
        return;
    }
    uint64_t physical = frame->address + address - address_of(frame);
    uint64_t block = physical / IPC_BUFFER_BYTES * IPC_BUFFER_BYTES;
    if (is_store) {
        model_buffer_write(block, (physical - block) / 8, reg[0]);
    } else {
        reg[0] = model_buffer_read(block, (physical - block) / 8);
    }
    reg[THREAD_REG_PC] += MODEL_INSTRUCTION;
}

static void undefined(uint32_t thread)
{
    const uint64_t *reg = model.thread[thread].reg;
    uint64_t word[] = {reg[THREAD_REG_PC], ESR_UNKNOWN, reg[THREAD_REG_SP], reg[THREAD_REG_PSTATE]};

    model_fault(FAULT_EXCEPTION, word, FAULT_EXCEPTION_LENGTH);
}

static bool is_at(uint32_t thread, const uint8_t *place)
{
    return model.thread[thread].reg[THREAD_REG_PC] == stage_program(place);
}

bool access_execute(void)
{
    uint32_t thread = model.current;
    uint32_t vspace = model_thread_vspace(thread);
    uint64_t pc = model.thread[thread].reg[THREAD_REG_PC];

    if (model.vspace[vspace].is_guest) { /* a native thread cannot run there */
        model_thread_stop(thread);
    } else if (vspace != FIRST_VSPACE) {
        memory_fault(thread, pc, ESR_FETCH | (FSC_LEVEL0 + missing_level(vspace, pc)));
    } else if (is_at(thread, trampoline_svc)) {
        model_syscall();
    } else if (is_at(thread, trampoline_undefined)) {
        undefined(thread);
    } else if (is_at(thread, trampoline_load) || is_at(thread, trampoline_store)) {
        load_or_store(thread, is_at(thread, trampoline_store));
    } else {
        return false;
    }
    model_exit();
    return true;
}
