/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * GICv2 as guests' interrupts see it (IHI 0048, 5.3), under GICv3's names: list registers and controls are in memory, the GICH_ registers.
 * GICH_HCR and GICH_VMCR are laid out as ICH_HCR and ICH_VMCR; GICH_APR holds the active priorities of both groups.
 */
#pragma once

/* All interrupts have their registers in the distributor, which has no RWP bit: writes to it take effect in their order. */
#define gic_frame(irq)          PLATFORM_GICD_BASE
#define gic_wait_for_write(irq) ((void)(irq))

/* All in group 0, whose enable bits are where Non-secure software finds those of its only group (4.3.1, 4.4.1). */
#define GIC_GROUPS 0u

#define ICH_LR_PINTID_SHIFT   10
#define ICH_LR_EOI            (1ul << 19)
#define ICH_LR_PRIORITY_SHIFT 20 /* bits 27:23 are the upper five of a priority's eight */
#define ICH_LR_PRIORITY_MASK  0xf8
#define ICH_LR_GROUP1         (1ul << 30)
#define ICH_LR_HW             (1ul << 31)
#define ICH_LR_STATE_SHIFT    28

#define GICH_hcr   0x000
#define GICH_vtr   0x004
#define GICH_vmcr  0x008
#define GICH_eisr  0x020
#define GICH_elrsr 0x030
#define GICH_ap0r0 0x0f0
#define GICH_ap1r0 GICH_ap0r0
#define GICH_LR    0x100

#define ich_read(name)         mmio_read(PLATFORM_GICH_BASE + GICH_##name)
#define ich_write(name, value) mmio_write(PLATFORM_GICH_BASE + GICH_##name, value)
#define ich_lr_read(n)         mmio_read(PLATFORM_GICH_BASE + GICH_LR + 4 * (n))
#define ich_lr_write(n, value) mmio_write(PLATFORM_GICH_BASE + GICH_LR + 4 * (n), value)
