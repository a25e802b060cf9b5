/* SPDX-License-Identifier: BSD-2-Clause */
/* The real-time clock's registers (DDI 0224, 3.2), its counting, and its alarm. */
#include <stdlib.h>

#include "test/unit/vmm/fake_services.h"
#include "vmm/device.h"

extern const struct device_model device_model_pl031;

enum {
    DR = 0x00,
    MR = 0x04,
    LR = 0x08,
    CR = 0x0c,
    IMSC = 0x10,
    RIS = 0x14,
    MIS = 0x18,
    ICR = 0x1c,
    BEGIN = 1764547200, /* 2025-12-01 00:00:00 */
};

#define SECOND 1000000000ull

static const struct device_model *const model = &device_model_pl031;
static _Alignas(SEL_GUEST_DEVICE_STATE_ALIGN) uint8_t clock_state[SEL_GUEST_DEVICE_STATE_BYTES];

static int setup(void **state)
{
    (void)state;
    fake_reset(2);
    memset(clock_state, 0, sizeof(clock_state));
    model->reset(clock_state, BEGIN);
    return 0;
}

static uint32_t get(uint64_t offset)
{
    uint64_t value = 0;
    assert_true(model->read(clock_state, offset, 4, &value));
    return (uint32_t)value;
}

static void put(uint64_t offset, uint32_t value)
{
    assert_true(model->write(clock_state, offset, 4, value));
}

static void pl031_identifies_itself(void **state)
{
    (void)state;
    static const uint8_t expected[] = {0x31, 0x10, 0x14, 0x00, 0x0d, 0xf0, 0x05, 0xb1};
    for (unsigned i = 0; i < 8; i++) {
        assert_int_equal(get(0xfe0 + 4 * i), expected[i]);
    }
    assert_int_equal(get(CR), 1);
    put(CR, 0);
    assert_int_equal(get(CR), 1);
    assert_int_equal(get(0x800), 0);
}

static void pl031_counts_seconds_from_its_setting(void **state)
{
    (void)state;
    assert_int_equal(get(DR), BEGIN);
    fake.now_ns = 3 * SECOND - 1;
    assert_int_equal(get(DR), BEGIN + 2);
    fake.now_ns = 3 * SECOND;
    assert_int_equal(get(DR), BEGIN + 3);
    put(DR, 1); /* read-only */
    assert_int_equal(get(DR), BEGIN + 3);
}

static void pl031_is_set_by_load(void **state)
{
    (void)state;
    fake.now_ns = 10 * SECOND + SECOND / 2;
    put(LR, 0xfffffffe);
    assert_int_equal(get(LR), 0xfffffffe);
    assert_int_equal(get(DR), 0xfffffffe);
    fake.now_ns += 3 * SECOND; /* it wraps around */
    assert_int_equal(get(DR), 1);
    assert_int_equal(get(LR), 0xfffffffe);
}

static void pl031_alarm(void **state)
{
    (void)state;
    fake.now_ns = SECOND / 2;
    assert_int_equal(model->due_ns(clock_state), 0);
    put(MR, BEGIN + 5);
    assert_int_equal(model->due_ns(clock_state), 5 * SECOND);
    fake.now_ns = 5 * SECOND - 1;
    model->poll(clock_state);
    assert_int_equal(get(RIS), 0);
    fake.now_ns = 5 * SECOND;
    model->poll(clock_state);
    assert_int_equal(get(RIS), 1);
    assert_int_equal(get(MIS), 0);
    assert_false(model->line(clock_state));
    put(IMSC, 0xff);
    assert_int_equal(get(IMSC), 1);
    assert_int_equal(get(MIS), 1);
    assert_true(model->line(clock_state));
    put(ICR, 1);
    assert_int_equal(get(RIS), 0);
    assert_false(model->line(clock_state));
    assert_int_equal(model->due_ns(clock_state), 0); /* once */
}

