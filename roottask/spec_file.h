/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Brings spec.bin into the roottask's view: its pages are the first of the preloaded memory behind the roottask's image.
 * The Frames go to the topmost own slots and stay: fault reports need the names in it.
 */
#pragma once

#include <stdbool.h>
#include <stdint.h>

#include "roottask/boot_memory.h"
#include "roottask/spec.h"

#define SPEC_FILE_BYTES_MAX (2u << 20) /* one page table's reach */

/** Map spec.bin read-only at `address` and open it. False: the reason was said. */
bool spec_file_open(struct spec *spec, struct boot_memory *memory, uintptr_t address);
