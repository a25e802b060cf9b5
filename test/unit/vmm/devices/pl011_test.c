/* SPDX-License-Identifier: BSD-2-Clause */
/* The UART's register model (DDI 0183), its FIFOs against a full and an empty wire, and its interrupt line. */
#include "test/unit/vmm/fake_services.h"
#include "vmm/devices/pl011.h"

enum {
    DR = 0x00,
    RSR = 0x04,
    FR = 0x18,
    LCR_H = 0x2c,
    CR = 0x30,
    IFLS = 0x34,
    IMSC = 0x38,
    RIS = 0x3c,
    MIS = 0x40,
    ICR = 0x44,
    FR_RXFE = 1 << 4,
    FR_TXFF = 1 << 5,
    FR_RXFF = 1 << 6,
    FR_TXFE = 1 << 7,
    RX = 1 << 4,
    TX = 1 << 5,
    FEN = 1 << 4,
    CR_LOOPBACK = 0x380,
    CR_RTS = 1 << 11,
    INTERRUPT_CTS = 1 << 1,
};

static struct pl011 uart;

static int setup(void **state)
{
    (void)state;
    fake_reset(2);
    pl011_reset(&uart);
    return 0;
}

static uint32_t get(uint64_t offset)
{
    return (uint32_t)pl011_read(&uart, offset, 4);
}

static void put(uint64_t offset, uint32_t value)
{
    pl011_write(&uart, offset, 4, value);
}

static void pl011_reset_values(void **state)
{
    (void)state;
    assert_int_equal(get(FR), FR_RXFE | FR_TXFE);
    assert_int_equal(get(CR), 0x300);
    assert_int_equal(get(IFLS), 0x12);
    assert_int_equal(get(IMSC), 0);
    assert_int_equal(get(RIS), 0);
    assert_false(pl011_line(&uart));
}

/* What has no effect here is still what was written, each register its own. */
static void pl011_settings_are_kept(void **state)
{
    (void)state;
    static const uint16_t settings[] = {0x20, 0x24, 0x28, LCR_H, CR, IFLS, IMSC, 0x48};
    for (uint32_t i = 0; i < sizeof(settings) / sizeof(settings[0]); i++) {
        put(settings[i], 0x300 + i);
    }
    for (uint32_t i = 0; i < sizeof(settings) / sizeof(settings[0]); i++) {
        assert_int_equal(get(settings[i]), 0x300 + i);
    }
    assert_int_equal(get(ICR), 0);
    assert_int_equal(get(0x4c), 0); /* reserved */
}

static void pl011_identification(void **state)
{
    (void)state;
    const uint8_t expected[] = {0x11, 0x10, 0x14, 0x00, 0x0d, 0xf0, 0x05, 0xb1};
    for (unsigned i = 0; i < 8; i++) {
        assert_int_equal(get(0xfe0 + 4 * i), expected[i]);
    }
}

static void pl011_sends_at_once(void **state)
{
    (void)state;
    put(DR, 'h');
    put(DR, 'i');
    assert_int_equal(fake.output_count, 2);
    assert_memory_equal(fake.output, "hi", 2);
    assert_true(get(RIS) & TX);
    assert_true(get(FR) & FR_TXFE);
    assert_true(fake.flush_count > 0);
}

static void pl011_transmit_interrupt_is_masked_and_cleared(void **state)
{
    (void)state;
    put(DR, 'x');
    assert_false(pl011_line(&uart));
    put(IMSC, TX);
    assert_true(pl011_line(&uart));
    assert_int_equal(get(MIS), TX);
    put(ICR, TX);
    assert_false(pl011_line(&uart));
}

static void pl011_full_wire_fills_the_fifo_and_loses_nothing(void **state)
{
    (void)state;
    put(LCR_H, FEN);
    fake.output_room = 0;
    for (unsigned i = 0; i < 16; i++) {
        assert_false(get(FR) & FR_TXFF);
        put(DR, 'a' + i);
    }
    assert_true(get(FR) & FR_TXFF);
    assert_false(get(RIS) & TX);
    fake.output_room = 10;
    pl011_poll(&uart);
    assert_false(get(FR) & FR_TXFF);
    assert_false(get(RIS) & TX);
    fake.output_room = 10;
    pl011_poll(&uart);
    assert_true(get(RIS) & TX);
    assert_memory_equal(fake.output, "abcdefghijklmnop", 16);
}

