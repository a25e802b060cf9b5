/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Which steps can be followed on this machine, and how the numbers of some change: contexts have all the time there is (an hour of an
 * hour) or CLOCK_BUDGET_NS of it, Timers go off in milliseconds or never, priorities stay below the supervisor's; any interrupt is that of the
 * device. Preemption at a chosen point, running guests, SMC and the kernel's console are not followed.
 */
#pragma once

#include <stdbool.h>

#include "test/model/step.h"

/** Whether the current thread can do it; its numbers are changed to what is done. */
bool follow(struct step *step);
/** Whether an interrupt may come in its midst: whoever it wakes runs only behind it, however often it is begun anew. */
bool follow_is_interruptible(const struct step *step);
/** Whether the kernel may need long for it. */
bool follow_is_long(const struct step *step);
