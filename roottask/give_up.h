/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * What the roottask keeps after construction: its own body, what the spec's tables made and do not take back, and spec.bin
 * itself for the names in fault reports. Everything else is deleted: boot memory, the makers of time and interrupts, firmware calls.
 */
#pragma once

#include <stdbool.h>
#include <stdint.h>

#include "roottask/boot_memory.h"
#include "roottask/spec.h"

/** Delete all that is not kept. False if the kernel refused; said. */
bool give_up(const struct spec *spec, const struct boot_memory *memory);

/** True if a capability the kernel gave at boot stays. */
bool give_up_keeps_initial(const struct spec *spec, uint64_t slot);

/** True if the spec's tables fill this own slot and do not take it back. */
bool give_up_leaves(const struct spec *spec, uint64_t slot);
