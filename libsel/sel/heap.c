/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * The arena under malloc: the heap region that the spec gave the process. Never grows.
 */
#include <errno.h>
#include <stddef.h>
#include <stdint.h>

#include "sel/spec.h"

static size_t used_bytes;

/* unistd.h names its parameter with a reserved identifier. */
void *sbrk(ptrdiff_t change);

/** More memory for malloc, or (void *)-1 with ENOMEM. */
void *sbrk(ptrdiff_t change)
{
    const uintptr_t end = sel_spec.heap_base + used_bytes;
    if (change < 0 ? 0 - (size_t)change > used_bytes : (size_t)change > sel_spec.heap_size - used_bytes) {
        errno = ENOMEM;
        return (void *)-1;
    }
    used_bytes += (size_t)change;
    return (void *)end;
}
