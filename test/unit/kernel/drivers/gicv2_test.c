/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * The GICv2 driver's use of its registers, on a small model of distributor and CPU interface (Arm IHI 0048B, chapter 4) that knows set and
 * clear registers, states and EOImode. 96 interrupts, this core is number 2 of the GIC's.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#define PLATFORM_GIC_HEADER "kernel/drivers/gicv2.h"

#include "kernel/drivers/gic.c"   /* NOLINT(bugprone-suspicious-include) */
#include "kernel/drivers/gicv2.c" /* NOLINT(bugprone-suspicious-include) */

#define IRQ_COUNT   96
#define OUR_TARGETS 0x04040404u

static struct {
    uint32_t control, cpu_control, priority_mask, binary_point;
    uint32_t enabled[3], pending[3], active[3], group[3];
    uint32_t priority[IRQ_COUNT / 4], target[IRQ_COUNT / 4], config[IRQ_COUNT / 16];
    uint32_t dropped; /* what was written to GICC_EOIR last */
} gic;

static uint64_t served_timer;
static uint64_t tick_count;

static uint32_t *word_at(uint64_t offset)
{
    if (offset >= 0xc00) {
        return &gic.config[(offset - 0xc00) / 4];
    }
    if (offset >= 0x800) {
        return &gic.target[(offset - 0x800) / 4];
    }
    if (offset >= 0x400) {
        return &gic.priority[(offset - 0x400) / 4];
    }
    uint32_t *const rows[] = {gic.group, gic.enabled, gic.enabled, gic.pending, gic.pending, gic.active, gic.active};
    assert_true(offset >= 0x80 && (offset & 0x7f) < IRQ_COUNT / 8);
    return &rows[offset / 0x80 - 1][(offset & 0x7f) / 4];
}

static uint32_t acknowledge(void)
{
    for (uint32_t irq = 0; irq < IRQ_COUNT; irq++) {
        uint32_t bit = 1u << irq % 32;
        if (gic.pending[irq / 32] & gic.enabled[irq / 32] & ~gic.active[irq / 32] & bit) {
            gic.pending[irq / 32] &= ~bit;
            gic.active[irq / 32] |= bit;
            return irq | (irq < 16 ? 3u << 10 : 0); /* a software-generated one has its sender, too */
        }
    }
    return 1023;
}

uint32_t device_read(uint64_t address)
{
    if (address == PLATFORM_GICC_BASE + 0x0c) {
        return acknowledge();
    }
    uint64_t offset = address - PLATFORM_GICD_BASE;
    assert_true(offset < 0x1000);
    if (offset == 0x004) {
        return IRQ_COUNT / 32 - 1;
    }
    return offset >= 0x800 && offset < 0x820 ? OUR_TARGETS : *word_at(offset);
}

static void cpu_interface_write(uint64_t offset, uint32_t value)
{
    if (offset == 0x00) {
        gic.cpu_control = value;
    } else if (offset == 0x04) {
        gic.priority_mask = value;
    } else if (offset == 0x08) {
        gic.binary_point = value;
    } else if (offset == 0x10) {
        gic.dropped = value;
    } else {
        assert_int_equal(offset, 0x1000); /* GICC_DIR, of an active interrupt (4.4.15) */
        assert_true(gic.active[value / 32] & 1u << value % 32);
        gic.active[value / 32] &= ~(1u << value % 32);
    }
}

void device_write(uint64_t address, uint32_t value)
{
    if (address >= PLATFORM_GICC_BASE) {
        cpu_interface_write(address - PLATFORM_GICC_BASE, value);
        return;
    }
    uint64_t offset = address - PLATFORM_GICD_BASE;
    if (offset == 0) {
        gic.control = value;
        return;
    }
    uint64_t row = offset / 0x80;
    bool is_set = row == 2 || row == 4 || row == 6;
    bool is_clear = row == 3 || row == 5 || row == 7;
    uint32_t *word = word_at(offset);
    *word = is_set ? *word | value : is_clear ? *word & ~value : value;
}

uint64_t device_sysreg(const char *name)
{
    assert_string_equal(name, "isr_el1");
    return (gic.pending[1] & gic.enabled[1]) != 0 ? 1ul << 7 : 0;
}

void interrupts_timer_fired(uint64_t timer)
{
    served_timer = timer;
}

void interrupts_maintenance(void)
{
    served_timer = 99;
}

void sched_timer_tick(void)
{
    tick_count++;
}

static int start(void **state)
{
    (void)state;
    memset(&gic, 0xff, sizeof(gic)); /* as firmware may leave it */
    gic_init();
    return 0;
}

