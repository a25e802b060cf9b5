/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Printing the tail of the trace ring, for panic; a null module without SEL_TRACE.
 */
#pragma once

#include <stdint.h>

#ifdef SEL_TRACE
void trace_dump(uint64_t count);
#else
static inline void trace_dump(uint64_t count)
{
    (void)count;
}
#endif
