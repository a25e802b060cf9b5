/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Construction makes exactly what the spec says, and a refused invocation ends it with a sentence that names the object.
 */
#include <stdlib.h>
#include <string.h>

#include "roottask/give_up.h"
#include "test/unit/roottask/fake_machine.h"
#include "test/unit/roottask/spec_builder.h"

struct system {
    struct spec_builder builder;
    struct spec spec;
    struct boot_memory memory;
    uint8_t *bytes;
};

static struct system here;

static void open_system(void)
{
    size_t size = 0;

    here.bytes = builder_finish(&here.builder, &size);
    fake_open(&here.spec, here.bytes, size);
    fake_boot_memory(&here.memory, &here.spec);
}

static int start(void **state)
{
    builder_small_system(&here.builder);
    here.bytes = NULL;
    return fake_start(state);
}

static int end(void **state)
{
    free(here.bytes);
    return fake_end(state);
}

static bool construct_all(void)
{
    struct window window = fake_window_addresses();

    return construct_objects(&here.spec, &here.memory) && construct_fixed_frames(&here.spec, &here.memory) &&
           construct_capabilities(&here.spec) && construct_contents(&here.spec, &window) &&
           construct_mappings(&here.spec);
}

static void objects_are_made_in_their_slots(void **state)
{
    (void)state;
    open_system();
    assert_true(construct_all());
    assert_int_equal(fake_slots[SLOT_UNTYPED].size_bits, 20);
    assert_int_equal(fake_slots[SLOT_UNTYPED].object, 0x41000000);
    assert_int_equal(fake_slots[SLOT_CNODE].type, CAP_TYPE_CNODE);
    assert_int_equal(fake_slots[SLOT_TIMER].type, CAP_TYPE_TIMER);
    for (uint32_t i = 0; i < SMALL_PAGE_COUNT; i++) { /* more than one Retype carries */
        assert_int_equal(fake_slots[SLOT_PAGES + i].type, CAP_TYPE_FRAME);
        assert_int_equal(fake_slots[SLOT_PAGES + i].object, fake_slots[SLOT_PAGES].object + i * 4096);
    }
    assert_int_equal(fake_slots[SLOT_IRQ].badge, 33);
    assert_string_equal(fake_console, "");
}

static void fixed_frames_lie_at_their_addresses(void **state)
{
    (void)state;
    open_system();
    assert_true(construct_all());
    assert_int_equal(fake_slots[SLOT_DEVICE].object, SMALL_DEVICE);
    /* Payload offsets 0x6000..0x8fff: two pages at the end of one boot Untyped, one at the start of the next. */
    assert_int_equal(fake_slots[SLOT_PAYLOAD].object, fake_payload_physical + 0x6000);
    assert_int_equal(fake_slots[SLOT_PAYLOAD + 1].object, fake_payload_physical + 0x7000);
    assert_int_equal(fake_slots[SLOT_PAYLOAD + 2].object, fake_payload_physical + 0x8000);
    /* The gap of 0x1000000 before the device is one Untyped, that of 0x2000 before the payload's page another. */
    assert_int_equal(fake_slots[SLOT_SKIP].size_bits, 24);
    assert_int_equal(fake_slots[SLOT_SKIP + 1].size_bits, 13);
    assert_int_equal(fake_slots[SLOT_SKIP + 2].type, CAP_TYPE_NULL);
}

static void capabilities_have_rights_and_badges(void **state)
{
    (void)state;
    open_system();
    assert_true(construct_all());
    assert_int_equal(fake_cnode_slots[0][5].type, CAP_TYPE_NOTIFICATION);
    assert_int_equal(fake_cnode_slots[0][5].rights, SEL_RIGHT_READ);
    assert_int_equal(fake_cnode_slots[0][5].badge, 0);
    assert_int_equal(fake_cnode_slots[0][6].type, CAP_TYPE_ENDPOINT);
    assert_int_equal(fake_cnode_slots[0][6].rights, SEL_RIGHT_WRITE);
    assert_int_equal(fake_cnode_slots[0][6].badge, 7);
    assert_int_equal(fake_slots[SLOT_SMC].badge, 0x84000008);
    assert_int_equal(fake_slots[SLOT_FAULT_CAP].badge, 1);
}

