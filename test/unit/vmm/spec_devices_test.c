/* SPDX-License-Identifier: BSD-2-Clause */
/* Devices of the spec on a guest's board: found by address, cut and refused as the board does, their lines and their time. */
#include "test/unit/vmm/fake_services.h"
#include "vmm/board.h"
#include "vmm/device.h"

enum {
    FIRST = 0x0c000000,
    SECOND = 0x0c002000, /* a page behind the first's end */
    BYTES = 0x1000,
    INTID = 32 + 112,
    LATCH = 0x00,
    LEVEL = 0x08,
    DUE = 0x10,
    REFUSED = 0x18,
};

/* Remembers bytes; its line and its time are what the guest writes. */
struct model {
    uint8_t bytes[BYTES];
    unsigned poll_count;
    uint64_t setting;
};

static void model_reset(void *state, uint64_t setting)
{
    struct model *model = state;
    model->setting = setting;
    model->bytes[BYTES - 1] = 0x5a;
}

static bool model_read(void *state, uint64_t offset, unsigned size, uint64_t *value)
{
    struct model *model = state;
    assert_true(offset + size <= BYTES && (offset & (size - 1)) == 0);
    *value = ~0ull; /* what is above `size` bytes is not the guest's to see */
    memcpy(value, &model->bytes[offset], size);
    return offset != REFUSED;
}

static bool model_write(void *state, uint64_t offset, unsigned size, uint64_t value)
{
    struct model *model = state;
    assert_true(offset + size <= BYTES && (offset & (size - 1)) == 0);
    assert_true(size == 8 || value >> (8 * size) == 0);
    if (offset == REFUSED) {
        return false;
    }
    memcpy(&model->bytes[offset], &value, size);
    return true;
}

static bool model_line(const void *state)
{
    return ((const struct model *)state)->bytes[LEVEL];
}

static uint64_t model_due_ns(const void *state)
{
    uint64_t due_ns;
    memcpy(&due_ns, &((const struct model *)state)->bytes[DUE], sizeof(due_ns));
    return due_ns;
}

static void model_poll(void *state)
{
    struct model *model = state;
    model->poll_count++;
    model->bytes[LEVEL] = services_now_ns() >= 1000;
}

static const struct device_model whole = {
    .compatible = {"test,whole"},
    .register_bytes = BYTES,
    .state_bytes = sizeof(struct model),
    .reset = model_reset,
    .read = model_read,
    .write = model_write,
    .line = model_line,
    .due_ns = model_due_ns,
    .poll = model_poll,
};
static const struct device_model bare = {
    .compatible = {"test,bare"},
    .register_bytes = BYTES,
    .state_bytes = sizeof(struct model),
    .read = model_read,
    .write = model_write,
};

static struct model first, second;
static const struct sel_guest_device rows[] = {
    {.model = &whole, .address = FIRST, .intid = INTID, .setting = 77, .state = &first},
    {.model = &bare, .address = SECOND, .state = &second},
};
static const struct sel_guest guest = {.device_count = 2, .devices = rows};
static struct gic gic;
static struct board board;

static int setup(void **state)
{
    (void)state;
    fake_reset(2);
    memset(&board, 0, sizeof(board));
    memset(&first, 0xff, sizeof(first));
    memset(&second, 0xff, sizeof(second));
    gic_reset(&gic, 2);
    board_reset(&board, &guest, &gic);
    return 0;
}

static void put(uint64_t address, unsigned size, uint64_t value)
{
    assert_true(board_write(&board, address, size, value));
}

static uint64_t get(uint64_t address, unsigned size)
{
    uint64_t value = 0;
    assert_true(board_read(&board, address, size, &value));
    return value;
}

static void spec_devices_begin_at_reset_values(void **state)
{
    (void)state;
    assert_int_equal(first.setting, 77);
    assert_int_equal(get(FIRST, 8), 0);
    assert_int_equal(get(FIRST + BYTES - 1, 1), 0x5a);
    assert_int_equal(get(SECOND + BYTES - 1, 1), 0);
    put(FIRST, 4, 5);
    put(FIRST + LEVEL, 1, 1);
    board_reset(&board, &guest, &gic);
    assert_int_equal(get(FIRST, 4), 0);
    assert_false(gic_test(gic.line, INTID));
}

