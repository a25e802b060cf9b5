/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Distributor and redistributor register by register (GICv3 IHI 0069, 12.9 and 12.11): what is written is what is read, in every bank and
 * byte, and the kernel learns of each change of its timers. What the guest is then interrupted by: gic_test.c.
 */
#include "test/unit/vmm/fake_services.h"
#include "vmm/arch/gic.h"

enum {
    GICD_CTLR = 0,
    IGROUPR = 0x80,
    ISENABLER = 0x100,
    ICENABLER = 0x180,
    ISPENDR = 0x200,
    ICPENDR = 0x280,
    ISACTIVER = 0x300,
    ICACTIVER = 0x380,
    PRIORITY = 0x400,
    ICFGR = 0xc00,
    IROUTER = 0x6000,
    PIDR0 = 0xffe0,
    WAKER = 0x14,
    SGI_FRAME = 0x10000,
};

#define TIMERS    (1u << 27 | 1u << 30)
#define PATTERN   0x5aa5c33cu
#define CLEARED   0x0ff0f00fu
#define ALL_EDGE  0xaaaaaaaau
#define SOME_EDGE 0x88888888u

static struct gic gic;

static int setup(void **state)
{
    (void)state;
    fake_reset(4);
    gic_reset(&gic, 4);
    return 0;
}

/* A 32-bit register of bank 0 is in the redistributor, of others in the distributor. */
static uint32_t get(uint64_t offset, bool is_private)
{
    return (uint32_t)(is_private ? gic_redistributor_read(&gic, SGI_FRAME + offset, 4)
                                 : gic_distributor_read(&gic, offset, 4));
}

static void put(uint64_t offset, bool is_private, uint32_t value)
{
    if (is_private) {
        gic_redistributor_write(&gic, SGI_FRAME + offset, 4, value);
    } else {
        gic_distributor_write(&gic, offset, 4, value);
    }
}

/* A pair that sets and clears: both read the same; bits of `fixed` stay 0. */
static void check_pair(uint64_t set, uint64_t clear, unsigned bank, uint32_t fixed)
{
    put(set + 4 * bank, bank == 0, PATTERN);
    assert_int_equal(get(set + 4 * bank, bank == 0), PATTERN & ~fixed);
    assert_int_equal(get(clear + 4 * bank, bank == 0), PATTERN & ~fixed);
    put(clear + 4 * bank, bank == 0, CLEARED);
    assert_int_equal(get(set + 4 * bank, bank == 0), PATTERN & ~CLEARED & ~fixed);
    put(set + 4 * bank, bank == 0, 0);
    assert_int_equal(get(clear + 4 * bank, bank == 0), PATTERN & ~CLEARED & ~fixed);
    put(clear + 4 * bank, bank == 0, ~0u);
    assert_int_equal(get(set + 4 * bank, bank == 0), 0);
}

static void banks_keep_what_is_written(void **state)
{
    (void)state;
    for (unsigned bank = 0; bank < GIC_BANK_COUNT; bank++) {
        uint32_t timers = bank == 0 ? TIMERS : 0; /* pending and active are the kernel's to say */
        put(IGROUPR + 4 * bank, bank == 0, PATTERN);
        assert_int_equal(get(IGROUPR + 4 * bank, bank == 0), PATTERN);
        check_pair(ISENABLER, ICENABLER, bank, 0);
        check_pair(ISPENDR, ICPENDR, bank, timers);
        check_pair(ISACTIVER, ICACTIVER, bank, timers);
    }
    assert_int_equal(get(ISENABLER + 4 * GIC_BANK_COUNT, false), 0);
}

static void priorities_keep_every_byte(void **state)
{
    (void)state;
    for (unsigned intid = 0; intid < GIC_INTERRUPT_COUNT; intid += 4) {
        put(PRIORITY + intid, intid < 32, 0x80604020u + intid);
    }
    for (unsigned intid = 0; intid < GIC_INTERRUPT_COUNT; intid++) {
        uint32_t word = 0x80604020u + (intid & ~3u);
        uint64_t byte = intid < 32 ? gic_redistributor_read(&gic, SGI_FRAME + PRIORITY + intid, 1)
                                   : gic_distributor_read(&gic, PRIORITY + intid, 1);
        assert_int_equal(byte, word >> 8 * (intid % 4) & 0xff);
        assert_int_equal(get(PRIORITY + (intid & ~3u), intid < 32), word);
    }
    put(PRIORITY + GIC_INTERRUPT_COUNT, false, ~0u);
    assert_int_equal(get(PRIORITY + GIC_INTERRUPT_COUNT, false), 0);
}

