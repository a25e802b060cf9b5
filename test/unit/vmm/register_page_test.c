/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * The page of UART registers that a polling guest reads without exits: shown only while no read has consequences, and then always equal
 * to what an exit would have answered.
 */
#include "test/unit/vmm/fake_services.h"
#include "vmm/board.h"

enum {
    UART = 0x09000000,
    DR = 0x00,
    RSR = 0x04,
    FR = 0x18,
    LCR_H = 0x2c,
    CR = 0x30,
    IMSC = 0x38,
    RIS = 0x3c,
    ICR = 0x44,
    CR_LOOPBACK = 0x380,
    POLLS = 100,
};

static struct gic gic;
static const struct sel_guest guest;
static struct board board;

static int setup(void **state)
{
    (void)state;
    fake_reset(2);
    memset(&board, 0, sizeof(board));
    gic_reset(&gic, 2);
    board_reset(&board, &guest, &gic);
    return 0;
}

static uint32_t get(uint64_t offset)
{
    uint64_t value = 0;
    assert_true(board_read(&board, UART + offset, 4, &value));
    return (uint32_t)value;
}

static void put(uint64_t offset, uint32_t value)
{
    assert_true(board_write(&board, UART + offset, 4, value));
}

static void poll_flags(void)
{
    for (unsigned i = 0; i < POLLS && !fake.is_page_shown; i++) {
        (void)get(FR);
    }
}

/* While the page is shown the guest does not exit, so an exit's answer may be asked for without changing anything. */
static void assert_page_is_exact(void)
{
    assert_true(fake.is_page_shown);
    for (uint64_t offset = 0; offset < 0x1000; offset += 4) {
        assert_int_equal(fake.page[offset / 4], get(offset));
    }
}

static void who_looks_once_is_not_shown(void **state)
{
    (void)state;
    (void)get(FR);
    for (unsigned i = 0; i < POLLS; i++) {
        (void)get(RIS);
        put(DR, 'a');
    }
    assert_false(fake.is_page_shown);
}

static void who_polls_is_shown_all_registers(void **state)
{
    (void)state;
    memset(fake.page, 0xa5, sizeof(fake.page));
    put(IMSC, 0x30);
    poll_flags();
    assert_page_is_exact();
    assert_memory_equal(fake.page_as_shown, fake.page, sizeof(fake.page)); /* the guest sees it from then on */
    assert_int_equal(fake.page[0xfe0 / 4], 0x11);
    assert_int_equal(fake.page[IMSC / 4], 0x30);
}

static void writes_change_what_is_shown(void **state)
{
    (void)state;
    static const uint16_t offsets[] = {DR,   RSR,  0x18, 0x20, 0x24, 0x28, LCR_H, CR,
                                       0x34, IMSC, RIS,  0x40, ICR,  0x48, 0xfe0};
    poll_flags();
    for (unsigned i = 0; i < sizeof(offsets) / sizeof(offsets[0]); i++) {
        put(offsets[i], 0x15);
        assert_page_is_exact();
    }
    assert_true(board_write(&board, UART + 0x34, 8, 0x1200000021)); /* not aligned: byte by byte */
    assert_page_is_exact();
    assert_true(board_write(&board, UART + 0x20, 8, 0x1200000021));
    assert_page_is_exact();
    assert_int_equal(fake.page[0x24 / 4], 0x12);
    put(IMSC, 0x20); /* the masked state of interrupts follows mask and bytes */
    put(ICR, 0x7ff);
    assert_page_is_exact();
    put(DR, 'a');
    assert_page_is_exact();
    assert_int_equal(fake.page[0x40 / 4], 0x20);
    assert_true(board_write(&board, UART + 0x25, 1, 0x7f));
    assert_page_is_exact();
}

/* A guest that polls with the FIFOs on, after it has read two bytes: DR shows neither. */
static void poll_flags_behind_two_bytes(void)
{
    board_reset(&board, &guest, &gic);
    put(LCR_H, 0x10);
    fake_type("AB");
    board_poll(&board);
    assert_int_equal(get(DR), 'A');
    assert_int_equal(get(DR), 'B');
    poll_flags();
    assert_page_is_exact();
    assert_int_not_equal(fake.page[DR], 'A');
}

/** Whether FIFOs are on decides which of the bytes read before DR shows. */
static void a_changed_fifo_shows_another_last_byte(void **state)
{
    (void)state;
    poll_flags_behind_two_bytes();
    put(LCR_H, 0);
    assert_page_is_exact();
    put(LCR_H, 0x10);
    assert_page_is_exact();
}

