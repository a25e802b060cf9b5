/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Carrying out, in the VMM, a load or store the hardware did not describe. The guest's registers are read and written through the
 * kernel, its addresses translated by its own stage 1; elements may fall on devices, on RAM, or on nothing.
 */
#pragma once

#include <stdint.h>

struct vmm;

/** An EXIT_UNDECODED message: fills the reply with the completed access, or with the abort it ends in. */
void undecoded_exit(struct vmm *vmm, const uint64_t in[8], uint64_t out[8]);
