/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * The one thing the kernel reads from the device tree: where RAM is (Devicetree Specification 0.4, chapter 5).
 */
#pragma once

#include "kernel/lib/base.h"

/** Tell memory_add_ram() of every /memory node. A sentence on what is wrong, or NULL. */
const char *fdt_find_ram(uint64_t address);
