/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * GICv3 (IHI 0069): distributor, this core's redistributor, CPU interface by system registers. One core; no LPIs.
 * The rest of its interface is arch.h, "interrupts".
 */
#pragma once

#include "kernel/lib/base.h"

/** Everything masked and inactive, group 1, routed to this core; the kernel's own private interrupts enabled. False if no redistributor is ours. */
bool gic_init(void);

/** Set the physical active state of a private interrupt. */
void gic_set_active(uint64_t irq);
