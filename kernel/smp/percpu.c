/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * The state of the one core and the one lock. Not here: what the fields mean (percpu.h).
 */
#include "kernel/smp/percpu.h"

struct percpu percpu_area;
struct kernel_lock kernel_lock;
