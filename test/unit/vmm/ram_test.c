/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * RAM that the guest gets Frame by Frame: by whatever access touches it first, filled and clean (the fake checks that), once; taken back and
 * filled anew when it is reset; and the VMM's own accesses to it.
 */
#include "test/unit/vmm/fake_services.h"
#include "vmm/load.h"
#include "vmm/vmm.h"

enum {
    FRAME = FAKE_FRAME_BYTES,
    FRAMES = 8,
    RAM_BYTES = FRAMES * FRAME,
    UART = 0x09000000,
    PSTATE_EL1H = 0x5,
    TABLE = 3,
};

static struct vmm vmm;
static uint8_t ram[RAM_BYTES] __attribute__((aligned(RAM_BYTES)));
static uint8_t image[3 * FRAME];
static struct sel_guest guest;
static struct sel_guest_piece piece;
static uint64_t in[8], out[8];

static uint64_t frame_address(unsigned index)
{
    return (uint64_t)(uintptr_t)&ram[index * FRAME];
}

/* The image lies in the last half of Frame 1, in 2 and 3, and in the first half of Frame 4. */
static int setup(void **state)
{
    (void)state;
    fake_reset(2);
    memset(&vmm, 0, sizeof(vmm));
    memset(ram, 0, sizeof(ram));
    for (size_t i = 0; i < sizeof(image); i++) {
        image[i] = (uint8_t)(1 + i % 251);
    }
    piece = (struct sel_guest_piece){frame_address(1) + FRAME / 2, image, sizeof(image)};
    guest = (struct sel_guest){.name = "test", .piece_count = 1, .pieces = &piece};
    fake_ram(&guest, frame_address(0), RAM_BYTES);
    vmm.guest = &guest;
    ram_start(&vmm.ram, &guest);
    vmm_reset(&vmm);
    memset(in, 0, sizeof(in));
    in[FAULT_VM_EXIT_WORD_PSTATE] = PSTATE_EL1H;
    in[FAULT_VM_EXIT_WORD_PC] = frame_address(6); /* not at its vectors */
    return 0;
}

static uint8_t expected_byte(size_t at)
{
    size_t offset = at - (FRAME + FRAME / 2);
    return offset < sizeof(image) ? image[offset] : 0;
}

static void check_filled(unsigned frame)
{
    for (size_t at = (size_t)frame * FRAME; at < (size_t)(frame + 1) * FRAME; at++) {
        assert_int_equal(ram[at], expected_byte(at));
    }
}

static void handle(uint64_t word, uint64_t address)
{
    in[0] = word;
    in[FAULT_VM_EXIT_WORD_ADDRESS] = address;
    in[FAULT_VM_EXIT_WORD_FAR] = address;
    memcpy(out, in, sizeof(out));
    assert_int_equal(vmm_exit(&vmm, out), EXIT_RESULT_REPLY);
}

/* The guest makes its access again, and nothing was done for it. */
static void check_made_again(void)
{
    assert_int_equal(out[0] & (VERB_RESUME | VERB_STEP | VERB_WRITE_REGISTER | VERB_INJECT_SYNC | VERB_BLOCK),
                     VERB_RESUME);
}

static void whatever_touches_a_frame_first_gets_it(void **state)
{
    (void)state;
    const uint64_t load = exit_set_has_syndrome(exit_set_size_log2(exit_set_reason(0, EXIT_MMIO), 3), 1);
    const uint64_t undecoded = exit_set_reason(0, EXIT_UNDECODED);
    const uint64_t fetch = exit_set_reason(0, EXIT_FETCH);
    const uint64_t words[FRAMES] = {load,
                                    exit_set_is_write(load, 1),
                                    undecoded, /* a pair, an exclusive, an atomic, cache maintenance */
                                    exit_set_has_instruction(undecoded, 1),
                                    fetch,
                                    exit_set_is_table_walk(load, 1),
                                    exit_set_is_table_walk(undecoded, 1),
                                    exit_set_is_table_walk(fetch, 1)};
    in[FAULT_VM_EXIT_WORD_ESR] = 1 << 8; /* CM */
    for (unsigned i = 0; i < FRAMES; i++) {
        handle(words[i], frame_address(i) + (exit_is_table_walk(words[i]) ? 0 : FRAME - 4));
        check_made_again();
        assert_true(fake.is_given[i]);
        assert_int_equal(fake.give_count, i + 1);
        check_filled(i);
    }
}