static void pl011_writes_to_a_full_fifo_are_lost_alone(void **state)
{
    (void)state;
    fake.output_room = 0; /* FEN = 0: depth 1 */
    put(DR, 'a');
    assert_true(get(FR) & FR_TXFF);
    put(DR, 'b');
    fake.output_room = 5;
    pl011_poll(&uart);
    assert_int_equal(fake.output_count, 1);
    assert_int_equal(fake.output[0], 'a');
}

static void pl011_receives_one_without_fifo(void **state)
{
    (void)state;
    put(IMSC, RX);
    fake_type("ab");
    pl011_poll(&uart);
    assert_true(pl011_line(&uart));
    assert_true(get(FR) & FR_RXFF);
    assert_int_equal(fake.input_taken, 1);
    assert_int_equal(get(DR), 'a');
    assert_true(pl011_line(&uart)); /* the next byte came at once */
    assert_int_equal(get(DR), 'b');
    assert_false(pl011_line(&uart));
    assert_true(get(FR) & FR_RXFE);
}

static void pl011_receives_sixteen_with_fifo(void **state)
{
    (void)state;
    put(LCR_H, FEN);
    fake_type("0123456789abcdefXYZ");
    pl011_poll(&uart);
    assert_int_equal(fake.input_taken, 16);
    assert_true(get(FR) & FR_RXFF);
    for (unsigned i = 0; i < 19; i++) {
        assert_int_equal(get(DR), "0123456789abcdefXYZ"[i]);
    }
    assert_true(get(FR) & FR_RXFE);
}

static void pl011_turning_the_fifo_off_empties_it(void **state)
{
    (void)state;
    put(LCR_H, FEN);
    fake_type("abcdef");
    pl011_poll(&uart);
    put(LCR_H, 0);
    assert_true(get(FR) & FR_RXFE);
    assert_true(uart.receive.count <= 1);
}

/* What waits is sent when there is room again, even if the guest turns the FIFOs on or off before the VMM has looked. */
static void pl011_turning_the_fifo_off_sends_what_waits(void **state)
{
    (void)state;
    for (unsigned is_on = 0; is_on < 2; is_on++) {
        pl011_reset(&uart);
        fake.output_count = 0;
        put(LCR_H, is_on ? FEN : 0);
        fake.output_room = 0;
        put(DR, 'w');
        fake.output_room = 1;
        put(LCR_H, is_on ? 0 : FEN);
        assert_int_equal(fake.output_count, 1);
        assert_int_equal(fake.output[0], 'w');
        assert_true(get(FR) & FR_TXFE);
        assert_true(get(RIS) & TX);
    }
}

static void pl011_loopback(void **state)
{
    (void)state;
    put(CR, 0x300 | 1 << 7 | 1 << 11);
    put(DR, 'q');
    assert_int_equal(get(FR) & 0x10f, 1); /* RTS looped to CTS */
    assert_int_equal(get(DR), 'q');
}

/* Each cause of an interrupt goes with its own reason, not with another's. */
static void pl011_interrupts_go_one_by_one(void **state)
{
    (void)state;
    put(LCR_H, FEN);
    fake_type("ab");
    pl011_poll(&uart);
    put(DR, 'x');
    assert_int_equal(get(RIS), RX | TX);
    put(ICR, TX);
    assert_int_equal(get(RIS), RX);
    assert_int_equal(get(DR), 'a');
    assert_int_equal(get(RIS), RX); /* there is more */
    assert_int_equal(get(DR), 'b');
    assert_int_equal(get(RIS), 0);
    put(DR, 'y');
    fake.output_room = 0;
    put(DR, 'z');
    assert_int_equal(get(RIS), 0); /* it waits */
}

