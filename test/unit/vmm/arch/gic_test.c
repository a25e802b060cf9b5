/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * The GIC's state and its list registers (GICv3 IHI 0069). `cpu` below plays the CPU interface: it holds the list registers the VMM
 * chose and changes them as hardware does on acknowledge and end of interrupt.
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
    SGI_FRAME = 0x10000,
    UART = 33,
    NOTHING = 1023,
};

static struct gic gic;

struct cpu {
    uint32_t entry[GIC_ENTRY_MAX];
    unsigned unlisted_ends;
};
static struct cpu cpu;

static uint32_t dist_read(uint64_t offset)
{
    return (uint32_t)gic_distributor_read(&gic, offset, 4);
}

static void dist_write(uint64_t offset, uint32_t value)
{
    gic_distributor_write(&gic, offset, 4, value);
}

static void sgi_write(uint64_t offset, uint32_t value)
{
    gic_redistributor_write(&gic, SGI_FRAME + offset, 4, value);
}

static int start(unsigned entry_count)
{
    fake_reset(entry_count);
    memset(&cpu, 0, sizeof(cpu));
    gic_reset(&gic, entry_count);
    dist_write(GICD_CTLR, 3);
    for (unsigned bank = 1; bank < 9; bank++) {
        dist_write(IGROUPR + 4 * bank, 0xffffffff);
    }
    sgi_write(IGROUPR, 0xffffffff);
    return 0;
}

static int setup(void **state)
{
    (void)state;
    return start(2);
}

/* What an exit does: tell the VMM the list registers' state, then load what it chooses. */
static void exchange(void)
{
    uint64_t state = 0;
    uint64_t words[2];
    for (unsigned i = 0; i < GIC_ENTRY_MAX; i++) {
        state |= list_register_state(cpu.entry[i]) << (2 * i);
    }
    gic_sync(&gic, lr_state_set_eoi_count(state, cpu.unlisted_ends));
    cpu.unlisted_ends = 0;
    if (gic_refill(&gic, words)) {
        for (unsigned i = 0; i < GIC_ENTRY_MAX; i++) {
            cpu.entry[i] = (uint32_t)(words[i / 2] >> (32 * (i % 2)));
        }
    }
}

/* The highest-priority pending entry becomes active; 1023 if there is none. */
static unsigned acknowledge(void)
{
    int best = -1;
    for (int i = 0; i < GIC_ENTRY_MAX; i++) {
        bool is_pending = list_register_state(cpu.entry[i]) == INTERRUPT_STATE_PENDING;
        if (is_pending &&
            (best < 0 || list_register_priority(cpu.entry[i]) < list_register_priority(cpu.entry[best]))) {
            best = i;
        }
    }
    if (best < 0) {
        return NOTHING;
    }
    cpu.entry[best] = (uint32_t)list_register_set_state(cpu.entry[best], INTERRUPT_STATE_ACTIVE);
    return (unsigned)list_register_intid(cpu.entry[best]);
}

/* End of interrupt: the kernel re-pends an entry whose line is high. */
static void end(unsigned intid)
{
    for (unsigned i = 0; i < GIC_ENTRY_MAX; i++) {
        uint64_t state = list_register_state(cpu.entry[i]);
        if ((state & INTERRUPT_STATE_ACTIVE) && list_register_intid(cpu.entry[i]) == intid) {
            state &= ~(uint64_t)INTERRUPT_STATE_ACTIVE;
            state |= list_register_level(cpu.entry[i]) ? INTERRUPT_STATE_PENDING : 0;
            cpu.entry[i] = (uint32_t)list_register_set_state(cpu.entry[i], state);
            return;
        }
    }
    cpu.unlisted_ends++;
}

static void enable(unsigned intid, uint8_t priority)
{
    gic_distributor_write(&gic, PRIORITY + intid, 1, priority);
    dist_write(ISENABLER + 4 * (intid / 32), 1u << (intid % 32));
}

