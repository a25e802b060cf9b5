/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Faults of memory: address, place and kind of access are told.
 */
#include "tests.h"
#include "victim.h"

#define CLASS_FETCH  0x20u
#define CLASS_ACCESS 0x24u
#define UNMAPPED     ((void *)0x123456)
#define TABLE_SIZE   512
#define KERNEL_TEXT  ((void *)0x40200000) /* where the platform loads the kernel: not mapped here, but there in RAM */

void a_read_of_unmapped_memory_is_told(void)
{
    CHECK(victim_start(victim_read, UNMAPPED));
    CHECK_EQUAL(tag_label(victim_fault.tag), FAULT_MEMORY);
    CHECK_EQUAL(tag_length(victim_fault.tag), FAULT_MEMORY_LENGTH);
    CHECK_EQUAL(victim_fault.words[FAULT_MEMORY_WORD_ADDRESS], 0x123456);
    CHECK_EQUAL(victim_fault.words[FAULT_MEMORY_WORD_IS_FETCH], 0);
    CHECK_EQUAL(ESR_CLASS(victim_fault.words[FAULT_MEMORY_WORD_ESR]), CLASS_ACCESS);
    CHECK_EQUAL(ESR_IS_WRITE(victim_fault.words[FAULT_MEMORY_WORD_ESR]), 0);
    uint64_t pc = victim_fault.words[FAULT_MEMORY_WORD_PC];
    CHECK(pc >= (uintptr_t)victim_read && pc < (uintptr_t)victim_read + 64);
    victim_answer(FAULT_REPLY_RESUME | FAULT_REPLY_SKIP);
    world_join(victim);
    CHECK_EQUAL(victim_went_on, 1);
}

void a_write_to_read_only_memory_is_told(void)
{
    sel_cap_t frame = world_make(OBJECT_TYPE_FRAME, 12);
    uintptr_t address = world_address();

    CHECK_EQUAL(sel_frame_map(frame, sel_cap_vspace, address, SEL_RIGHT_READ, FRAME_ATTRIBUTE_NORMAL), SEL_ERROR_OK);
    CHECK(victim_start(victim_write, (void *)(address + 5)));
    CHECK_EQUAL(tag_label(victim_fault.tag), FAULT_MEMORY);
    CHECK_EQUAL(victim_fault.words[FAULT_MEMORY_WORD_ADDRESS], address + 5);
    CHECK_EQUAL(ESR_IS_WRITE(victim_fault.words[FAULT_MEMORY_WORD_ESR]), 1);
    CHECK_EQUAL(sel_frame_protect(frame, SEL_RIGHT_READ | SEL_RIGHT_WRITE), SEL_ERROR_OK);
    victim_answer(FAULT_REPLY_RESUME);
    world_join(victim);
    CHECK_EQUAL(victim_went_on, 1);
}

void a_jump_to_unmapped_memory_is_told(void)
{
    CHECK(victim_start(victim_jump, (void *)0x123450));
    CHECK_EQUAL(tag_label(victim_fault.tag), FAULT_MEMORY);
    CHECK_EQUAL(victim_fault.words[FAULT_MEMORY_WORD_IS_FETCH], 1);
    CHECK_EQUAL(victim_fault.words[FAULT_MEMORY_WORD_PC], 0x123450);
    CHECK_EQUAL(victim_fault.words[FAULT_MEMORY_WORD_ADDRESS], 0x123450);
    CHECK_EQUAL(ESR_CLASS(victim_fault.words[FAULT_MEMORY_WORD_ESR]), CLASS_FETCH);
    victim_answer(0);
}

void a_jump_into_data_is_told(void)
{
    static const uint32_t code = 0xd65f03c0; /* ret, but in memory without EXECUTE */
    sel_cap_t frame = 0;
    uintptr_t address = world_page(&frame);

    *(volatile uint32_t *)address = code;
    CHECK(victim_start(victim_jump, (void *)address));
    CHECK_EQUAL(tag_label(victim_fault.tag), FAULT_MEMORY);
    CHECK_EQUAL(victim_fault.words[FAULT_MEMORY_WORD_IS_FETCH], 1);
    CHECK_EQUAL(victim_fault.words[FAULT_MEMORY_WORD_ADDRESS], address);
    CHECK_EQUAL(sel_frame_protect(frame, SEL_RIGHT_WRITE | SEL_RIGHT_EXECUTE | SEL_RIGHT_READ),
                SEL_ERROR_INVALID_ARGUMENT);
    victim_answer(0);
}

void the_kernel_is_out_of_reach(void)
{
    CHECK(victim_start(victim_read, KERNEL_TEXT));
    CHECK_EQUAL(tag_label(victim_fault.tag), FAULT_MEMORY);
    CHECK_EQUAL(victim_fault.words[FAULT_MEMORY_WORD_ADDRESS], (uintptr_t)KERNEL_TEXT);
    victim_answer(0);
}