/* Each output of CR is looped to an input of its own, with its interrupt: DDI 0183, 3.3.8. */
static void pl011_loopback_of_the_modem(void **state)
{
    (void)state;
    static const struct {
        uint32_t output, flag, interrupt;
    } wires[] = {
        {1 << 10, 1 << 1, 1 << 3}, /* DTR to DSR */
        {1 << 11, 1 << 0, 1 << 1}, /* RTS to CTS */
        {1 << 12, 1 << 2, 1 << 2}, /* OUT1 to DCD */
        {1 << 13, 1 << 8, 1 << 0}, /* OUT2 to RI */
    };
    for (size_t i = 0; i < sizeof(wires) / sizeof(wires[0]); i++) {
        put(CR, CR_LOOPBACK | wires[i].output);
        assert_int_equal(get(FR), FR_RXFE | FR_TXFE | wires[i].flag);
        assert_int_equal(get(RIS), wires[i].interrupt);
        put(IMSC, wires[i].interrupt);
        assert_true(pl011_line(&uart));
        put(IMSC, ~wires[i].interrupt);
        assert_false(pl011_line(&uart));
    }
}

/* In loopback the wires outside are cut, and the modem's inputs are CR's outputs: DDI 0183, 2.4.6. */
static void pl011_loopback_cuts_the_wires(void **state)
{
    (void)state;
    put(CR, CR_LOOPBACK | CR_RTS);
    assert_int_equal(get(RIS), INTERRUPT_CTS);
    put(CR, CR_LOOPBACK);
    assert_int_equal(get(RIS), 0);
    fake_type("a");
    pl011_poll(&uart);
    assert_true(get(FR) & FR_RXFE);
    assert_int_equal(get(RIS), 0);
}

static void pl011_widths(void **state)
{
    (void)state;
    assert_int_equal(pl011_read(&uart, 0xfe4, 1), 0x10);
    assert_int_equal(pl011_read(&uart, 0xff0, 8), 0xf00000000dull);
    pl011_write(&uart, IFLS, 8, 0x30ull << 32 | 0x2d);
    assert_int_equal(get(IFLS), 0x2d);
    assert_int_equal(get(IMSC), 0x30);
}

/* Any order of any accesses keeps the FIFOs within bounds (ASan and UBSan watch). */
static void pl011_any_accesses(void **state)
{
    (void)state;
    static const unsigned sizes[] = {1, 2, 4, 8};
    uint64_t random = 88172645463325252ull;
    for (unsigned i = 0; i < 300000; i++) {
        random ^= random << 13;
        random ^= random >> 7;
        random ^= random << 17;
        unsigned size = sizes[random & 3];
        uint64_t offset = ((random >> 8) & (random & 0x80 ? 0x7f : 0xfff)) & ~(uint64_t)(size - 1);
        fake.output_room = (random >> 40) & 1;
        fake.input_count = FAKE_CONSOLE_BYTES;
        fake.input_taken = (random >> 41) & 1 ? FAKE_CONSOLE_BYTES - 20 : FAKE_CONSOLE_BYTES;
        if (random & 0x40) {
            pl011_write(&uart, offset, size, random >> 20);
        } else {
            (void)pl011_read(&uart, offset, size);
        }
        if ((random & 0x30) == 0) {
            pl011_poll(&uart);
        }
        unsigned depth = uart.line_control & FEN ? 16 : 1;
        assert_true(uart.receive.count <= depth && uart.transmit.count <= depth);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup(pl011_reset_values, setup),
        cmocka_unit_test_setup(pl011_identification, setup),
        cmocka_unit_test_setup(pl011_settings_are_kept, setup),
        cmocka_unit_test_setup(pl011_loopback_of_the_modem, setup),
        cmocka_unit_test_setup(pl011_sends_at_once, setup),
        cmocka_unit_test_setup(pl011_transmit_interrupt_is_masked_and_cleared, setup),
        cmocka_unit_test_setup(pl011_full_wire_fills_the_fifo_and_loses_nothing, setup),
        cmocka_unit_test_setup(pl011_writes_to_a_full_fifo_are_lost_alone, setup),
        cmocka_unit_test_setup(pl011_receives_one_without_fifo, setup),
        cmocka_unit_test_setup(pl011_receives_sixteen_with_fifo, setup),
        cmocka_unit_test_setup(pl011_turning_the_fifo_off_empties_it, setup),
        cmocka_unit_test_setup(pl011_turning_the_fifo_off_sends_what_waits, setup),
        cmocka_unit_test_setup(pl011_loopback, setup),
        cmocka_unit_test_setup(pl011_interrupts_go_one_by_one, setup),
        cmocka_unit_test_setup(pl011_loopback_cuts_the_wires, setup),
        cmocka_unit_test_setup(pl011_widths, setup),
        cmocka_unit_test_setup(pl011_any_accesses, setup),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
