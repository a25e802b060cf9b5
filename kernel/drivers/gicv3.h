/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * GICv3 as guests' interrupts see it (IHI 0069, 12.4): list registers and controls are system registers.
 */
#pragma once

#include <stdint.h>

/** Where the registers of this interrupt are, at the distributor's offsets. */
uint64_t gic_frame(uint64_t irq);
/** Masking and distributor control have taken effect. */
void gic_wait_for_write(uint64_t irq);

/* All interrupts in group 1. */
#define GIC_GROUPS ~0u

#define ICH_LR_PINTID_SHIFT   32
#define ICH_LR_EOI            (1ul << 41)
#define ICH_LR_PRIORITY_SHIFT 48
#define ICH_LR_PRIORITY_MASK  0xff
#define ICH_LR_GROUP1         (1ul << 60)
#define ICH_LR_HW             (1ul << 61)
#define ICH_LR_STATE_SHIFT    62

#define ich_read(name)         sysreg_read(ich_##name##_el2)
#define ich_write(name, value) sysreg_write(ich_##name##_el2, value)
#define ich_lr_read(n)         sysreg_read(ich_lr##n##_el2)
#define ich_lr_write(n, value) sysreg_write(ich_lr##n##_el2, value)