/* What still faults in memory that the guest has is not for want of it; it must not go on for ever. */
static void a_frame_is_given_once(void **state)
{
    (void)state;
    const uint64_t load = exit_set_has_syndrome(exit_set_size_log2(exit_set_reason(0, EXIT_MMIO), 3), 1);
    handle(load, frame_address(2));
    check_made_again();
    handle(load, frame_address(2) + 8);
    assert_true(out[0] & VERB_INJECT_SYNC);
    handle(exit_set_reason(0, EXIT_FETCH), frame_address(2));
    assert_true(out[0] & VERB_INJECT_SYNC);
    assert_int_equal(fake.give_count, 1);
}

/* Its own vectors are memory like any other. */
static void vectors_may_be_touched_first(void **state)
{
    (void)state;
    fake.vcpu[VCPU_REG_VBAR_EL1] = frame_address(5);
    in[FAULT_VM_EXIT_WORD_PC] = frame_address(5) + 0x200;
    handle(exit_set_reason(0, EXIT_FETCH), frame_address(5) + 0x200);
    check_made_again();
}

static void nothing_is_given_beside_ram(void **state)
{
    (void)state;
    const uint64_t load = exit_set_has_syndrome(exit_set_size_log2(exit_set_reason(0, EXIT_MMIO), 3), 1);
    handle(load, frame_address(0) - 1);
    handle(load, frame_address(0) + RAM_BYTES);
    handle(exit_set_reason(0, EXIT_FETCH), ~0ull);
    assert_int_equal(fake.give_count, 0);
    assert_int_equal(ram_give(&vmm.ram, frame_address(0) + RAM_BYTES - 1), true);
    assert_true(fake.is_given[FRAMES - 1]);
}

/* A pair that the VMM carries out: one half on the UART's identification, the other, in another page, on memory nobody has touched. */
static void the_vmm_reads_what_the_guest_would(void **state)
{
    (void)state;
    fake.translate_offset = 0;
    fake.translate_break = UART + 0x1000;
    fake.translate_offset_above = frame_address(2) - (UART + 0x1000);
    fake.thread[0] = UART + 0xffc;
    in[FAULT_VM_EXIT_WORD_INSTRUCTION] = 0x29400c02; /* ldp w2, w3, [x0] */
    handle(exit_set_has_instruction(exit_set_reason(0, EXIT_UNDECODED), 1), UART + 0xffc);
    uint32_t first;
    memcpy(&first, &image[FRAME / 2], sizeof(first));
    assert_int_equal(fake.thread[2], 0xb1); /* UARTPCellID3 */
    assert_int_equal(fake.thread[3], first);
    assert_true(fake.is_given[2]);
    assert_int_equal(fake.give_count, 1);
}

/* Eight bytes over the border of two Frames are the guest's only when both are. */
static void bytes_of_two_frames_take_both(void **state)
{
    (void)state;
    assert_int_equal((uintptr_t)ram_reach(&vmm.ram, frame_address(3) - 4, 8), frame_address(3) - 4);
    assert_true(fake.is_given[2] && fake.is_given[3]);
    assert_int_equal(fake.give_count, 2);
    assert_null(ram_reach(&vmm.ram, frame_address(0) - 4, 8));
    assert_null(ram_reach(&vmm.ram, frame_address(0) + RAM_BYTES - 4, 8));
    assert_null(ram_reach(&vmm.ram, ~0ull, 8));
    assert_int_equal(fake.give_count, 2);
}

/* The guest's page tables may be in memory that it has never read: the hardware walks them for the VMM, and would fault. */
static void tables_are_given_for_a_translation(void **state)
{
    (void)state;
    const uint64_t descriptor = frame_address(7) | TABLE;
    memcpy(&image[FRAME / 2], &descriptor, sizeof(descriptor)); /* entry 0 of the table in Frame 2 leads to Frame 7 */
    fake.vcpu[VCPU_REG_TCR_EL1] = 25;                           /* 39 bits of 4 KiB pages: three levels */
    fake.vcpu[VCPU_REG_TTBR0_EL1] = frame_address(2);
    fake.translate_table = frame_address(7);
    fake.thread[0] = UART + 0xfe0;
    in[FAULT_VM_EXIT_WORD_INSTRUCTION] = 0x29400c02; /* ldp w2, w3, [x0] */
    handle(exit_set_has_instruction(exit_set_reason(0, EXIT_UNDECODED), 1), UART + 0xfe0);
    assert_int_equal(out[0] & (VERB_RESUME | VERB_STEP | VERB_INJECT_SYNC), VERB_RESUME | VERB_STEP);
    assert_int_equal(fake.thread[2], 0x11);
    assert_true(fake.is_given[2] && fake.is_given[7]);
    assert_int_equal(fake.give_count, 2);
}