static void a_moved_capability_leaves_its_slot(void **state)
{
    (void)state;
    struct spec_capability move = {.source = SLOT_REPLY,
                                   .cnode = SLOT_CNODE,
                                   .index = 9,
                                   .rights = 15,
                                   .flags = SPEC_CAPABILITY_MOVE,
                                   .name = builder_string(&here.builder, "reply")};
    builder_add(&here.builder, SPEC_TABLE_CAPABILITY, &move);
    open_system();
    assert_true(construct_all());
    assert_int_equal(fake_cnode_slots[0][9].type, CAP_TYPE_REPLY);
    assert_int_equal(fake_slots[SLOT_REPLY].type, CAP_TYPE_NULL);
    assert_false(give_up_leaves(&here.spec, SLOT_REPLY));
}

static void contents_are_copied_and_the_rest_stays_zero(void **state)
{
    (void)state;
    memset(fake_payload + 0x7000, 0xab, 0x2000); /* 5000 bytes of it are the contents */
    open_system();
    assert_true(construct_all());
    /* First page: all of it; second: 904 bytes, so its last one stays zero. The order of unmapping is target, source. */
    assert_non_null(strstr(fake_log, "unmap 110 after ab..ab\nunmap 152 after ab..ab\n"));
    assert_non_null(strstr(fake_log, "unmap 111 after ab..00\nunmap 153 after ab..ab\n"));
}

static void mappings_are_as_the_spec_says(void **state)
{
    (void)state;
    open_system();
    assert_true(construct_all());
    assert_int_equal(fake_mapping_count, 1 + SMALL_PAGE_COUNT); /* none of the window's is left */
    uint32_t found = 0;
    for (uint32_t i = 0; i < fake_mapping_count; i++) {
        const struct fake_mapping *mapping = &fake_mappings[i];
        assert_int_equal(mapping->vspace, fake_slots[SLOT_VSPACE].object);
        if (mapping->address == SMALL_VADDR) {
            assert_int_equal(mapping->rights, SEL_RIGHT_READ | SEL_RIGHT_EXECUTE);
            assert_int_equal(mapping->physical, fake_payload_physical + 0x6000);
            found++;
        }
    }
    assert_int_equal(found, 1);
}

static void what_is_not_kept_is_given_up(void **state)
{
    (void)state;
    here.builder.header.skip_count = 2; /* both are used: the last one goes too */
    open_system();
    assert_true(construct_all());
    assert_true(give_up(&here.spec, &here.memory));
    static const uint32_t gone[] = {INITIAL_SLOT_SCHED_CONTROL,
                                    INITIAL_SLOT_IRQ_CONTROL,
                                    INITIAL_SLOT_SMC,
                                    16,
                                    17,
                                    18,
                                    19,
                                    SLOT_PAYLOAD,
                                    SLOT_SKIP,
                                    SLOT_SKIP + 1};
    static const uint32_t kept[] = {
        INITIAL_SLOT_CNODE,   INITIAL_SLOT_TCB, INITIAL_SLOT_VSPACE, INITIAL_SLOT_SCHED_CONTEXT,
        INITIAL_SLOT_CONSOLE, SLOT_TCB,         SLOT_ENDPOINT,       SLOT_SMC};
    for (size_t i = 0; i < sizeof(gone) / sizeof(gone[0]); i++) {
        assert_int_equal(fake_slots[gone[i]].type, CAP_TYPE_NULL);
    }
    for (size_t i = 0; i < sizeof(kept) / sizeof(kept[0]); i++) {
        assert_int_not_equal(fake_slots[kept[i]].type, CAP_TYPE_NULL);
    }
}

/* The nth invocation is refused: construction ends there, with one sentence of the form every refusal has. */
static void every_refusal_ends_construction_with_a_sentence(void **state)
{
    uint32_t nth = 1;

    for (;; nth++) {
        fake_end(state);
        fake_start(state);
        free(here.bytes);
        open_system();
        fake_refuse_after = nth;
        fake_refusal = SEL_ERROR_DENIED;
        if (construct_all()) {
            break;
        }
        assert_int_equal(strncmp(fake_console, "roottask: cannot ", 17), 0);
        assert_non_null(strstr(fake_console, ": refused by the fake\n"));
        assert_ptr_equal(strchr(fake_console, '\n'), fake_console + strlen(fake_console) - 1);
    }
    /* 1 Untyped, 10 Retypes of objects, 2 gaps, 3 of fixed frames, 1 interrupt, 4 capabilities, 2 pages by 4, 41 mappings. */
    assert_int_equal(nth, 1 + 10 + 2 + 3 + 1 + 4 + 8 + 41 + 1);
}

static void a_refusal_names_the_object(void **state)
{
    (void)state;
    open_system();
    fake_refuse_after = 2; /* the first object behind the part's Untyped */
    fake_refusal = SEL_ERROR_NO_MEMORY;
    assert_false(construct_all());
    assert_string_equal(fake_console, "roottask: cannot make worker_cnode: refused by the fake\n");
}

