/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * The guest's firmware: PSCI 1.1 (DEN 0022) and the SMC calling convention 1.1 (DEN 0028), by HVC and by SMC. One CPU.
 * A function that is not here is NOT_SUPPORTED; registers x1..x3 keep their values, as SMCCC 1.1 asks of calls without results there.
 */
#pragma once

#include <stdint.h>

enum psci_outcome {
    PSCI_RETURN,  /* x0 := result */
    PSCI_STANDBY, /* x0 := result, then wait for an interrupt */
    PSCI_OFF,
    PSCI_RESET,
};

/** arguments: x0..x3. immediate: of the HVC or SMC; SMCCC wants 0. It only tells: what is to be done is the caller's. */
enum psci_outcome psci_call(const uint64_t arguments[4], uint16_t immediate, uint64_t *result);
