/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * The distributor of a guest's GICv2 (Arm IHI 0048B, 4.3): registers, SGIs by GICD_SGIR and their pending registers, and that the board has
 * no redistributor. What a guest is then interrupted by is the same code as with a GICv3: gic_test.c.
 */
#include "test/unit/vmm/fake_services.h"
#include "vmm/arch/gic.h"
#include "vmm/board.h"

enum {
    CTLR = 0,
    TYPER = 4,
    IGROUPR = 0x80,
    ISENABLER = 0x100,
    ICENABLER = 0x180,
    ISPENDR = 0x200,
    ICPENDR = 0x280,
    ISACTIVER = 0x300,
    ICACTIVER = 0x380,
    PRIORITY = 0x400,
    TARGETS = 0x800,
    ICFGR = 0xc00,
    SGIR = 0xf00,
    CPENDSGIR = 0xf10,
    SPENDSGIR = 0xf20,
    PIDR2 = 0xfe8,
};

#define PATTERN 0x5aa5c33cu
#define SGIS    0xffffu
#define TIMERS  (1u << 27 | 1u << 30)
#define TO_SELF (2u << 24)

static struct gic gic;
static const struct sel_guest guest;

static int setup(void **state)
{
    (void)state;
    fake_reset(4);
    gic_reset(&gic, 4);
    return 0;
}

static uint32_t get(uint64_t offset)
{
    return (uint32_t)gic_distributor_read(&gic, offset, 4);
}

static void put(uint64_t offset, uint32_t value)
{
    gic_distributor_write(&gic, offset, 4, value);
}

static void all_banks_are_in_the_distributor(void **state)
{
    (void)state;
    for (unsigned bank = 0; bank < 9; bank++) {
        uint32_t sgis = bank == 0 ? SGIS : 0;
        uint32_t timers = bank == 0 ? TIMERS : 0;
        put(IGROUPR + 4 * bank, PATTERN);
        assert_int_equal(get(IGROUPR + 4 * bank), PATTERN);
        put(ISENABLER + 4 * bank, PATTERN);
        assert_int_equal(get(ICENABLER + 4 * bank), PATTERN | sgis);
        put(ICENABLER + 4 * bank, ~0u);
        assert_int_equal(get(ISENABLER + 4 * bank), sgis);
        put(ISPENDR + 4 * bank, PATTERN);
        assert_int_equal(get(ISPENDR + 4 * bank), PATTERN & ~sgis & ~timers);
        put(ICPENDR + 4 * bank, ~0u);
        assert_int_equal(get(ICPENDR + 4 * bank), 0);
        put(ISACTIVER + 4 * bank, PATTERN);
        assert_int_equal(get(ISACTIVER + 4 * bank), PATTERN & ~timers);
        put(ICACTIVER + 4 * bank, ~0u);
        assert_int_equal(get(ISACTIVER + 4 * bank), 0);
    }
    assert_int_equal(get(ISENABLER + 4 * 9), 0);
}

static void control_identification_and_bytes(void **state)
{
    (void)state;
    put(CTLR, ~0u);
    assert_int_equal(get(CTLR), 3);
    assert_int_equal(get(TYPER), 8); /* 288 interrupts, one CPU, no Security Extensions */
    assert_int_equal(get(PIDR2) >> 4, 2);
    put(PRIORITY + 28, 0x80604020);
    gic_distributor_write(&gic, PRIORITY + 29, 1, 0xc8);
    assert_int_equal(get(PRIORITY + 28), 0x8060c820);
    assert_int_equal(gic_distributor_read(&gic, PRIORITY + 31, 1), 0x80);
    put(TARGETS + 32, ~0u);
    assert_int_equal(get(TARGETS + 32), 0);
    put(ICFGR, 0);
    assert_int_equal(get(ICFGR), 0xaaaaaaaa);
    put(ICFGR + 8, 8);
    assert_int_equal(get(ICFGR + 8), 8);
    assert_int_equal(gic_distributor_read(&gic, TYPER, 2), 0);
    assert_int_equal(gic_distributor_read(&gic, TYPER, 8), 0);
}

static void the_kernel_learns_of_the_timers(void **state)
{
    (void)state;
    put(CTLR, 1);
    put(ISENABLER, 1u << 27);
    gic_distributor_write(&gic, PRIORITY + 27, 1, 0x48);
    assert_true(fake.timer[VCPU_TIMER_VIRTUAL].is_enabled);
    assert_false(fake.timer[VCPU_TIMER_VIRTUAL].is_group1);
    assert_int_equal(fake.timer[VCPU_TIMER_VIRTUAL].priority, 0x48);
    put(CTLR, 2);
    assert_false(fake.timer[VCPU_TIMER_VIRTUAL].is_enabled);
}