static void pend(unsigned intid)
{
    dist_write(ISPENDR + 4 * (intid / 32), 1u << (intid % 32));
}

static void gic_reset_values(void **state)
{
    (void)state;
    gic_reset(&gic, 2);
    assert_int_equal(dist_read(GICD_CTLR), 0x50);
    assert_int_equal(dist_read(8), 0x43b);
    assert_int_equal(dist_read(0xffe8), 0x3b);
    assert_int_equal(gic_redistributor_read(&gic, 4, 4), 0x43b);
    assert_int_equal(gic_redistributor_read(&gic, 8, 8), 0x10);
    assert_int_equal(gic_redistributor_read(&gic, 8, 4), 0x10);
    assert_int_equal(gic_redistributor_read(&gic, 12, 4), 0);
    assert_int_equal(gic_redistributor_read(&gic, 0x14, 4), 6);
    assert_int_equal(gic_redistributor_read(&gic, SGI_FRAME + ICFGR, 4), 0xaaaaaaaa);
}

static void gic_edge_interrupt_is_taken_once(void **state)
{
    (void)state;
    dist_write(ICFGR + 8, 0xaaaaaaaa);
    enable(40, 0xa0);
    pend(40);
    exchange();
    assert_int_equal(acknowledge(), 40);
    exchange();
    assert_int_equal(dist_read(ISPENDR + 4) & 1 << 8, 0);
    assert_int_equal(dist_read(ISACTIVER + 4) & 1 << 8, 1 << 8);
    end(40);
    exchange();
    assert_int_equal(dist_read(ISACTIVER + 4), 0);
    assert_int_equal(acknowledge(), NOTHING);
}

static void gic_edge_while_active_comes_again(void **state)
{
    (void)state;
    dist_write(ICFGR + 8, 0xaaaaaaaa);
    enable(40, 0xa0);
    pend(40);
    exchange();
    assert_int_equal(acknowledge(), 40);
    exchange();
    pend(40);
    exchange();
    assert_int_equal(acknowledge(), NOTHING);
    end(40);
    assert_int_equal(acknowledge(), 40);
}

static void gic_level_interrupt_comes_until_the_line_falls(void **state)
{
    (void)state;
    enable(UART, 0xa0);
    gic_set_line(&gic, UART, true);
    exchange();
    for (unsigned i = 0; i < 5; i++) {
        assert_int_equal(acknowledge(), UART);
        end(UART);
    }
    assert_int_equal(acknowledge(), UART);
    exchange();
    gic_set_line(&gic, UART, false);
    exchange();
    end(UART);
    exchange();
    assert_int_equal(acknowledge(), NOTHING);
    assert_int_equal(dist_read(ISPENDR + 4) | dist_read(ISACTIVER + 4), 0);
}

static void gic_level_line_that_rises_again_is_not_lost(void **state)
{
    (void)state;
    enable(UART, 0xa0);
    gic_set_line(&gic, UART, true);
    exchange();
    assert_int_equal(acknowledge(), UART);
    gic_set_line(&gic, UART, false);
    exchange();
    gic_set_line(&gic, UART, true);
    exchange();
    end(UART);
    exchange();
    assert_int_equal(acknowledge(), UART);
}

static void gic_icpendr_does_not_clear_a_high_line(void **state)
{
    (void)state;
    enable(UART, 0xa0);
    gic_set_line(&gic, UART, true);
    dist_write(ICPENDR + 4, 2);
    assert_int_equal(dist_read(ISPENDR + 4), 2);
}

static void gic_disabled_interrupt_stays_pending(void **state)
{
    (void)state;
    gic_distributor_write(&gic, PRIORITY + UART, 1, 0x80);
    gic_set_line(&gic, UART, true);
    exchange();
    assert_int_equal(acknowledge(), NOTHING);
    assert_int_equal(dist_read(ISPENDR + 4), 2);
    enable(UART, 0x80);
    exchange();
    assert_int_equal(acknowledge(), UART);
}

