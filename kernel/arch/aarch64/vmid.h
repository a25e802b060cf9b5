/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * VMIDs: the kernel's own affair. A VSpace gets one when it is first loaded, and a new one after all have been given out once.
 * A VSpace is native or guest from its creation, so that one VMID is never used with stage 1 on and off (arm-facts.md).
 */
#pragma once

#include <stdint.h>

#include "kernel/smp/lock.h"

struct vspace;

/** Boot: how many VMIDs there are; VMID 0 is loaded. */
void vmid_init(void);

/** Make `vspace` the one that EL0 and EL1 are translated by. */
void vmid_load(struct vspace *vspace) REQUIRES(kernel_lock);

/** Invalidate all translations of one address of `vspace`, its last level and those above. */
void vmid_invalidate_address(struct vspace *vspace, uint64_t address) REQUIRES(kernel_lock);

/** Invalidate all translations of `vspace`; it gets another VMID if it is loaded again. */
void vmid_invalidate_space(struct vspace *vspace) REQUIRES(kernel_lock);