/** One that no physical address of the core's has is an exception: a handler of faults of memory could map nothing there. */
void an_address_beyond_the_space_is_told(void)
{
    static const struct {
        uint64_t address, label;
    } rows[] = {
        {1ull << SEL_LIMIT_ADDRESS_BITS, FAULT_MEMORY},
        {1ull << 47, FAULT_EXCEPTION},
        {0xffff000000000000ull, FAULT_EXCEPTION},
        {~0ull, FAULT_EXCEPTION},
    };

    for (uint64_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
        CHECK(victim_start(victim_read, (void *)rows[i].address));
        CHECK_EQUAL(tag_label(victim_fault.tag), rows[i].label);
        victim_answer(FAULT_REPLY_RESUME | FAULT_REPLY_SKIP);
        world_join(victim);
    }
}

void a_repaired_access_goes_on(void)
{
    sel_cap_t frame = world_make(OBJECT_TYPE_FRAME, 12);
    uintptr_t address = world_address();

    CHECK(victim_start(victim_write, (void *)address));
    CHECK_EQUAL(sel_frame_map(frame, sel_cap_vspace, address, SEL_RIGHT_READ | SEL_RIGHT_WRITE, FRAME_ATTRIBUTE_NORMAL),
                SEL_ERROR_OK);
    victim_answer(FAULT_REPLY_RESUME);
    world_join(victim);
    CHECK_EQUAL(victim_went_on, 1);
}

/** Both were used before, so that their translations are in the TLB (which the emulator has, if only one of its own). */
void rights_that_are_taken_are_gone_at_once(void)
{
    sel_cap_t frame = 0;
    volatile uint64_t *word = (volatile uint64_t *)world_page(&frame);

    *word = 1;
    CHECK_EQUAL(sel_frame_protect(frame, SEL_RIGHT_READ), SEL_ERROR_OK);
    CHECK(victim_start(victim_write, (void *)word));
    CHECK_EQUAL(tag_label(victim_fault.tag), FAULT_MEMORY);
    CHECK_EQUAL(victim_fault.words[FAULT_MEMORY_WORD_ADDRESS], (uintptr_t)word);
    CHECK_EQUAL(ESR_IS_WRITE(victim_fault.words[FAULT_MEMORY_WORD_ESR]), 1);
    victim_answer(0);
    CHECK_EQUAL(*word, 1);
    CHECK_EQUAL(sel_frame_unmap(frame), SEL_ERROR_OK);
    CHECK(victim_start(victim_read, (void *)word));
    CHECK_EQUAL(tag_label(victim_fault.tag), FAULT_MEMORY);
    CHECK_EQUAL(victim_fault.words[FAULT_MEMORY_WORD_ADDRESS], (uintptr_t)word);
    victim_answer(0);
}

/** Both mappings need two tables each, other ones in each round, of six in all; no entry used is the first of its table. */
void tables_given_back_are_used_again(void)
{
    sel_cap_t space = world_make(OBJECT_TYPE_VSPACE_GUEST, 15);
    sel_cap_t frame[2] = {world_make(OBJECT_TYPE_FRAME, 12), world_make(OBJECT_TYPE_FRAME, 12)};

    for (uint64_t round = 0; round < 8; round++) {
        for (uint64_t i = 0; i < 2; i++) {
            uint64_t address = (1 + i) * 0x40000000 + (1 + round) * 0x200000 + 0x1000;
            CHECK_EQUAL(sel_frame_map(frame[i], space, address, SEL_RIGHT_READ, FRAME_ATTRIBUTE_NORMAL), SEL_ERROR_OK);
        }
        CHECK_EQUAL(sel_frame_unmap(frame[0]), SEL_ERROR_OK);
        CHECK_EQUAL(sel_frame_unmap(frame[1]), SEL_ERROR_OK);
    }
}

/** As many mappings as a table has entries: it and the one above it stay until the last has gone, whatever number is left. */
void a_table_goes_with_its_last_entry(void)
{
    static sel_cap_t copy[TABLE_SIZE];
    sel_cap_t space = world_make(OBJECT_TYPE_VSPACE_GUEST, 15);
    sel_cap_t frame = world_make(OBJECT_TYPE_FRAME, 12);
    uint64_t tables_all;
    uint64_t tables_free;
    uint64_t is_guest;

    for (uint64_t i = 0; i < TABLE_SIZE; i++) {
        copy[i] = world_mint(frame, SEL_RIGHT_READ, 0);
        CHECK_EQUAL(sel_frame_map(copy[i], space, 0x40000000 + i * 0x1000, SEL_RIGHT_READ, FRAME_ATTRIBUTE_NORMAL),
                    SEL_ERROR_OK);
    }
    for (uint64_t i = 0; i < TABLE_SIZE; i++) {
        CHECK_EQUAL(sel_frame_unmap(copy[i]), SEL_ERROR_OK);
        CHECK_EQUAL(sel_vspace_status(space, &tables_all, &tables_free, &is_guest), SEL_ERROR_OK);
        CHECK_EQUAL(tables_all - tables_free, i + 1 < TABLE_SIZE ? 2 : 0);
    }
}