static void gic_groups_are_enabled_apart(void **state)
{
    (void)state;
    enable(UART, 0xa0);
    enable(34, 0x90);
    dist_write(IGROUPR + 4, ~4u); /* 34 in group 0 */
    dist_write(ICFGR + 8, 0xaaaaaaaa);
    pend(UART);
    pend(34);
    dist_write(GICD_CTLR, 2);
    exchange();
    assert_int_equal(list_register_intid(cpu.entry[0]), UART);
    assert_int_equal(list_register_group1(cpu.entry[0]), 1);
    assert_int_equal(cpu.entry[1], 0);
    dist_write(GICD_CTLR, 1);
    exchange();
    assert_int_equal(list_register_intid(cpu.entry[0]), 34);
    assert_int_equal(list_register_group1(cpu.entry[0]), 0);
    assert_int_equal(cpu.entry[1], 0);
}

static void gic_priorities_decide_who_gets_a_list_register(void **state)
{
    (void)state;
    for (unsigned i = 0; i < 6; i++) {
        dist_write(ICFGR + 8, 0xaaaaaaaa);
        enable(40 + i, (uint8_t)(0xc0 - 0x10 * i));
        pend(40 + i);
    }
    exchange();
    for (unsigned i = 0; i < 6; i++) {
        assert_int_equal(acknowledge(), 45 - i);
        assert_true(list_register_notify_eoi(cpu.entry[0]) || i > 3);
        end(45 - i);
        exchange();
    }
    assert_int_equal(acknowledge(), NOTHING);
}

static void gic_six_nested_levels_on_two_list_registers(void **state)
{
    (void)state;
    dist_write(ICFGR + 8, 0xaaaaaaaa);
    for (unsigned i = 0; i < 6; i++) {
        enable(40 + i, (uint8_t)(0xc0 - 0x10 * i));
    }
    for (unsigned i = 0; i < 6; i++) {
        pend(40 + i);
        exchange();
        assert_int_equal(acknowledge(), 40 + i);
        exchange();
        assert_int_equal(dist_read(ISACTIVER + 4), ((1u << (i + 1)) - 1) << 8);
    }
    for (unsigned i = 6; i > 0; i--) {
        end(40 + i - 1);
        exchange();
        assert_int_equal(dist_read(ISACTIVER + 4), ((1u << (i - 1)) - 1) << 8);
    }
}

/* Ended without an exit in between: those in no list register come as a count, which the highest-priority ones account for. */
static void gic_ends_that_were_only_counted(void **state)
{
    (void)state;
    dist_write(ICFGR + 8, 0xaaaaaaaa);
    for (unsigned i = 0; i < 5; i++) {
        enable(40 + i, (uint8_t)(0xc0 - 0x10 * i));
        pend(40 + i);
        exchange();
        assert_int_equal(acknowledge(), 40 + i);
    }
    exchange();
    for (unsigned i = 5; i > 1; i--) {
        end(40 + i - 1);
    }
    assert_int_equal(cpu.unlisted_ends, 2);
    exchange();
    assert_int_equal(dist_read(ISACTIVER + 4), 1u << 8);
    end(40);
    exchange();
    assert_int_equal(dist_read(ISACTIVER + 4), 0);
}

/* What is active in a list register is ended there: a counted end is of the highest outside, and of nothing if there is none. */
static void gic_counted_ends_are_of_those_outside(void **state)
{
    (void)state;
    dist_write(ICFGR + 8, 0xaaaaaaaa);
    for (unsigned i = 0; i < 4; i++) {
        enable(40 + i, (uint8_t)(0xc0 - 0x10 * i));
        pend(40 + i);
        exchange();
        assert_int_equal(acknowledge(), 40 + i);
    }
    exchange();
    for (unsigned ended = 0; ended < 3; ended++) {
        assert_int_equal(dist_read(ISACTIVER + 4), ended == 0 ? 0xfu << 8 : ended == 1 ? 0xdu << 8 : 0xcu << 8);
        cpu.unlisted_ends = 1;
        exchange();
    }
    assert_int_equal(dist_read(ISACTIVER + 4), 0xcu << 8);
    gic_sync(&gic, lr_state_set_eoi_count(0xa, 1)); /* both list registers are active as before */
    assert_false(gic.is_dirty);
}