/* A table that is nowhere is the guest's own fault, as it always was. */
static void tables_outside_ram_stay_outside(void **state)
{
    (void)state;
    fake.vcpu[VCPU_REG_TCR_EL1] = 25;
    fake.vcpu[VCPU_REG_TTBR0_EL1] = 0x7000000000;
    fake.translate_fault = 1 << 9 | 1 << 8 | 5 << 1 | 1;
    fake.thread[0] = UART + 0xfe0;
    in[FAULT_VM_EXIT_WORD_INSTRUCTION] = 0x29400c02;
    handle(exit_set_has_instruction(exit_set_reason(0, EXIT_UNDECODED), 1), UART + 0xfe0);
    assert_true(out[0] & VERB_INJECT_SYNC);
    assert_int_equal(out[1], UART + 0xfe0);
    assert_int_equal(out[7] & 0x3f, 0x15); /* external abort on the walk, level 1: not the level of stage 2 */
    assert_int_equal(fake.give_count, 0);
    fake.vcpu[VCPU_REG_TTBR0_EL1] = frame_address(2); /* its tables have changed since: nothing leads outside */
    handle(exit_set_has_instruction(exit_set_reason(0, EXIT_UNDECODED), 1), UART + 0xfe0);
    assert_int_equal(out[7] & 0x3f, 0x10);
}

static void a_reset_takes_everything_back(void **state)
{
    (void)state;
    for (unsigned i = 0; i < FRAMES; i += 2) {
        assert_true(ram_give(&vmm.ram, frame_address(i)));
    }
    memset(ram, 0xee, sizeof(ram)); /* the guest's own stores */
    ram_take_back(&vmm.ram);
    for (unsigned i = 0; i < FRAMES; i++) {
        assert_false(fake.is_given[i]);
    }
    for (unsigned i = 0; i < FRAMES; i++) {
        assert_true(ram_give(&vmm.ram, frame_address(i)));
        check_filled(i);
        assert_true(i + 1 == FRAMES || ram[(i + 1) * FRAME] == 0xee); /* no more than was touched */
    }
    ram_take_back(&vmm.ram);
    assert_true(ram_give(&vmm.ram, frame_address(1)));
}

/* Large Frames first, then small ones, as capdl makes them. */
static void frames_may_be_of_two_sizes(void **state)
{
    (void)state;
    fake.ram_runs[0] = (struct sel_ram_run){frame_address(0), FAKE_FRAME_CAP, 3, 13};
    fake.ram_runs[1] = (struct sel_ram_run){frame_address(6), FAKE_FRAME_CAP + 3, 2, 12};
    guest.ram_run_count = 2;
    assert_null(ram_check(&guest));
    assert_true(ram_give(&vmm.ram, frame_address(1)));
    assert_false(ram_give(&vmm.ram, frame_address(0)));
    assert_true(ram_give(&vmm.ram, frame_address(7)));
    assert_true(ram_give(&vmm.ram, frame_address(6)));
    assert_true(fake.is_given[0] && fake.is_given[3] && fake.is_given[4]);
    check_filled(0);
    check_filled(1);
    ram_take_back(&vmm.ram);
    assert_false(fake.is_given[0] || fake.is_given[3] || fake.is_given[4]);
}

static void frames_that_are_not_ram_are_refused(void **state)
{
    (void)state;
    assert_null(ram_check(&guest));
    guest.ram_size += FRAME;
    assert_non_null(ram_check(&guest));
    guest.ram_size -= FRAME;
    fake.ram_runs[0].address += FRAME;
    assert_non_null(ram_check(&guest));
    fake.ram_runs[0].address -= FRAME;
    guest.ram_base = fake.ram_runs[0].address += 8;
    assert_non_null(ram_check(&guest));
    guest.ram_base = fake.ram_runs[0].address -= 8;
    fake.ram_runs[0].count = RAM_FRAMES_MAX;
    guest.ram_size = (uint64_t)RAM_FRAMES_MAX * FRAME;
    assert_null(ram_check(&guest));
    fake.ram_runs[0].count++;
    guest.ram_size += FRAME;
    assert_non_null(ram_check(&guest));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup(whatever_touches_a_frame_first_gets_it, setup),
        cmocka_unit_test_setup(a_frame_is_given_once, setup),
        cmocka_unit_test_setup(vectors_may_be_touched_first, setup),
        cmocka_unit_test_setup(nothing_is_given_beside_ram, setup),
        cmocka_unit_test_setup(the_vmm_reads_what_the_guest_would, setup),
        cmocka_unit_test_setup(bytes_of_two_frames_take_both, setup),
        cmocka_unit_test_setup(tables_are_given_for_a_translation, setup),
        cmocka_unit_test_setup(tables_outside_ram_stay_outside, setup),
        cmocka_unit_test_setup(a_reset_takes_everything_back, setup),
        cmocka_unit_test_setup(frames_may_be_of_two_sizes, setup),
        cmocka_unit_test_setup(frames_that_are_not_ram_are_refused, setup),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
