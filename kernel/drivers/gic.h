/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Between what both interrupt controllers have in common (gic.c) and the one of this board: gicv2.c or gicv3.c, as its device tree says.
 *
 * Invariant: all interrupts are of one group and one priority: nothing nests. EOImode is 1: acknowledging drops the priority at once,
 * the interrupt stays active until arch_irq_deactivate().
 */
#pragma once

#include "gen/platform.h"
#include "kernel/arch/aarch64/machine.h"
#include PLATFORM_GIC_HEADER /* gicv2.h or gicv3.h */

#define GICD_CTLR         0x0000
#define GIC_PRIVATE_COUNT 32ul
#define GIC_IRQ_MAX       1020ul

/** Of 32 interrupts from `irq` on: masked, inactive, of the kernel's group and priority. */
void gic_block_reset(uint64_t irq);
/** Distributor off, all shared interrupts so. */
void gic_distributor_reset(void);
