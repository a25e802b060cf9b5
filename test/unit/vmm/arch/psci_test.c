/* SPDX-License-Identifier: BSD-2-Clause */
/* PSCI 1.1 (DEN 0022) and SMCCC 1.1 (DEN 0028) as one CPU's firmware answers them. Expectations are from the standards. */
#include "test/unit/vmm/fake_services.h"
#include "vmm/arch/psci.h"

static enum psci_outcome last_outcome;

static int64_t call(uint64_t x0, uint64_t x1, uint64_t x2, uint64_t x3)
{
    const uint64_t arguments[4] = {x0, x1, x2, x3};
    uint64_t result = 0xdead;
    last_outcome = psci_call(arguments, 0, &result);
    return (int64_t)result;
}

static void psci_version_is_1_1(void **state)
{
    (void)state;
    assert_int_equal(call(0x84000000, 0, 0, 0), 0x10001);
    assert_int_equal(last_outcome, PSCI_RETURN);
}

static void psci_unknown_functions_are_not_supported(void **state)
{
    (void)state;
    const uint64_t unknown[] = {0,          0x84000005, 0x8400000b, 0x84000012, 0xc4000000,
                                0xc4000008, 0xc400000a, 0x85000000, 0xffffffff};
    for (size_t i = 0; i < sizeof(unknown) / sizeof(unknown[0]); i++) {
        assert_int_equal(call(unknown[i], 0, 0, 0), -1);
        assert_int_equal(last_outcome, PSCI_RETURN);
    }
}

/** What PSCI_FEATURES says of each PSCI function is what a call of it gives: DEN 0022, 5.15. */
static void psci_features_are_what_can_be_called(void **state)
{
    (void)state;
    for (uint64_t number = 0; number < 0x40; number++) {
        for (uint64_t base = 0x84000000; base <= 0xc4000000; base += 0x40000000) {
            bool is_told = call(0x8400000a, base + number, 0, 0) == 0;
            bool is_done = call(base + number, 0x84000000, 0, 0) != -1 || last_outcome != PSCI_RETURN;
            assert_int_equal(is_told, is_done);
        }
    }
}

static void psci_immediate_other_than_zero_is_not_supported(void **state)
{
    (void)state;
    const uint64_t off[4] = {0x84000008, 0, 0, 0};
    uint64_t result = 0;
    assert_int_equal(psci_call(off, 1, &result), PSCI_RETURN);
    assert_int_equal((int64_t)result, -1);
}

static void psci_function_id_is_a_word(void **state)
{
    (void)state;
    assert_int_equal(call(0x1234567884000000, 0, 0, 0), 0x10001);
}

static void psci_cpu_on_of_the_only_cpu(void **state)
{
    (void)state;
    assert_int_equal(call(0xc4000003, 0, 0x40000000, 0), -4); /* ALREADY_ON */
    assert_int_equal(call(0x84000003, 0, 0x40000000, 0), -4);
}

static void psci_cpu_on_of_an_absent_cpu(void **state)
{
    (void)state;
    assert_int_equal(call(0xc4000003, 1, 0x40000000, 0), -2);
    assert_int_equal(call(0xc4000003, 1ull << 32, 0x40000000, 0), -2);
    assert_int_equal(call(0x84000003, 1ull << 32, 0x40000000, 0), -4); /* the 32-bit form sees W1 */
}

static void psci_affinity_info(void **state)
{
    (void)state;
    assert_int_equal(call(0xc4000004, 0, 0, 0), 0); /* ON */
    assert_int_equal(call(0xc4000004, 1, 0, 0), -2);
    assert_int_equal(call(0xc4000004, 3, 0, 0), -2);
    assert_int_equal(call(0x84000004, 3, 1ull << 32, 0), -2); /* the 32-bit form sees level 0 in W2 */
}

