/* SPDX-License-Identifier: BSD-2-Clause */
/* The doors of the sanitizer's load tracing (SanitizerCoverage, "Tracing data flow"): see watch.h. Not itself compiled with either. */
#include "test/fuzz/vmm/watch.h"

#undef memcpy

void __sanitizer_cov_load1(uint8_t *address);
void __sanitizer_cov_load2(uint16_t *address);
void __sanitizer_cov_load4(uint32_t *address);
void __sanitizer_cov_load8(uint64_t *address);
void __sanitizer_cov_load16(void *address);

void __sanitizer_cov_load1(uint8_t *address)
{
    watch_read((uintptr_t)address, 1);
}

void __sanitizer_cov_load2(uint16_t *address)
{
    watch_read((uintptr_t)address, 2);
}

void __sanitizer_cov_load4(uint32_t *address)
{
    watch_read((uintptr_t)address, 4);
}

void __sanitizer_cov_load8(uint64_t *address)
{
    watch_read((uintptr_t)address, 8);
}

void __sanitizer_cov_load16(void *address)
{
    watch_read((uintptr_t)address, 16);
}

void *watch_memcpy(void *to, const void *from, size_t size)
{
    watch_read((uintptr_t)from, size);
    return memcpy(to, from, size);
}
