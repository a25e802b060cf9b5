/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * What the compiler may call in freestanding code: memcpy, memmove, memset, memcmp. Plain loops; large zeroing is arch_zero().
 */
#include <stddef.h>
#include <stdint.h>

void *memcpy(void *restrict to, const void *restrict from, size_t length);
void *memmove(void *to, const void *from, size_t length);
void *memset(void *to, int value, size_t length);
int memcmp(const void *a, const void *b, size_t length);

void *memcpy(void *restrict to, const void *restrict from, size_t length)
{
    size_t i = 0;
    if (((uintptr_t)to | (uintptr_t)from) % 8 == 0) {
        for (; i + 8 <= length; i += 8) {
            *(uint64_t *)((char *)to + i) = *(const uint64_t *)((const char *)from + i);
        }
    }
    for (; i < length; i++) {
        ((char *)to)[i] = ((const char *)from)[i];
    }
    return to;
}

void *memmove(void *to, const void *from, size_t length)
{
    if ((uintptr_t)to <= (uintptr_t)from) {
        for (size_t i = 0; i < length; i++) {
            ((char *)to)[i] = ((const char *)from)[i];
        }
    } else {
        for (size_t i = length; i > 0; i--) {
            ((char *)to)[i - 1] = ((const char *)from)[i - 1];
        }
    }
    return to;
}

void *memset(void *to, int value, size_t length)
{
    size_t i = 0;
    uint64_t word = (uint8_t)value * 0x0101010101010101ul;
    if ((uintptr_t)to % 8 == 0) {
        for (; i + 8 <= length; i += 8) {
            *(uint64_t *)((char *)to + i) = word;
        }
    }
    for (; i < length; i++) {
        ((char *)to)[i] = (char)value;
    }
    return to;
}

int memcmp(const void *a, const void *b, size_t length)
{
    for (size_t i = 0; i < length; i++) {
        int difference = ((const uint8_t *)a)[i] - ((const uint8_t *)b)[i];
        if (difference != 0) {
            return difference;
        }
    }
    return 0;
}