static void pl031_alarm_for_now_comes_at_once(void **state)
{
    (void)state;
    put(MR, BEGIN);
    assert_int_equal(get(RIS), 1);
}

/* A time that is past comes again when the counter has wrapped around: in 2^32 - 2 seconds. */
static void pl031_alarm_for_the_past_waits(void **state)
{
    (void)state;
    fake.now_ns = 4 * SECOND;
    put(MR, BEGIN + 2);
    assert_int_equal(get(RIS), 0);
    assert_int_equal(model->due_ns(clock_state), (4 + 0xfffffffeull) * SECOND);
}

/* Setting an alarm, however long after the start and however often, leaves the time alone. */
static void pl031_alarm_leaves_the_time_alone(void **state)
{
    (void)state;
    fake.now_ns = 10 * SECOND + SECOND / 2;
    for (unsigned i = 0; i < 3; i++) {
        put(MR, BEGIN + 60 + i);
        assert_int_equal(get(DR), BEGIN + 10);
    }
    assert_int_equal(model->due_ns(clock_state), 62 * SECOND);
    fake.now_ns = 11 * SECOND; /* seconds end when they did before */
    assert_int_equal(get(DR), BEGIN + 11);
}

static void pl031_other_sizes(void **state)
{
    (void)state;
    uint64_t value = 0;
    assert_true(model->write(clock_state, DR, 8, (uint64_t)7 << 32)); /* DR and MR */
    assert_true(model->read(clock_state, DR, 8, &value));
    assert_int_equal(value, (uint64_t)7 << 32 | BEGIN);
    assert_true(model->read(clock_state, DR, 1, &value));
    assert_int_equal(value & 0xff, BEGIN & 0xff);
    assert_true(model->read(clock_state, DR + 2, 2, &value)); /* no register begins there */
    assert_int_equal(value & 0xffff, 0);
    assert_true(model->write(clock_state, MR + 2, 2, 1));
    assert_int_equal(get(MR), 7);
}

/* Whatever a guest does, whenever it is polled: time goes on, the line is what the registers say, a wake-up is asked for only ahead or at once. */
static void pl031_any_accesses(void **state)
{
    (void)state;
    srand(1);
    for (unsigned i = 0; i < 100000; i++) {
        unsigned size = 1u << rand() % 4;
        uint64_t offset = (unsigned)rand() % (rand() % 2 ? 0x20u : 0x1000u) & ~(uint64_t)(size - 1);
        uint64_t value = (uint64_t)rand() << (rand() % 34);
        uint32_t before = get(DR);
        if (rand() % 2) {
            assert_true(model->read(clock_state, offset, size, &value));
        } else {
            assert_true(model->write(clock_state, offset, size, value));
        }
        assert_true(model->line(clock_state) == (get(MIS) == 1));
        assert_true(get(RIS) <= 1 && get(IMSC) <= 1);
        assert_true(get(DR) == before || offset <= LR);
        assert_true(model->due_ns(clock_state) == 0 || model->due_ns(clock_state) > fake.now_ns);
        fake.now_ns += (uint64_t)rand() << (rand() % 8);
        if (model->due_ns(clock_state) <= fake.now_ns) {
            model->poll(clock_state);
        }
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup(pl031_identifies_itself, setup),
        cmocka_unit_test_setup(pl031_counts_seconds_from_its_setting, setup),
        cmocka_unit_test_setup(pl031_is_set_by_load, setup),
        cmocka_unit_test_setup(pl031_alarm, setup),
        cmocka_unit_test_setup(pl031_alarm_for_now_comes_at_once, setup),
        cmocka_unit_test_setup(pl031_alarm_for_the_past_waits, setup),
        cmocka_unit_test_setup(pl031_alarm_leaves_the_time_alone, setup),
        cmocka_unit_test_setup(pl031_other_sizes, setup),
        cmocka_unit_test_setup(pl031_any_accesses, setup),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