/* One that waits outside gets in when its priority rises, or when another is taken out. */
static void gic_changes_choose_anew(void **state)
{
    (void)state;
    dist_write(ICFGR + 8, 0xaaaaaaaa);
    for (unsigned i = 0; i < 3; i++) {
        enable(40 + i, (uint8_t)(0x80 + 0x10 * i));
        pend(40 + i);
    }
    exchange();
    assert_int_equal(list_register_intid(cpu.entry[0]), 40);
    gic_distributor_write(&gic, PRIORITY + 42, 1, 0x10);
    exchange();
    assert_int_equal(list_register_intid(cpu.entry[0]), 42);
    dist_write(ICENABLER + 4, 1u << 10);
    exchange();
    assert_int_equal(list_register_intid(cpu.entry[0]), 40);
    assert_int_equal(list_register_intid(cpu.entry[1]), 41);
}

/* A line that stays high, and one that falls, is no edge. */
static void gic_only_rising_edges_count(void **state)
{
    (void)state;
    dist_write(ICFGR + 8, 0xaaaaaaaa);
    enable(UART, 0xa0);
    gic_set_line(&gic, UART, true);
    exchange();
    assert_int_equal(acknowledge(), UART);
    end(UART);
    exchange();
    assert_int_equal(acknowledge(), NOTHING); /* it is high still */
    gic_set_line(&gic, UART, false);
    exchange();
    assert_int_equal(acknowledge(), NOTHING);
    assert_int_equal(dist_read(ISPENDR + 4), 0);
}

/* Taking it is taking a software's pending state as well; what the line alone pended falls with the line. */
static void gic_level_leaves_no_latch(void **state)
{
    (void)state;
    enable(UART, 0xa0);
    gic_set_line(&gic, UART, true);
    pend(UART);
    exchange();
    assert_int_equal(acknowledge(), UART);
    exchange();
    end(UART); /* pending again by its line */
    exchange();
    gic_set_line(&gic, UART, false);
    assert_int_equal(dist_read(ISPENDR + 4), 0);
    exchange();
    assert_int_equal(acknowledge(), NOTHING);
}

static void gic_works_without_any_list_register(void **state)
{
    (void)state;
    start(0);
    enable(UART, 0xa0);
    gic_set_line(&gic, UART, true);
    exchange();
    assert_int_equal(acknowledge(), NOTHING);
    assert_int_equal(dist_read(ISPENDR + 4), 2);
}

static void gic_sgi_reaches_only_this_cpu(void **state)
{
    (void)state;
    sgi_write(ISENABLER, 0xffff);
    gic_send_sgi(&gic, 5ull << 24 | 2, true);
    gic_send_sgi(&gic, 5ull << 24 | 1ull << 40 | 1, true);
    gic_send_sgi(&gic, 5ull << 24 | 1ull << 16 | 1, true);
    gic_send_sgi(&gic, 5ull << 24 | 1ull << 32 | 1, true);
    gic_send_sgi(&gic, 5ull << 24 | 1ull << 48 | 1, true);
    gic_send_sgi(&gic, 5ull << 24 | 1, false);
    exchange();
    assert_int_equal(acknowledge(), NOTHING);
    gic_send_sgi(&gic, 5ull << 24 | 1, true);
    exchange();
    assert_int_equal(acknowledge(), 5);
}

