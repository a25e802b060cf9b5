/* SPDX-License-Identifier: BSD-2-Clause */
/* The level at which a guest's table walk leaves its memory (DDI 0487, D8.2), for tables built here, and for garbage. */
#include "test/unit/vmm/fake_services.h"
#include "vmm/arch/table_walk.h"
#include "vmm/vmm.h"

enum {
    RAM_BYTES = 0x8000,
    TABLE = 3,
};

static uint64_t ram[RAM_BYTES / 8] __attribute__((aligned(0x10000)));
static struct sel_guest guest;
static struct vmm vmm;
static const uint64_t nowhere = 0x7000000000;

static int setup(void **state)
{
    (void)state;
    fake_reset(2);
    memset(ram, 0, sizeof(ram));
    fake_ram(&guest, (uintptr_t)ram, RAM_BYTES);
    vmm.guest = &guest;
    ram_start(&vmm.ram, &guest);
    /* 4 KiB granule, 39-bit addresses: the walk starts at level 1. */
    fake.vcpu[VCPU_REG_TCR_EL1] = 25 | 25ull << 16 | 2ull << 30;
    fake.vcpu[VCPU_REG_TTBR0_EL1] = guest.ram_base;
    return 0;
}

static void table_walk_base_outside(void **state)
{
    (void)state;
    fake.vcpu[VCPU_REG_TTBR0_EL1] = nowhere;
    assert_int_equal(table_walk_level(&vmm, 0x1234, nowhere), 1);
    fake.vcpu[VCPU_REG_TCR_EL1] = 16; /* 48-bit addresses: level 0 */
    assert_int_equal(table_walk_level(&vmm, 0x1234, nowhere), 0);
    fake.vcpu[VCPU_REG_TTBR1_EL1] = nowhere;
    fake.vcpu[VCPU_REG_TCR_EL1] = 25ull << 16 | 2ull << 30;
    assert_int_equal(table_walk_level(&vmm, 0xffffffff80000000, nowhere), 1);
}

static void table_walk_second_and_third_level(void **state)
{
    (void)state;
    ram[2] = nowhere | TABLE;
    assert_int_equal(table_walk_level(&vmm, 2ull << 30, nowhere), 2);
    ram[1] = (guest.ram_base + 0x1000) | TABLE;
    ram[512 + 5] = nowhere | TABLE;
    assert_int_equal(table_walk_level(&vmm, (1ull << 30) + (5ull << 21), nowhere), 3);
}

static void table_walk_that_leads_elsewhere(void **state)
{
    (void)state;
    assert_int_equal(table_walk_level(&vmm, 3ull << 30, nowhere), -1); /* an invalid descriptor */
    ram[2] = (nowhere + 0x5000) | TABLE;
    assert_int_equal(table_walk_level(&vmm, 2ull << 30, nowhere), -1);
    fake.vcpu[VCPU_REG_TCR_EL1] = 60; /* no such size of addresses */
    assert_int_equal(table_walk_level(&vmm, 0, nowhere), -1);
}

/* Without small tables (TTST) no addresses are shorter than 25 bits: the walk then goes nowhere at all. */
static void table_walk_of_the_smallest_size(void **state)
{
    (void)state;
    fake.vcpu[VCPU_REG_TTBR0_EL1] = nowhere;
    fake.vcpu[VCPU_REG_TCR_EL1] = 39;
    assert_int_equal(table_walk_level(&vmm, 0x1234, nowhere), 2);
    for (uint64_t size_offset = 40; size_offset < 64; size_offset++) {
        fake.vcpu[VCPU_REG_TCR_EL1] = size_offset;
        assert_int_equal(table_walk_level(&vmm, 0x1234, nowhere), -1);
    }
}