/* Levels above the CPUs are on, for any target, as long as anything runs. */
static void psci_affinity_info_above_cpus(void **state)
{
    (void)state;
    static const uint64_t targets[] = {0, 1, 0x100, 1ull << 32};
    for (size_t i = 0; i < sizeof(targets) / sizeof(targets[0]); i++) {
        for (uint64_t level = 1; level <= 3; level++) {
            assert_int_equal(call(0xc4000004, targets[i], level, 0), 0); /* ON */
        }
    }
}

static void psci_no_trusted_os_needs_migration(void **state)
{
    (void)state;
    assert_int_equal(call(0x84000006, 0, 0, 0), 2);
}

static void psci_features_name_what_is_there(void **state)
{
    (void)state;
    const uint64_t present[] = {0x84000000, 0x84000001, 0xc4000001, 0x84000002, 0x84000003, 0xc4000003,
                                0x84000004, 0xc4000004, 0x84000008, 0x84000009, 0x8400000a, 0x80000000};
    for (size_t i = 0; i < sizeof(present) / sizeof(present[0]); i++) {
        assert_int_equal(call(0x8400000a, present[i], 0, 0), 0);
    }
    assert_int_equal(call(0x8400000a, 0x84000005, 0, 0), -1);
    assert_int_equal(call(0x8400000a, 0xc4000008, 0, 0), -1);
    assert_int_equal(call(0x8400000a, 0x84000012, 0, 0), -1);
}

static void psci_suspend_waits_for_an_interrupt(void **state)
{
    (void)state;
    assert_int_equal(call(0xc4000001, 0, 0, 0), 0);
    assert_int_equal(last_outcome, PSCI_STANDBY);
}

static void psci_suspend_refuses_reserved_state_bits(void **state)
{
    (void)state;
    static const uint64_t refused[] = {1ull << 17, 1ull << 24, 1ull << 25, 1ull << 31}; /* levels above this CPU too */
    for (size_t i = 0; i < sizeof(refused) / sizeof(refused[0]); i++) {
        assert_int_equal(call(0xc4000001, refused[i], 0, 0), -2);
        assert_int_equal(last_outcome, PSCI_RETURN);
    }
    assert_int_equal(call(0xc4000001, 1ull << 16 | 0xffff, 0, 0), 0); /* type and identification are its own */
}

static void psci_power_calls(void **state)
{
    (void)state;
    call(0x84000008, 0, 0, 0);
    assert_int_equal(last_outcome, PSCI_OFF);
    call(0x84000002, 0, 0, 0);
    assert_int_equal(last_outcome, PSCI_OFF);
    call(0x84000009, 0, 0, 0);
    assert_int_equal(last_outcome, PSCI_RESET);
}

static void smccc_version_and_features(void **state)
{
    (void)state;
    assert_int_equal(call(0x80000000, 0, 0, 0), 0x10001);
    assert_int_equal(call(0x80000001, 0x80000000, 0, 0), 0);
    assert_int_equal(call(0x80000001, 0x80008000, 0, 0), -1); /* ARCH_WORKAROUND_1 */
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(psci_version_is_1_1),
        cmocka_unit_test(psci_unknown_functions_are_not_supported),
        cmocka_unit_test(psci_features_are_what_can_be_called),
        cmocka_unit_test(psci_immediate_other_than_zero_is_not_supported),
        cmocka_unit_test(psci_function_id_is_a_word),
        cmocka_unit_test(psci_cpu_on_of_the_only_cpu),
        cmocka_unit_test(psci_cpu_on_of_an_absent_cpu),
        cmocka_unit_test(psci_affinity_info),
        cmocka_unit_test(psci_affinity_info_above_cpus),
        cmocka_unit_test(psci_no_trusted_os_needs_migration),
        cmocka_unit_test(psci_features_name_what_is_there),
        cmocka_unit_test(psci_suspend_waits_for_an_interrupt),
        cmocka_unit_test(psci_suspend_refuses_reserved_state_bits),
        cmocka_unit_test(psci_power_calls),
        cmocka_unit_test(smccc_version_and_features),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