static void gic_timers_belong_to_the_kernel(void **state)
{
    (void)state;
    const struct fake_timer *timer = &fake.timer[VCPU_TIMER_VIRTUAL];
    assert_int_equal(timer->intid, 27);
    assert_false(timer->is_enabled);
    sgi_write(ISENABLER, 1u << 27);
    assert_true(timer->is_enabled);
    assert_true(timer->is_group1);
    gic_redistributor_write(&gic, SGI_FRAME + PRIORITY + 27, 1, 0x30);
    assert_int_equal(timer->priority, 0x30);
    dist_write(GICD_CTLR, 1);
    assert_false(timer->is_enabled);
    dist_write(GICD_CTLR, 2);
    sgi_write(ICENABLER, 1u << 27);
    assert_false(timer->is_enabled);
    assert_false(fake.timer[VCPU_TIMER_PHYSICAL].is_enabled);
    sgi_write(ISPENDR, 1u << 27 | 1u << 30);
    exchange();
    assert_int_equal(cpu.entry[0], 0);
}

static void gic_timers_state_is_read_back(void **state)
{
    (void)state;
    gic_sync(&gic, lr_state_set_virtual_timer(0, INTERRUPT_STATE_ACTIVE));
    assert_int_equal(gic_redistributor_read(&gic, SGI_FRAME + ISACTIVER, 4), 1u << 27);
    assert_int_equal(gic_redistributor_read(&gic, SGI_FRAME + ISPENDR, 4), 0);
    fake.info.line_high[VCPU_TIMER_PHYSICAL] = true;
    assert_int_equal(gic_redistributor_read(&gic, SGI_FRAME + ISPENDR, 4), 1u << 30);
}

static void gic_unchanged_state_needs_no_message(void **state)
{
    (void)state;
    uint64_t words[2];
    exchange();
    assert_false(gic_refill(&gic, words));
    (void)dist_read(ISENABLER + 4);
    assert_false(gic_refill(&gic, words));
    unsigned calls = fake.timer[0].call_count;
    dist_write(PRIORITY + 40, 0x10101010);
    assert_int_equal(fake.timer[0].call_count, calls);
}

static void gic_register_widths(void **state)
{
    (void)state;
    gic_distributor_write(&gic, IROUTER + 8 * 40, 8, 0x1122334455667788);
    assert_int_equal(gic_distributor_read(&gic, IROUTER + 8 * 40 + 4, 4), 0x11223344);
    gic_distributor_write(&gic, IROUTER + 8 * 40, 4, 0xaabbccdd);
    assert_int_equal(gic_distributor_read(&gic, IROUTER + 8 * 40, 8), 0x11223344aabbccdd);
    assert_int_equal(gic_distributor_read(&gic, IROUTER + 8 * 3, 8), 0);
    gic_distributor_write(&gic, ISENABLER + 4, 1, 0xff);
    gic_distributor_write(&gic, ISENABLER + 4, 2, 0xffff);
    gic_distributor_write(&gic, ISENABLER, 8, ~0ull);
    assert_int_equal(dist_read(ISENABLER + 4), 0);
    assert_int_equal(gic_distributor_read(&gic, GICD_CTLR, 1), 0);
    assert_int_equal(gic_distributor_read(&gic, GICD_CTLR, 8), 0);
}

static void gic_private_banks_are_not_in_the_distributor(void **state)
{
    (void)state;
    sgi_write(ISENABLER, 0xffff);
    assert_int_equal(dist_read(ISENABLER), 0);
    dist_write(ISENABLER, 0xffff0000);
    assert_int_equal(gic_redistributor_read(&gic, SGI_FRAME + ISENABLER, 4), 0xffff);
    gic_redistributor_write(&gic, SGI_FRAME + ISENABLER + 4, 4, 0xff);
    assert_int_equal(dist_read(ISENABLER + 4), 0);
}