static void too_large_a_part_is_told_with_its_size(void **state)
{
    (void)state;
    struct spec_untyped huge = {.slot = 60, .part = 0, .size_bits = 25};

    builder_add(&here.builder, SPEC_TABLE_UNTYPED, &huge);
    open_system();
    assert_false(construct_all());
    assert_string_equal(fake_console,
                        "roottask: cannot make the memory of worker_part: no piece of RAM of 2^25 bytes is left; "
                        "give the machine more memory or the spec less\n");
}

static void a_device_that_is_not_there_is_told(void **state)
{
    (void)state;
    struct spec_fixed_frame far = {.address = 0x100000000,
                                   .slot = 60,
                                   .count = 1,
                                   .kind = SPEC_FIXED_DEVICE,
                                   .size_bits = 12,
                                   .name = builder_string(&here.builder, "far_device")};
    builder_add(&here.builder, SPEC_TABLE_FIXED_FRAME, &far);
    open_system();
    assert_false(construct_all());
    assert_string_equal(fake_console,
                        "roottask: cannot make far_device: the kernel gave no such memory at its address\n");
}

/* From page 1 to page 7 there is no single aligned piece: pages 1, 2..3, 4..5 and 6. */
static void gaps_are_skipped_in_aligned_pieces(void **state)
{
    (void)state;
    struct spec_fixed_frame next = {.address = SMALL_DEVICE + 0x7000,
                                    .slot = 60,
                                    .count = 1,
                                    .kind = SPEC_FIXED_DEVICE,
                                    .size_bits = 12,
                                    .name = builder_string(&here.builder, "next_device")};
    static const uint8_t bits[] = {12, 13, 13, 12};
    builder_add(&here.builder, SPEC_TABLE_FIXED_FRAME, &next);
    open_system();
    assert_true(construct_all());
    assert_int_equal(fake_slots[60].object, SMALL_DEVICE + 0x7000);
    for (uint32_t i = 0; i < sizeof(bits); i++) {
        assert_int_equal(fake_slots[SLOT_SKIP + 2 + i].size_bits, bits[i]);
    }
}

static void memory_is_used_to_its_end(void **state)
{
    (void)state;
    struct boot_memory memory = {.count = 1,
                                 .untyped = {{.next = 0x40000000, .end = 0x40100000, .kind = UNTYPED_KIND_RAM}}};

    assert_ptr_equal(boot_memory_find_ram(&memory, 20), &memory.untyped[0]);
    assert_null(boot_memory_find_ram(&memory, 21));
    memory.untyped[0].next += 4096;
    assert_null(boot_memory_find_ram(&memory, 20));
    assert_ptr_equal(boot_memory_find_ram(&memory, 19), &memory.untyped[0]);
    memory.untyped[0].kind = UNTYPED_KIND_DEVICE;
    assert_null(boot_memory_find_ram(&memory, 12));
}

static void too_few_slots_for_gaps_are_told(void **state)
{
    (void)state;
    here.builder.header.skip_count = 1;
    open_system();
    assert_false(construct_all());
    assert_string_equal(
        fake_console,
        "roottask: cannot reach the address of worker_image: the spec has too few slots for the gaps before it\n");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(objects_are_made_in_their_slots, start, end),
        cmocka_unit_test_setup_teardown(fixed_frames_lie_at_their_addresses, start, end),
        cmocka_unit_test_setup_teardown(capabilities_have_rights_and_badges, start, end),
        cmocka_unit_test_setup_teardown(a_moved_capability_leaves_its_slot, start, end),
        cmocka_unit_test_setup_teardown(contents_are_copied_and_the_rest_stays_zero, start, end),
        cmocka_unit_test_setup_teardown(mappings_are_as_the_spec_says, start, end),
        cmocka_unit_test_setup_teardown(what_is_not_kept_is_given_up, start, end),
        cmocka_unit_test_setup_teardown(every_refusal_ends_construction_with_a_sentence, start, end),
        cmocka_unit_test_setup_teardown(a_refusal_names_the_object, start, end),
        cmocka_unit_test_setup_teardown(too_large_a_part_is_told_with_its_size, start, end),
        cmocka_unit_test_setup_teardown(a_device_that_is_not_there_is_told, start, end),
        cmocka_unit_test_setup_teardown(gaps_are_skipped_in_aligned_pieces, start, end),
        cmocka_unit_test_setup_teardown(memory_is_used_to_its_end, start, end),
        cmocka_unit_test_setup_teardown(too_few_slots_for_gaps_are_told, start, end),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
