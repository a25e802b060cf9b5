/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * See psci.h. Where PSCI leaves a choice the answer is QEMU's: suspend to a power-down state is carried out as standby, and
 * affinity levels above 0 are always on.
 */
#include "vmm/arch/psci.h"

#include <stdbool.h>

#include "vmm/bits.h"

enum {
    SMCCC_VERSION = 0x80000000,
    SMCCC_ARCH_FEATURES = 0x80000001,
    FUNCTION_IS_64BIT = 0x40000000,
    PSCI_VERSION = 0x84000000,
    PSCI_CPU_SUSPEND = 0x84000001,
    PSCI_CPU_OFF = 0x84000002,
    PSCI_CPU_ON = 0x84000003,
    PSCI_AFFINITY_INFO = 0x84000004,
    PSCI_MIGRATE_INFO_TYPE = 0x84000006,
    PSCI_SYSTEM_OFF = 0x84000008,
    PSCI_SYSTEM_RESET = 0x84000009,
    PSCI_FEATURES = 0x8400000a,

    VERSION_SMCCC = 0x10001,
    VERSION_PSCI = 0x10001,
    MIGRATION_NOT_REQUIRED = 2,
};

static const int64_t success = 0;
static const int64_t not_supported = -1;
static const int64_t invalid_parameters = -2;
static const int64_t already_on = -4;

/* Affinity fields of an MPIDR; the only CPU is 0.0.0.0. */
static bool is_own_cpu(uint64_t target)
{
    return target == 0;
}

/* Functions that exist in a 64-bit form too; the others have none, whatever bit 30 says. */
static bool has_64bit_form(uint32_t function)
{
    return function == PSCI_CPU_SUSPEND || function == PSCI_CPU_ON || function == PSCI_AFFINITY_INFO;
}

static bool is_implemented(uint32_t function)
{
    switch (function) {
    case PSCI_VERSION:
    case PSCI_CPU_SUSPEND:
    case PSCI_CPU_OFF:
    case PSCI_CPU_ON:
    case PSCI_AFFINITY_INFO:
    case PSCI_MIGRATE_INFO_TYPE:
    case PSCI_SYSTEM_OFF:
    case PSCI_SYSTEM_RESET:
    case PSCI_FEATURES:
    case SMCCC_VERSION:
        return true;
    default:
        return (function & FUNCTION_IS_64BIT) && has_64bit_form(function & ~(uint32_t)FUNCTION_IS_64BIT);
    }
}

static enum psci_outcome suspend(uint64_t power_state, int64_t *result)
{
    /* Levels and reserved bits above the type (bit 16): 5.4.2; there is no level above this CPU. */
    bool is_valid = (power_state & 0xfffe0000) == 0;
    *result = is_valid ? success : invalid_parameters;
    return is_valid ? PSCI_STANDBY : PSCI_RETURN;
}

static int64_t affinity_info(uint64_t target, uint64_t level)
{
    if (level != 0) {
        return success;
    }
    return is_own_cpu(target) ? success : invalid_parameters;
}

/* `result` stays as it is where there is no such function. */
static enum psci_outcome dispatch(uint32_t function, bool is_64bit, const uint64_t arguments[4], int64_t *result)
{
    uint64_t first = is_64bit ? arguments[1] : (uint32_t)arguments[1];
    uint64_t second = is_64bit ? arguments[2] : (uint32_t)arguments[2];
    switch (function) {
    case PSCI_CPU_SUSPEND:
        return suspend(first, result);
    case PSCI_CPU_OFF:
    case PSCI_SYSTEM_OFF:
        return PSCI_OFF;
    case PSCI_SYSTEM_RESET:
        return PSCI_RESET;
    case PSCI_VERSION:
        *result = VERSION_PSCI;
        break;
    case PSCI_CPU_ON:
        *result = is_own_cpu(first) ? already_on : invalid_parameters;
        break;
    case PSCI_AFFINITY_INFO:
        *result = affinity_info(first, second);
        break;
    case PSCI_MIGRATE_INFO_TYPE:
        *result = MIGRATION_NOT_REQUIRED;
        break;
    case PSCI_FEATURES:
        *result = is_implemented((uint32_t)first) ? success : not_supported;
        break;
    case SMCCC_VERSION:
        *result = VERSION_SMCCC;
        break;
    case SMCCC_ARCH_FEATURES:
        *result = first == SMCCC_VERSION || first == SMCCC_ARCH_FEATURES ? success : not_supported;
        break;
    default:
        break;
    }
    return PSCI_RETURN;
}

enum psci_outcome psci_call(const uint64_t arguments[4], uint16_t immediate, uint64_t *result)
{
    uint32_t function = (uint32_t)arguments[0]; /* W0: SMCCC 1.1, 3.1 */
    bool is_64bit = function & FUNCTION_IS_64BIT;
    uint32_t base = function & ~(uint32_t)FUNCTION_IS_64BIT;
    int64_t value = not_supported;
    enum psci_outcome outcome = PSCI_RETURN;
    if (immediate == 0 && (!is_64bit || has_64bit_form(base))) {
        outcome = dispatch(base, is_64bit, arguments, &value);
    }
    *result = (uint64_t)value;
    return outcome;
}