/* A hostile guest and a hostile order of events: every list register chosen is well formed, no interrupt is in two. */
static void gic_any_accesses(void **state)
{
    (void)state;
    static const unsigned sizes[] = {1, 2, 4, 8};
    uint64_t random = 88172645463325252ull;
    for (unsigned i = 0; i < 200000; i++) {
        random ^= random << 13;
        random ^= random >> 7;
        random ^= random << 17;
        unsigned size = sizes[random & 3];
        uint64_t offset = (random >> 8) & (random & 0x10 ? 0xfff : 0x1ffff) & ~(uint64_t)(size - 1);
        switch ((random >> 4) & 7) {
        case 0:
            (void)gic_distributor_read(&gic, offset & 0xffff, size);
            break;
        case 1:
            gic_distributor_write(&gic, offset & 0xffff, size, random >> 20);
            break;
        case 2:
            (void)gic_redistributor_read(&gic, offset, size);
            break;
        case 3:
            gic_redistributor_write(&gic, random & 0x20 ? (offset & 0xfff) | SGI_FRAME : offset, size, random >> 20);
            break;
        case 4:
            gic_send_sgi(&gic, random >> 12, random & 1);
            break;
        case 5:
            gic_set_line(&gic, (unsigned)(random >> 12) % 400, random & 1);
            break;
        case 6:
            (void)acknowledge();
            break;
        default:
            end((unsigned)(random >> 12) % 64);
            break;
        }
        exchange();
        for (unsigned a = 0; a < GIC_ENTRY_MAX; a++) {
            uint64_t intid = list_register_intid(cpu.entry[a]);
            assert_true(intid < GIC_INTERRUPT_COUNT && (cpu.entry[a] == 0 || (intid != 27 && intid != 30)));
            assert_true(a < 2 || cpu.entry[a] == 0);
        }
        bool is_listed_twice = list_register_state(cpu.entry[0]) != 0 && list_register_state(cpu.entry[1]) != 0 &&
                               list_register_intid(cpu.entry[0]) == list_register_intid(cpu.entry[1]);
        assert_false(is_listed_twice);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup(gic_reset_values, setup),
        cmocka_unit_test_setup(gic_edge_interrupt_is_taken_once, setup),
        cmocka_unit_test_setup(gic_edge_while_active_comes_again, setup),
        cmocka_unit_test_setup(gic_level_interrupt_comes_until_the_line_falls, setup),
        cmocka_unit_test_setup(gic_level_line_that_rises_again_is_not_lost, setup),
        cmocka_unit_test_setup(gic_icpendr_does_not_clear_a_high_line, setup),
        cmocka_unit_test_setup(gic_disabled_interrupt_stays_pending, setup),
        cmocka_unit_test_setup(gic_groups_are_enabled_apart, setup),
        cmocka_unit_test_setup(gic_priorities_decide_who_gets_a_list_register, setup),
        cmocka_unit_test_setup(gic_six_nested_levels_on_two_list_registers, setup),
        cmocka_unit_test_setup(gic_ends_that_were_only_counted, setup),
        cmocka_unit_test_setup(gic_counted_ends_are_of_those_outside, setup),
        cmocka_unit_test_setup(gic_changes_choose_anew, setup),
        cmocka_unit_test_setup(gic_only_rising_edges_count, setup),
        cmocka_unit_test_setup(gic_level_leaves_no_latch, setup),
        cmocka_unit_test_setup(gic_works_without_any_list_register, setup),
        cmocka_unit_test_setup(gic_sgi_reaches_only_this_cpu, setup),
        cmocka_unit_test_setup(gic_timers_belong_to_the_kernel, setup),
        cmocka_unit_test_setup(gic_timers_state_is_read_back, setup),
        cmocka_unit_test_setup(gic_unchanged_state_needs_no_message, setup),
        cmocka_unit_test_setup(gic_register_widths, setup),
        cmocka_unit_test_setup(gic_private_banks_are_not_in_the_distributor, setup),
        cmocka_unit_test_setup(gic_any_accesses, setup),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
