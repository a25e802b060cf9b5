/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * More address spaces than the hardware tells apart at once (8 bits of VMID, of which VMID 0 is nobody's): each keeps its own memory. A thread without
 * stack moves from one to the next; its breakpoint says that it is through.
 */
#include "tests.h"
#include "victim.h"

#define SPACE_COUNT 300
#define CODE        0x10000000ull
#define DATA        0x10001000ull
#define STORE       0 /* offsets of the two programs */
#define LOAD        8

static const uint32_t programs[] = {
    0xf9000020, /* str x0, [x1] */
    0xd4200000, /* brk #0 */
    0xf9400020, /* ldr x0, [x1] */
    0xd4200000,
};

static sel_cap_t code;
static sel_cap_t spaces[SPACE_COUNT];

static void map(sel_cap_t frame, sel_cap_t space, uint64_t address, uint64_t rights)
{
    CHECK_EQUAL(sel_frame_map(frame, space, address, rights, FRAME_ATTRIBUTE_NORMAL), SEL_ERROR_OK);
}

static void space_make(uint64_t index)
{
    sel_cap_t space = world_make(OBJECT_TYPE_VSPACE, OBJECT_BITS_VSPACE_MIN);
    map(world_mint(code, SEL_RIGHT_READ | SEL_RIGHT_EXECUTE, 0), space, CODE, SEL_RIGHT_READ | SEL_RIGHT_EXECUTE);
    map(world_make(OBJECT_TYPE_FRAME, 12), space, DATA, SEL_RIGHT_READ | SEL_RIGHT_WRITE);
    spaces[index] = space;
}

/** Run the program with `value` in x0; `expected` is there afterwards. */
static void run_in(uint64_t index, uint64_t program, uint64_t value, uint64_t expected)
{
    uint64_t arguments[2] = {value, DATA};
    uint64_t pc = CODE + program;
    uint64_t result = 0;

    CHECK_EQUAL(sel_tcb_configure(victim->tcb, sel_cap_cnode, spaces[index], 0, 0), SEL_ERROR_OK);
    CHECK_EQUAL(sel_tcb_write_registers(victim->tcb, THREAD_REG_X0, 2, arguments), SEL_ERROR_OK);
    CHECK_EQUAL(sel_tcb_write_registers(victim->tcb, THREAD_REG_PC, 1, &pc), SEL_ERROR_OK);
    CHECK_EQUAL(sel_tcb_resume(victim->tcb), SEL_ERROR_OK);
    CHECK(victim_receive());
    CHECK_EQUAL(tag_label(victim_fault.tag), FAULT_EXCEPTION);
    CHECK_EQUAL(victim_fault.words[FAULT_EXCEPTION_WORD_PC], pc + sizeof(programs[0]));
    CHECK_EQUAL(sel_tcb_read_registers(victim->tcb, THREAD_REG_X0, 1, &result), SEL_ERROR_OK);
    CHECK_EQUAL(result, expected);
    victim_answer(0);
}

void more_spaces_than_vmids_keep_their_memory(void)
{
    uint32_t *text = (uint32_t *)world_page(&code);
    for (uint64_t i = 0; i < sizeof(programs) / sizeof(programs[0]); i++) {
        text[i] = programs[i];
    }
    CHECK_EQUAL(sel_frame_cache(code, CACHE_OPERATION_UNIFY, 0, sizeof(programs)), SEL_ERROR_OK);
    victim_make(victim_breakpoint, NULL);
    CHECK_EQUAL(sel_sched_context_bind(world_context(10 * SEL_NS_PER_MS, 10 * SEL_NS_PER_MS), victim->tcb),
                SEL_ERROR_OK);
    for (uint64_t i = 0; i < SPACE_COUNT; i++) {
        space_make(i);
        run_in(i, STORE, 1000 + i, 1000 + i);
    }
    for (uint64_t i = 0; i < SPACE_COUNT; i++) {
        run_in(i, LOAD, 0, 1000 + i);
    }
    /* Every other one dies, with its VMID or without; the rest goes on, and new ones. */
    for (uint64_t i = 0; i < SPACE_COUNT; i += 2) {
        CHECK_EQUAL(sel_cnode_delete(sel_cap_cnode, spaces[i]), SEL_ERROR_OK);
    }
    for (uint64_t i = 0; i < SPACE_COUNT; i += 2) {
        space_make(i);
        run_in(i, STORE, 1000 + i, 1000 + i);
    }
    for (uint64_t i = SPACE_COUNT; i-- > 0;) {
        run_in(i, LOAD, 0, 1000 + i);
    }
}