/* The list register an SGI gets, or 0. */
static uint32_t shown(void)
{
    uint64_t words[2] = {0};
    return gic_refill(&gic, words) ? (uint32_t)words[0] : 0;
}

static void an_sgi_to_this_cpu_is_shown(void **state)
{
    (void)state;
    put(CTLR, 1);
    put(SGIR, 1u << 16 | 5);
    uint32_t entry = shown();
    assert_int_equal(list_register_intid(entry), 5);
    assert_int_equal(list_register_state(entry), INTERRUPT_STATE_PENDING);
    assert_int_equal(list_register_group1(entry), 0);
    assert_int_equal(get(ISPENDR), 1u << 5);
    put(SGIR, TO_SELF | 9);
    assert_int_equal(get(ISPENDR), 1u << 5 | 1u << 9);
}

static void an_sgi_to_others_reaches_nobody(void **state)
{
    (void)state;
    put(CTLR, 1);
    put(SGIR, 0xfeu << 16 | 5);         /* a list without this CPU */
    put(SGIR, 1u << 24 | 1u << 16 | 5); /* all but the sender */
    put(SGIR, 3u << 24 | 1u << 16 | 5); /* reserved */
    assert_int_equal(get(ISPENDR), 0);
    assert_int_equal(shown(), 0);
}

static void an_sgi_is_taken_back_by_its_sender_only(void **state)
{
    (void)state;
    put(SGIR, TO_SELF | 6);
    put(ICPENDR, ~0u);
    assert_int_equal(get(ISPENDR), 1u << 6);
    assert_int_equal(get(CPENDSGIR + 4), 1u << 16);
    assert_int_equal(gic_distributor_read(&gic, SPENDSGIR + 6, 1), 1);
    gic_distributor_write(&gic, CPENDSGIR + 6, 1, 2); /* of CPU 1 */
    assert_int_equal(get(ISPENDR), 1u << 6);
    gic_distributor_write(&gic, CPENDSGIR + 6, 1, 1);
    assert_int_equal(get(ISPENDR), 0);
    put(SPENDSGIR + 12, 0x01000001);
    assert_int_equal(get(ISPENDR), 1u << 12 | 1u << 15);
    assert_int_equal(get(SGIR), 0); /* write-only */
}

static void the_board_has_no_redistributor(void **state)
{
    (void)state;
    struct board board = {0};
    uint64_t value = 0;
    board_reset(&board, &guest, &gic);
    assert_true(board_read(&board, 0x08000004, 4, &value));
    assert_int_equal(value, 8);
    assert_false(board_read(&board, 0x08001000, 4, &value));
    assert_false(board_read(&board, 0x080a0000, 4, &value));
    assert_false(board_write(&board, 0x080b0100, 4, 1));
}

static void any_accesses(void **state)
{
    (void)state;
    uint64_t random = 88172645463325252ull;
    for (unsigned i = 0; i < 100000; i++) {
        random ^= random << 13;
        random ^= random >> 7;
        random ^= random << 17;
        unsigned size = 1u << (random & 3);
        uint64_t offset = (random >> 8) % 0x1000 & ~(uint64_t)(size - 1);
        uint64_t words[2];
        if (random & 4) {
            gic_distributor_write(&gic, offset, size, random >> 24);
        } else {
            (void)gic_distributor_read(&gic, offset, size);
        }
        gic_sync(&gic, (random >> 32) & 0xff);
        (void)gic_refill(&gic, words);
        assert_int_equal(get(ISENABLER) & SGIS, SGIS);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup(all_banks_are_in_the_distributor, setup),
        cmocka_unit_test_setup(control_identification_and_bytes, setup),
        cmocka_unit_test_setup(the_kernel_learns_of_the_timers, setup),
        cmocka_unit_test_setup(an_sgi_to_this_cpu_is_shown, setup),
        cmocka_unit_test_setup(an_sgi_to_others_reaches_nobody, setup),
        cmocka_unit_test_setup(an_sgi_is_taken_back_by_its_sender_only, setup),
        cmocka_unit_test_setup(the_board_has_no_redistributor, setup),
        cmocka_unit_test_setup(any_accesses, setup),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