static void triggers_keep_what_is_written(void **state)
{
    (void)state;
    put(ICFGR, true, 0);
    assert_int_equal(get(ICFGR, true), ALL_EDGE); /* of SGIs: fixed */
    for (unsigned word = 1; word < 2 * GIC_BANK_COUNT; word++) {
        assert_int_equal(get(ICFGR + 4 * word, word < 2), 0);
        put(ICFGR + 4 * word, word < 2, ~0u);
        assert_int_equal(get(ICFGR + 4 * word, word < 2), ALL_EDGE);
        put(ICFGR + 4 * word, word < 2, SOME_EDGE);
        assert_int_equal(get(ICFGR + 4 * word, word < 2), SOME_EDGE);
    }
}

static void control_and_identification(void **state)
{
    (void)state;
    put(GICD_CTLR, false, ~0u);
    assert_int_equal(get(GICD_CTLR, false), 0x53); /* DS, ARE and the two enables */
    assert_int_equal(get(PIDR0, false), 0x92);
    assert_int_equal(gic_redistributor_read(&gic, PIDR0, 4), 0x93);
    gic_redistributor_write(&gic, WAKER, 4, 0);
    assert_int_equal(gic_redistributor_read(&gic, WAKER, 4), 0);
    gic_redistributor_write(&gic, WAKER, 4, 2);
    assert_int_equal(gic_redistributor_read(&gic, WAKER, 4), 6); /* ChildrenAsleep follows */
}

static void routes_end_with_the_interrupts(void **state)
{
    (void)state;
    const uint64_t last = IROUTER + 8 * (GIC_INTERRUPT_COUNT - 1);
    gic_distributor_write(&gic, last, 8, 0x100000001);
    assert_int_equal(gic_distributor_read(&gic, last, 8), 0x100000001);
    gic_distributor_write(&gic, last + 8, 8, ~0ull);
    assert_int_equal(gic_distributor_read(&gic, last + 8, 8), 0);
}

/* Each of what the kernel needs to know of a timer reaches it, for both; nothing of them is in a list register. */
static void timers_are_told_to_the_kernel(void **state)
{
    (void)state;
    static const unsigned intid[] = {[VCPU_TIMER_VIRTUAL] = 27, [VCPU_TIMER_PHYSICAL] = 30};
    uint64_t words[2];
    put(GICD_CTLR, false, 3);
    for (unsigned i = 0; i < 2; i++) {
        const struct fake_timer *timer = &fake.timer[i];
        put(ISENABLER, true, 1u << intid[i]);
        assert_true(timer->is_enabled);
        assert_false(timer->is_group1);
        put(IGROUPR, true, 1u << intid[i]);
        assert_true(timer->is_group1);
        put(PRIORITY + (intid[i] & ~3u), true, 0x60606060);
        assert_int_equal(timer->priority, 0x60);
        put(ISPENDR, true, 1u << intid[i]);
        put(ISACTIVER, true, 1u << intid[i]);
        assert_false(gic_refill(&gic, words));
    }
    gic_reset(&gic, 4);
    assert_false(fake.timer[VCPU_TIMER_VIRTUAL].is_enabled);
    assert_false(fake.timer[VCPU_TIMER_PHYSICAL].is_enabled);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup(banks_keep_what_is_written, setup),
        cmocka_unit_test_setup(priorities_keep_every_byte, setup),
        cmocka_unit_test_setup(triggers_keep_what_is_written, setup),
        cmocka_unit_test_setup(control_and_identification, setup),
        cmocka_unit_test_setup(routes_end_with_the_interrupts, setup),
        cmocka_unit_test_setup(timers_are_told_to_the_kernel, setup),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
