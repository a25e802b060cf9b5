/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * What nearly every file of the kernel speaks in: C's own types, the ABI, the lock's annotations, the names of the objects.
 */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "gen/abi.h"
#include "gen/caps.h"
#include "gen/err.h"
#include "kernel/smp/lock.h"

#define ALWAYS_INLINE __attribute__((always_inline))
#define NOINLINE      __attribute__((noinline))

#define PAGE_BITS  12
#define PAGE_BYTES (1ul << PAGE_BITS)

/** What a step of a long operation says: PREEMPTED, call again to go on. */
enum progress {
    DONE,
    PREEMPTED,
};

struct arch_context;
struct endpoint;
struct notification;
struct reply;
struct sched_context;
struct slot;
struct tcb;
struct vcpu;
struct vspace;
