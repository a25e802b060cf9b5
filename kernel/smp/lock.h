/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * The one kernel lock and the annotations that let clang -Wthread-safety check its contracts.
 * A single-core build has no lock at run time; the contracts are checked all the same.
 */
#pragma once

/* Of a function: it is called with the lock held, comes back with it, comes back without it. */
#define LOCKED  __attribute__((requires_capability(kernel_lock)))
#define LOCKS   __attribute__((acquire_capability(kernel_lock)))
#define UNLOCKS __attribute__((release_capability(kernel_lock)))

struct __attribute__((capability("lock"))) kernel_lock {
    unsigned int owner;
};

extern struct kernel_lock kernel_lock;

/** Taken by the entry path before any kernel state is touched. */
static inline void kernel_lock_acquire(void) LOCKS __attribute__((no_thread_safety_analysis))
{
}

/** Released by the exit path just before the return to user level. */
static inline void kernel_lock_release(void) UNLOCKS __attribute__((no_thread_safety_analysis))
{
}
