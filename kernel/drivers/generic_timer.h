/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * The generic timer at EL2: the physical counter and the hypervisor timer. Its interface is arch.h, "time".
 */
#pragma once

/** Switch the timer off. */
void generic_timer_init(void);