static void spec_devices_answer_at_their_addresses_only(void **state)
{
    (void)state;
    uint64_t value;
    put(FIRST + LATCH, 4, 0x11223344);
    put(SECOND + LATCH, 4, 0x55667788);
    assert_int_equal(get(FIRST, 4), 0x11223344);
    assert_int_equal(get(SECOND, 4), 0x55667788);
    assert_int_equal(get(FIRST, 1), 0x44);
    assert_false(board_read(&board, FIRST - 1, 1, &value));
    assert_false(board_read(&board, FIRST + BYTES, 4, &value));
    assert_false(board_write(&board, SECOND + BYTES, 1, 0));
    assert_true(board_read(&board, 0x09000018, 4, &value)); /* the UART is there as ever */
}

static void spec_devices_get_unaligned_accesses_in_pieces(void **state)
{
    (void)state;
    uint64_t value;
    put(FIRST + LATCH + 1, 4, 0xddccbbaa);
    assert_int_equal(get(FIRST + LATCH, 8), 0xddccbbaa00);
    assert_int_equal(get(FIRST + LATCH + 1, 4), 0xddccbbaa);
    assert_false(board_read(&board, FIRST + BYTES - 2, 4, &value)); /* two of its bytes are nobody's */
}

static void spec_devices_may_refuse(void **state)
{
    (void)state;
    uint64_t value = 9;
    assert_false(board_read(&board, FIRST + REFUSED, 4, &value));
    assert_false(board_write(&board, FIRST + REFUSED, 4, 1));
}

static void spec_devices_raise_their_lines(void **state)
{
    (void)state;
    put(FIRST + LEVEL, 1, 1);
    assert_true(gic_test(gic.line, INTID));
    put(SECOND + LEVEL, 1, 1); /* it has none */
    put(FIRST + LEVEL, 1, 0);
    assert_false(gic_test(gic.line, INTID));
    for (unsigned bank = 0; bank < GIC_BANK_COUNT; bank++) {
        assert_int_equal(gic.line[bank], 0);
    }
}

static void spec_devices_are_woken_in_time(void **state)
{
    (void)state;
    assert_int_equal(fake.wake_count, 0);
    put(FIRST + DUE, 8, 1000);
    assert_int_equal(fake.wake_at_ns, 1000);
    put(FIRST + LATCH, 4, 1); /* it waits for the same as before */
    assert_int_equal(fake.wake_count, 1);
    fake.now_ns = 1000;
    board_poll(&board);
    assert_int_equal(first.poll_count, 1);
    assert_true(gic_test(gic.line, INTID));
    put(FIRST + DUE, 8, 0);
    fake.wake_count = 0;
    board_poll(&board);
    assert_int_equal(fake.wake_count, 0);
}

/* What wakes the VMM may be something else than the time it asked for, and then nothing else wakes it for that. */
static void spec_devices_woken_early_ask_again(void **state)
{
    (void)state;
    put(FIRST + DUE, 8, 1000);
    fake.now_ns = 500;
    fake.wake_at_ns = 0;
    board_poll(&board);
    assert_int_equal(fake.wake_at_ns, 1000);
}

/* The earlier of two is what the VMM is woken by; after it the other one is asked for. */
static void spec_devices_share_one_timer(void **state)
{
    (void)state;
    static struct model third;
    const struct sel_guest_device two[] = {rows[0],
                                           {.model = &whole, .address = SECOND, .intid = INTID + 1, .state = &third}};
    const struct sel_guest both = {.device_count = 2, .devices = two};
    board_reset(&board, &both, &gic);
    put(FIRST + DUE, 8, 3000);
    put(SECOND + DUE, 8, 2000);
    assert_int_equal(fake.wake_at_ns, 2000);
    put(SECOND + DUE, 8, 0);
    assert_int_equal(fake.wake_at_ns, 3000);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup(spec_devices_begin_at_reset_values, setup),
        cmocka_unit_test_setup(spec_devices_answer_at_their_addresses_only, setup),
        cmocka_unit_test_setup(spec_devices_get_unaligned_accesses_in_pieces, setup),
        cmocka_unit_test_setup(spec_devices_may_refuse, setup),
        cmocka_unit_test_setup(spec_devices_raise_their_lines, setup),
        cmocka_unit_test_setup(spec_devices_are_woken_in_time, setup),
        cmocka_unit_test_setup(spec_devices_woken_early_ask_again, setup),
        cmocka_unit_test_setup(spec_devices_share_one_timer, setup),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
