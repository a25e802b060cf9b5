/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * The one kernel lock and the annotations that let clang -Wthread-safety check its contracts.
 * A single-core build has no lock at run time; the contracts are checked all the same.
 */
#pragma once

#define REQUIRES(lock) __attribute__((requires_capability(lock)))
#define ACQUIRES(lock) __attribute__((acquire_capability(lock)))
#define RELEASES(lock) __attribute__((release_capability(lock)))

struct __attribute__((capability("lock"))) kernel_lock {
    unsigned int owner;
};

extern struct kernel_lock kernel_lock;

/** Taken by the entry path before any kernel state is touched. */
static inline void kernel_lock_acquire(void) ACQUIRES(kernel_lock) __attribute__((no_thread_safety_analysis))
{
}

/** Released by the exit path just before the return to user level. */
static inline void kernel_lock_release(void) RELEASES(kernel_lock) __attribute__((no_thread_safety_analysis))
{
}
