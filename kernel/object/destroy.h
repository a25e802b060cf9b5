/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Deleting capabilities and, with the last one, objects; without recursion (docs/design/kernel.md, "Capabilities").
 */
#pragma once

#include "kernel/object/slot.h"

/** Empty `slot` (may be empty already). PREEMPTED: call again to go on; nothing is half done. */
enum progress destroy_slot(struct slot *slot) LOCKED;

/** Empty every slot derived from `slot`. */
enum progress destroy_children(struct slot *slot) LOCKED;

/** Empty the CNodes whose last capability went. Every deletion and revocation ends with it. */
enum progress destroy_dying(void) LOCKED;
