/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * What the compiler may call in freestanding code: memcpy and memset. Plain loops; large zeroing is arch_zero().
 */
#include <stddef.h>
#include <stdint.h>

void *memcpy(void *restrict to, const void *restrict from, size_t length);
void *memset(void *to, int value, size_t length);

void *memcpy(void *restrict to, const void *restrict from, size_t length)
{
    size_t i = 0;
    if (((uintptr_t)to | (uintptr_t)from) % 8 == 0) {
        for (; i + 8 <= length; i += 8) { /* bound: x2 / 8 */
            *(uint64_t *)((char *)to + i) = *(const uint64_t *)((const char *)from + i);
        }
    }
    for (; i < length; i++) { /* bound: x2 % 8; assumed: both ends are aligned to 8 */
        ((char *)to)[i] = ((const char *)from)[i];
    }
    return to;
}

void *memset(void *to, int value, size_t length)
{
    size_t i = 0;
    uint64_t word = (uint8_t)value * 0x0101010101010101ul;
    if ((uintptr_t)to % 8 == 0) {
        for (; i + 8 <= length; i += 8) { /* bound: x2 / 8 */
            *(uint64_t *)((char *)to + i) = word;
        }
    }
    for (; i < length; i++) { /* bound: x2 % 8; assumed: it is aligned to 8 */
        ((char *)to)[i] = (char)value;
    }
    return to;
}
