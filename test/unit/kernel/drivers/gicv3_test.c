/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * The GICv3 driver's start (Arm IHI 0069, chapter 12), on memory in place of distributor and two redistributors, of which the second is ours.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include <sys/mman.h>

#define PLATFORM_GIC_HEADER "kernel/drivers/gicv3.h"

#include "kernel/drivers/gic.c"   /* NOLINT(bugprone-suspicious-include) */
#include "kernel/drivers/gicv3.c" /* NOLINT(bugprone-suspicious-include) */

#define AFFINITY 0x0000000100020304ul
#define SECOND   (PLATFORM_GICR_BASE + 0x20000)
#define SPI_LAST 63

static uint64_t gic_field, affinity;
static jmp_buf refusal;
static const char *refused;

uint32_t device_read(uint64_t address)
{
    return *(volatile uint32_t *)address;
}

void device_write(uint64_t address, uint32_t value)
{
    /* GICR_WAKER: the children are awake when the processor is (12.11.42). */
    bool is_waker = address == SECOND + 0x14;
    *(volatile uint32_t *)address = is_waker && (value & 2) == 0 ? value & ~4u : value;
}

uint64_t device_sysreg(const char *name)
{
    return strcmp(name, "mpidr_el1") == 0 ? affinity : gic_field << 24;
}

void device_sysreg_write(const char *name, uint64_t value)
{
    assert_true(strcmp(name, "icc_ctlr_el1") != 0 || value == 2); /* EOImode 1 */
}

void boot_require(bool is_met, const char *why)
{
    if (!is_met) {
        refused = why;
        longjmp(refusal, 1);
    }
}

void interrupts_timer_fired(uint64_t timer)
{
    (void)timer;
}

void interrupts_maintenance(void)
{
}

void sched_timer_tick(void)
{
}

static void map(uint64_t address, uint64_t length)
{
    void *at =
        mmap((void *)address, length, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS | MAP_FIXED_NOREPLACE, -1, 0);
    assert_true(at != MAP_FAILED && (uint64_t)at == address);
}

static int start(void **state)
{
    (void)state;
    map(PLATFORM_GICD_BASE, 0x10000);
    map(PLATFORM_GICR_BASE, PLATFORM_GICR_SIZE);
    *(uint32_t *)(PLATFORM_GICD_BASE + 4) = 1;                    /* GICD_TYPER: 64 interrupts */
    *(uint64_t *)(PLATFORM_GICR_BASE + 8) = 0x0102030500000000ul; /* GICR_TYPER: another core */
    *(uint64_t *)(SECOND + 8) = 0x0102030400000000ul | 1ul << 4;  /* ours, and the last one */
    *(uint32_t *)(SECOND + 0x14) = 6;                             /* GICR_WAKER: asleep */
    gic_field = 1;
    affinity = AFFINITY;
    refused = NULL;
    return 0;
}

static int end(void **state)
{
    (void)state;
    return munmap((void *)PLATFORM_GICD_BASE, 0x10000) | munmap((void *)PLATFORM_GICR_BASE, PLATFORM_GICR_SIZE);
}

static void init(void)
{
    if (setjmp(refusal) == 0) {
        gic_init();
    }
}

static void this_cores_redistributor_is_woken(void **state)
{
    (void)state;
    init();
    assert_null(refused);
    assert_int_equal(device_read(SECOND + 0x14), 0);
    assert_int_equal(device_read(SECOND + 0x10080), ~0u); /* GICR_IGROUPR0 */
    assert_int_equal(device_read(SECOND + 0x10400), 0xa0a0a0a0);
    assert_int_equal(device_read(PLATFORM_GICD_BASE + 0x84), ~0u);
    assert_int_equal(device_read(PLATFORM_GICD_BASE), 0x12);
    assert_int_equal(*(uint64_t *)(PLATFORM_GICD_BASE + 0x6000 + 8 * SPI_LAST), AFFINITY);
    assert_int_equal(gic_frame(27), SECOND + 0x10000);
    assert_int_equal(arch_irq_count(), 64);
}

static void without_a_redistributor_of_ours_nothing_starts(void **state)
{
    (void)state;
    affinity = AFFINITY + 2;
    init();
    assert_string_equal(refused, "no GICv3 redistributor belongs to this core");
}

static void without_system_registers_nothing_starts(void **state)
{
    (void)state;
    gic_field = 0;
    init();
    assert_string_equal(refused, "this machine has no GICv3 system registers (QEMU: -machine gic-version=3)");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(this_cores_redistributor_is_woken, start, end),
        cmocka_unit_test_setup_teardown(without_a_redistributor_of_ours_nothing_starts, start, end),
        cmocka_unit_test_setup_teardown(without_system_registers_nothing_starts, start, end),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