/* Stores narrower and wider than the register turn the FIFOs off as well. */
static void a_fifo_changed_by_any_store_shows_another_last_byte(void **state)
{
    (void)state;
    static const struct {
        uint64_t offset;
        unsigned size;
    } stores[] = {{LCR_H, 1}, {LCR_H + 1, 1}, {LCR_H + 2, 1}, {LCR_H + 3, 1},
                  {LCR_H, 2}, {LCR_H + 2, 2}, {LCR_H, 4},     {LCR_H - 4, 8}};
    for (size_t i = 0; i < sizeof(stores) / sizeof(stores[0]); i++) {
        poll_flags_behind_two_bytes();
        assert_true(board_write(&board, UART + stores[i].offset, stores[i].size, 0));
        assert_page_is_exact();
        assert_int_equal(fake.page[DR], 'A');
    }
}

static void a_full_wire_shows_in_the_flags(void **state)
{
    (void)state;
    poll_flags();
    fake.output_room = 0;
    put(DR, 'x');
    assert_page_is_exact();
    assert_int_equal(fake.page[FR / 4] & 0x20, 0x20);
    fake.output_room = 1;
    board_poll(&board);
    assert_page_is_exact();
    assert_int_equal(fake.page[FR / 4] & 0x20, 0);
}

static void input_takes_the_page_away(void **state)
{
    (void)state;
    poll_flags();
    fake_type("k");
    board_poll(&board);
    assert_false(fake.is_page_shown);
    for (unsigned i = 0; i < POLLS; i++) {
        assert_int_equal(get(FR) & 0x10, 0);
    }
    assert_false(fake.is_page_shown); /* the byte would be read without leaving the FIFO */
    assert_int_equal(get(DR), 'k');
    poll_flags();
    assert_page_is_exact();
    assert_int_equal(fake.show_count, 2);
}

/* A load of what is shown does not exit, but an instruction that the guest changed without its caches knowing is carried out as memory has it. */
static void input_taken_by_a_load_takes_the_page_away(void **state)
{
    (void)state;
    poll_flags();
    fake_type("kl");
    (void)get(DR);
    assert_false(fake.is_page_shown);
    assert_int_equal(get(FR) & 0x10, 0);
    assert_int_equal(get(DR), 'k');
    assert_int_equal(get(DR), 'l');
}

static void loopback_takes_the_page_away(void **state)
{
    (void)state;
    put(CR, CR_LOOPBACK);
    poll_flags();
    put(DR, 'l');
    assert_false(fake.is_page_shown);
    assert_int_equal(get(DR), 'l');
}

/* A break's mark in RSR would go with the next load of DR: a page could not do that. */
static void a_status_to_come_keeps_the_page_away(void **state)
{
    (void)state;
    put(CR, CR_LOOPBACK);
    put(LCR_H, 1);
    put(LCR_H, 0);
    assert_int_equal(get(DR), 1 << 10);
    poll_flags();
    assert_false(fake.is_page_shown);
    assert_int_equal(get(RSR), 4);
    put(RSR, 0);
    poll_flags();
    assert_page_is_exact();
}

/* FIFOs turned off lose what they hold but not its interrupt, which the next load of DR takes away. */
static void an_interrupt_without_a_byte_keeps_the_page_away(void **state)
{
    (void)state;
    put(LCR_H, 0x10);
    fake_type("a");
    board_poll(&board);
    put(LCR_H, 0);
    assert_int_equal(get(RIS), 0x10);
    poll_flags();
    assert_false(fake.is_page_shown);
    (void)get(DR);
    assert_int_equal(get(RIS), 0);
    poll_flags();
    assert_page_is_exact();
}

static void a_reset_takes_the_page_away(void **state)
{
    (void)state;
    poll_flags();
    board_reset(&board, &guest, &gic);
    assert_false(fake.is_page_shown);
    board_reset(&board, &guest, &gic);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup(who_looks_once_is_not_shown, setup),
        cmocka_unit_test_setup(who_polls_is_shown_all_registers, setup),
        cmocka_unit_test_setup(writes_change_what_is_shown, setup),
        cmocka_unit_test_setup(a_changed_fifo_shows_another_last_byte, setup),
        cmocka_unit_test_setup(a_fifo_changed_by_any_store_shows_another_last_byte, setup),
        cmocka_unit_test_setup(a_full_wire_shows_in_the_flags, setup),
        cmocka_unit_test_setup(input_takes_the_page_away, setup),
        cmocka_unit_test_setup(input_taken_by_a_load_takes_the_page_away, setup),
        cmocka_unit_test_setup(loopback_takes_the_page_away, setup),
        cmocka_unit_test_setup(a_status_to_come_keeps_the_page_away, setup),
        cmocka_unit_test_setup(an_interrupt_without_a_byte_keeps_the_page_away, setup),
        cmocka_unit_test_setup(a_reset_takes_the_page_away, setup),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