/* Upper addresses have a base, a size and a granule of their own; TG1 has not TG0's encoding. */
static void table_walk_of_the_upper_half(void **state)
{
    (void)state;
    const uint64_t elsewhere = nowhere + 0x100000000;
    fake.vcpu[VCPU_REG_TTBR0_EL1] = elsewhere;
    fake.vcpu[VCPU_REG_TTBR1_EL1] = nowhere;
    assert_int_equal(table_walk_level(&vmm, 0xffffff8000000000, nowhere), 1);
    assert_int_equal(table_walk_level(&vmm, 0xffffff8000000000, elsewhere), -1);
    fake.vcpu[VCPU_REG_TCR_EL1] =
        25 | 25ull << 16 | 1ull << 30; /* 16 KiB: 39 bits start at level 1, too; 36 at level 2 */
    assert_int_equal(table_walk_level(&vmm, 0xffffff8000000000, nowhere), 1);
    fake.vcpu[VCPU_REG_TCR_EL1] = 16 | 28ull << 16 | 1ull << 30;
    assert_int_equal(table_walk_level(&vmm, 0xfffffff000000000, nowhere), 2);
    fake.vcpu[VCPU_REG_TCR_EL1] = 25 | 28ull << 16 | 3ull << 30; /* 64 KiB: 36 bits start at level 2 */
    assert_int_equal(table_walk_level(&vmm, 0xfffffff000000000, nowhere), 2);
}

/* A block ends the walk, and a table's last bytes are the last of RAM. */
static void table_walk_ends(void **state)
{
    (void)state;
    ram[2] = (nowhere & ~0x3fffffffull) | 1;
    assert_int_equal(table_walk_level(&vmm, 2ull << 30, nowhere & ~0x3fffffffull), -1);
    fake_ram(&guest, (uintptr_t)ram, 0x1000);
    ram[1] = (guest.ram_base + 0x1000) | TABLE; /* behind RAM: not read */
    ram[512] = nowhere | TABLE;
    assert_int_equal(table_walk_level(&vmm, 1ull << 30, nowhere), -1);
    fake.vcpu[VCPU_REG_TCR_EL1] = 15; /* larger than any that exists */
    fake.vcpu[VCPU_REG_TTBR0_EL1] = nowhere;
    assert_int_equal(table_walk_level(&vmm, 0, nowhere), -1);
}

/* Without a table that is looked for it is the first that is not RAM. */
static void table_walk_reaches_all_there_is(void **state)
{
    (void)state;
    ram[1] = (guest.ram_base + 0x1000) | TABLE;
    ram[512 + 5] = nowhere | TABLE;
    assert_int_equal(table_walk_reach(&vmm, (1ull << 30) + (5ull << 21)), 3);
    assert_int_equal(table_walk_reach(&vmm, (1ull << 30) + (6ull << 21)), -1);
    fake.vcpu[VCPU_REG_TTBR0_EL1] = nowhere;
    assert_int_equal(table_walk_reach(&vmm, 0), 1);
}

static void table_walk_of_garbage(void **state)
{
    (void)state;
    uint64_t random = 88172645463325252ull;
    for (unsigned i = 0; i < 200000; i++) {
        uint64_t word[4];
        for (unsigned w = 0; w < 4; w++) {
            random ^= random << 13;
            random ^= random >> 7;
            random ^= random << 17;
            word[w] = random;
        }
        ram[word[0] % 4096] = word[1] & 1 ? guest.ram_base + (word[2] & 0x7000) + TABLE : word[2];
        fake.vcpu[VCPU_REG_TCR_EL1] = word[3];
        fake.vcpu[VCPU_REG_TTBR0_EL1] = guest.ram_base + (word[0] & 0x7fff);
        fake.vcpu[VCPU_REG_TTBR1_EL1] = word[1] & 2 ? word[2] : guest.ram_base;
        int level = table_walk_level(&vmm, word[2] ^ word[0], word[1] & 4 ? word[3] : guest.ram_base);
        assert_true(level >= -1 && level <= 3);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup(table_walk_base_outside, setup),
        cmocka_unit_test_setup(table_walk_second_and_third_level, setup),
        cmocka_unit_test_setup(table_walk_that_leads_elsewhere, setup),
        cmocka_unit_test_setup(table_walk_of_the_smallest_size, setup),
        cmocka_unit_test_setup(table_walk_of_the_upper_half, setup),
        cmocka_unit_test_setup(table_walk_ends, setup),
        cmocka_unit_test_setup(table_walk_reaches_all_there_is, setup),
        cmocka_unit_test_setup(table_walk_of_garbage, setup),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
