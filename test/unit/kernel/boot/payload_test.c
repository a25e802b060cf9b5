/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * The payload's header: one fault at a time, each told in its sentence; the bounds themselves are permitted.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "kernel/arch/aarch64/machine.h"
#include "test/unit/kernel/boot/board.h"

#define PAGE      4096ul
#define KERNEL_TO 0x40280000ul

#define board_test(function) cmocka_unit_test_setup_teardown(function, board_new, board_delete)

static const char *const no_payload = "no payload behind the kernel: boot image.bin, not the bare kernel";
static const char *const no_room = "the payload does not fit the machine's RAM: the image is damaged, or give the "
                                   "machine more memory";
static const char *const no_pages = "the payload's header: sizes and addresses must be multiples of 4096";
static const char *const no_sizes = "the payload's header: the roottask's sizes make no sense";
static const char *const no_space = "the payload's header: the roottask lies outside the address space";
static const char *const no_entry = "the payload's header: the roottask's entry lies outside its image";
static const char *const no_image = "the payload's header: the roottask's image or spec.bin lies outside the payload";
static const char *const no_slots = "the payload's header: the roottask's CNode must have 2^8..2^20 slots and no more "
                                    "than 4096 spare page tables";

static uint64_t kernel_end;

static void find(void)
{
    (void)memory_add_ram(BOARD_RAM, BOARD_RAM_END);
    boot_require(payload_find(kernel_end) == board_payload(), "it is found somewhere else");
}

static const char *problem(void)
{
    board_run(find);
    return board_problem();
}

#define FIELD(name) offsetof(struct payload, name)

static void each_field_is_checked(void **state)
{
    (void)state;
    static const struct {
        uint64_t field;
        uint64_t value;
        const char *why; /* NULL: permitted */
    } cases[] = {
        {FIELD(magic), 0, no_payload},
        {FIELD(size), 0x40001, no_room},
        {FIELD(size), PAGE, no_room},
        {FIELD(size), 1ul << 40, no_room},
        {FIELD(image_offset), 0, no_image},
        {FIELD(image_offset), 0x3c000, no_image},
        {FIELD(image_offset), UINT64_MAX - PAGE + 1, no_image},
        {FIELD(spec_offset), 0x40001, no_image},
        {FIELD(spec_size), 0x38001, no_image},
        {FIELD(spec_size), 0x38000, NULL},
        {FIELD(slot_bits), 7, no_slots},
        {FIELD(slot_bits), 8, NULL},
        {FIELD(slot_bits), 20, NULL},
        {FIELD(slot_bits), 21, no_slots},
        {FIELD(slot_bits), 0xff0c, NULL}, /* the low 8 bits count */
        {FIELD(spare_tables), 4096, NULL},
        {FIELD(spare_tables), 4097, no_slots},
        {FIELD(base), 0x10000001, no_pages},
        {FIELD(writable_from), 0x10003800, no_pages},
        {FIELD(stack_size), 0x4010, no_pages},
        {FIELD(file_size), 0, no_sizes},
        {FIELD(memory_size), 0x4000, no_sizes},
        {FIELD(memory_size), (64ul << 20) + PAGE, no_sizes},
        {FIELD(base), 0, no_space},
        {FIELD(base), 1ul << SEL_LIMIT_ADDRESS_BITS, no_space},
        {FIELD(entry), 0x10000000 - 4, no_entry},
        {FIELD(entry), 0x10005000, no_entry},
        {FIELD(entry), 0x10004ffc, NULL},
        {FIELD(stack_size), 0, no_sizes},
        {FIELD(stack_size), (16ul << 20) + PAGE, no_sizes},
        {FIELD(stack_size), 16ul << 20, NULL},
    };
    kernel_end = KERNEL_TO;
    const struct payload right = *board_payload();
    assert_null(problem());
    for (unsigned int i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
        *board_payload() = right;
        memcpy((char *)board_payload() + cases[i].field, &cases[i].value, sizeof(uint64_t));
        const char *found = problem();
        if (cases[i].why == NULL) {
            assert_null(found);
        } else {
            assert_non_null(found);
            assert_string_equal(found, cases[i].why);
        }
    }
}

static void it_must_lie_in_ram(void **state)
{
    (void)state;
    kernel_end = BOARD_RAM_END;
    assert_string_equal(problem(), no_payload);
}

static uint64_t is_checked;

static void check_crc(void)
{
    outcome->mapping_count = payload_check_crc(board_payload());
}

static const char *crc_problem(void)
{
    board_run(check_crc);
    is_checked = outcome->mapping_count;
    return board_problem();
}

/** CRC-32 of all behind the header's page; the value of a payload of zeroes comes from zlib. */
static void the_checksum_is_compared(void **state)
{
    (void)state;
    board_payload()->size = 2 * PAGE;
    board_payload()->crc = 0xc71c0011; /* zlib.crc32(bytes(4096)) */
    assert_null(crc_problem());
    assert_true(is_checked);
    ((uint8_t *)board_payload())[2 * PAGE - 1] = 1;
    assert_string_equal(crc_problem(), "the payload's checksum is wrong: the image is damaged");
    board_payload()->crc = 0;
    assert_null(crc_problem());
    assert_false(is_checked);
    board_payload()->crc = 1;
    board_registers.id_aa64isar0_el1 = 0; /* a processor without the instruction */
    assert_null(crc_problem());
    assert_false(is_checked);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        board_test(each_field_is_checked),
        board_test(it_must_lie_in_ram),
        board_test(the_checksum_is_compared),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
