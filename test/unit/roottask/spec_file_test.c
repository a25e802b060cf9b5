/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * spec.bin is found behind the roottask's image, over the borders of boot Untypeds, and refused with a sentence when it is not whole.
 */
#include <stdlib.h>
#include <string.h>

#include "roottask/spec_file.h"
#include "test/unit/roottask/fake_machine.h"
#include "test/unit/roottask/spec_builder.h"

#define SPEC_AT 0x4000 /* offset in the payload of the first preloaded memory that is handed over */

static struct spec spec;
static struct boot_memory memory;

/** The small system in the payload, as if it were `size` bytes long. */
static void put_spec(uint32_t size)
{
    struct spec_builder builder;
    size_t built = 0;

    builder_small_system(&builder);
    uint8_t *bytes = builder_finish(&builder, &built);
    memcpy(fake_payload + SPEC_AT, bytes, built);
    free(bytes);
    if (size != 0) {
        ((struct spec_header *)(fake_payload + SPEC_AT))->total_bytes = size;
    }
    assert_true(boot_memory_read(&memory, fake_boot_info));
}

static bool open_spec(void)
{
    return spec_file_open(&spec, &memory, (uintptr_t)fake_window + 2 * 4096);
}

static void spec_bin_is_found_and_opened(void **state)
{
    (void)state;
    put_spec(0);
    assert_true(open_spec());
    assert_string_equal(spec_string(&spec, spec.header->system_name), "small");
    assert_int_equal(memory.skip_slot, SLOT_SKIP);
    assert_int_equal(memory.skip_end, SLOT_SKIP + 10);
    assert_int_equal(fake_slots[FAKE_SLOTS - 1].object, fake_payload_physical + SPEC_AT);
    assert_int_equal(fake_mappings[0].rights, SEL_RIGHT_READ);
}

/* 0x4000 bytes lie in the first boot Untyped; a file of 0x5000 goes on in the second. */
static void it_may_span_boot_untypeds(void **state)
{
    (void)state;
    put_spec(0x5000);
    assert_true(open_spec());
    assert_int_equal(memory.spec_first_slot, FAKE_SLOTS - 5);
    assert_int_equal(fake_slots[FAKE_SLOTS - 5].object, fake_payload_physical + 0x8000);
}

static void an_image_that_ends_early_is_told(void **state)
{
    (void)state;
    put_spec(0xd000);
    assert_false(open_spec());
    assert_string_equal(fake_console, "roottask: cannot read spec.bin: the image ends within it\n");
}

static void no_spec_is_told(void **state)
{
    (void)state;
    assert_true(boot_memory_read(&memory, fake_boot_info));
    assert_false(open_spec());
    assert_string_equal(fake_console, "roottask: cannot read spec.bin: there is none behind the roottask's image\n");
}

static void no_payload_is_told(void **state)
{
    (void)state;
    put_spec(0);
    memory.count = 1;
    assert_false(open_spec());
    assert_string_equal(fake_console, "roottask: cannot read spec.bin: the image has no payload\n");
}

static void a_giant_is_told(void **state)
{
    (void)state;
    put_spec(0x200008);
    assert_false(open_spec());
    assert_string_equal(fake_console, "roottask: cannot read spec.bin: it is larger than 2 MiB\n");
}

static void a_wrong_field_is_told_with_its_table(void **state)
{
    (void)state;
    put_spec(0);
    struct spec_header *header = (struct spec_header *)(fake_payload + SPEC_AT);
    struct spec_thread *thread = (struct spec_thread *)((uint8_t *)header + header->tables[SPEC_TABLE_THREAD].offset);
    thread->tcb_slot = 0;
    assert_false(open_spec());
    assert_string_equal(fake_console,
                        "roottask: spec.bin: thread 0: tcb_slot: the slot is not free for the spec (found 0x0, bound "
                        "0x1); build the image again\n");
}

static void wrong_boot_information_is_refused(void **state)
{
    (void)state;
    fake_boot_info[BOOT_INFO_MAGIC]++;
    assert_false(boot_memory_read(&memory, fake_boot_info));
    fake_boot_info[BOOT_INFO_MAGIC]--;
    fake_boot_info[BOOT_INFO_UNTYPED_COUNT] = BOOT_UNTYPED_MAX + 1;
    assert_false(boot_memory_read(&memory, fake_boot_info));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(spec_bin_is_found_and_opened, fake_start, fake_end),
        cmocka_unit_test_setup_teardown(it_may_span_boot_untypeds, fake_start, fake_end),
        cmocka_unit_test_setup_teardown(an_image_that_ends_early_is_told, fake_start, fake_end),
        cmocka_unit_test_setup_teardown(no_spec_is_told, fake_start, fake_end),
        cmocka_unit_test_setup_teardown(no_payload_is_told, fake_start, fake_end),
        cmocka_unit_test_setup_teardown(a_giant_is_told, fake_start, fake_end),
        cmocka_unit_test_setup_teardown(a_wrong_field_is_told_with_its_table, fake_start, fake_end),
        cmocka_unit_test_setup_teardown(wrong_boot_information_is_refused, fake_start, fake_end),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