static void starting_leaves_nothing_enabled_and_all_ours(void **state)
{
    (void)state;
    for (unsigned i = 0; i < 3; i++) {
        assert_int_equal(gic.enabled[i] | gic.pending[i] | gic.active[i] | gic.group[i], 0);
    }
    for (unsigned i = 0; i < IRQ_COUNT / 4; i++) {
        assert_int_equal(gic.priority[i], 0xa0a0a0a0);
        assert_true(i < 8 || gic.target[i] == OUR_TARGETS);
    }
    assert_int_equal(gic.control, 1);
    assert_int_equal(gic.cpu_control, 0x201); /* enabled, EOImode 1 */
    assert_int_equal(gic.priority_mask, 0xff);
    assert_int_equal(gic.binary_point, 0);
    assert_int_equal(arch_irq_count(), IRQ_COUNT);
}

static void an_interrupt_stays_active_until_it_is_deactivated(void **state)
{
    (void)state;
    arch_irq_unmask(53);
    gic.pending[1] |= 1u << 21;
    assert_true(arch_irq_is_pending());
    assert_int_equal(arch_irq_acknowledge(), 53);
    assert_int_equal(gic.dropped, 53);
    assert_int_equal(gic.active[1], 1u << 21);
    assert_int_equal(arch_irq_acknowledge(), ARCH_IRQ_NONE);
    arch_irq_deactivate(53);
    assert_int_equal(gic.active[1], 0);
}

static void a_spurious_interrupt_is_none_and_nothing_is_dropped(void **state)
{
    (void)state;
    gic.dropped = 7;
    assert_int_equal(arch_irq_acknowledge(), ARCH_IRQ_NONE);
    assert_int_equal(gic.dropped, 7);
}

static void masking_and_trigger_touch_one_interrupt(void **state)
{
    (void)state;
    arch_irq_unmask(33);
    arch_irq_unmask(95);
    arch_irq_mask(33);
    assert_int_equal(gic.enabled[1], 0);
    assert_int_equal(gic.enabled[2], 1u << 31);
    gic.config[2] = 0;
    arch_irq_set_trigger(33, true);
    assert_int_equal(gic.config[2], 1u << 3);
    gic.config[2] = ~0u;
    arch_irq_set_trigger(33, false);
    assert_int_equal(gic.config[2], ~(1u << 3));
}

static void a_guests_timer_is_made_active_by_hand(void **state)
{
    (void)state;
    gic_set_active(27);
    assert_int_equal(gic.active[0], 1u << 27);
}

static void the_kernels_own_interrupts_are_served_and_kept(void **state)
{
    (void)state;
    for (uint64_t irq = 0; irq < IRQ_COUNT; irq++) {
        bool is_own = irq < 16 || (irq >= 25 && irq <= 27) || irq == 30;
        assert_int_equal(arch_irq_is_reserved(irq), is_own);
    }
    gic_set_active(26);
    arch_irq_reserved(26);
    assert_int_equal(tick_count, 1);
    assert_int_equal(gic.active[0], 0);
    gic_set_active(30);
    arch_irq_reserved(30);
    assert_int_equal(served_timer, VCPU_TIMER_PHYSICAL);
    assert_int_equal(gic.active[0], 1u << 30); /* until the guest is done with it */
    gic_set_active(25);
    arch_irq_reserved(25);
    assert_int_equal(served_timer, 99);
    assert_int_equal(gic.active[0], 1u << 30);
}

/* --- list registers (5.3, GICH_LRn) --- */

static void list_registers_are_laid_out_as_gich_lr(void **state)
{
    (void)state;
    uint64_t lr =
        27 | ICH_LR_HW | (uint64_t)27 << ICH_LR_PINTID_SHIFT | (uint64_t)INTERRUPT_STATE_PENDING << ICH_LR_STATE_SHIFT;
    lr |= ((uint64_t)0xa7 & ICH_LR_PRIORITY_MASK) << ICH_LR_PRIORITY_SHIFT;
    /* HW 31, state 29:28 = pending, priority 27:23 = 0b10100, physical ID 19:10, virtual ID 9:0 */
    assert_int_equal(lr, 0x80000000u | 0x10000000u | 0x0a000000u | 27u << 10 | 27u);
    assert_int_equal((lr >> ICH_LR_PRIORITY_SHIFT) & 0xff, 0xa0);
    assert_int_equal(ICH_LR_EOI, 1ul << 19);
    assert_int_equal(ICH_LR_GROUP1, 1ul << 30);
    assert_int_equal((uint64_t)INTERRUPT_STATE_ACTIVE << ICH_LR_STATE_SHIFT, 1ul << 29);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup(starting_leaves_nothing_enabled_and_all_ours, start),
        cmocka_unit_test_setup(an_interrupt_stays_active_until_it_is_deactivated, start),
        cmocka_unit_test_setup(a_spurious_interrupt_is_none_and_nothing_is_dropped, start),
        cmocka_unit_test_setup(masking_and_trigger_touch_one_interrupt, start),
        cmocka_unit_test_setup(a_guests_timer_is_made_active_by_hand, start),
        cmocka_unit_test_setup(the_kernels_own_interrupts_are_served_and_kept, start),
        cmocka_unit_test(list_registers_are_laid_out_as_gich_lr),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
