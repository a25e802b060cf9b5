/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * The one kernel lock and the annotations that let clang -Wthread-safety check its contracts.
 * A single-core build has no lock at run time; the contracts are checked all the same.
 */
#pragma once

#define REQUIRES(lock) __attribute__((requires_capability(lock)))

extern struct __attribute__((capability("lock"))) kernel_lock {
    unsigned int owner;
} kernel_lock;

/** Taken by the entry path before any kernel state is touched. */
static inline void kernel_lock_acquire(void) __attribute__((acquire_capability(kernel_lock), no_thread_safety_analysis))
{
}

/** Released by the exit path just before the return to user level. */
static inline void kernel_lock_release(void) __attribute__((release_capability(kernel_lock), no_thread_safety_analysis))
{
}
