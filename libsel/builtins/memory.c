/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Memory and string functions in general registers only. picolibc's own for AArch64 use SIMD, which faults in a process
 * whose spec does not declare the FPU; these come first on the linker's line and serve all processes.
 * Words are read and written unaligned where needed: native data is normal memory (HCR_EL2.DC), and alignment checks are off.
 */
#include <stddef.h>
#include <stdint.h>
#include <string.h>

typedef uint64_t __attribute__((may_alias, aligned(1))) word_t;

#define WORD  sizeof(word_t)
#define BLOCK (8 * WORD)
#define CHUNK (8 * BLOCK)

static inline void copy_block(unsigned char *to, const unsigned char *from)
{
    const word_t *source = (const word_t *)from;
    word_t *target = (word_t *)to;
    const uint64_t a = source[0], b = source[1], c = source[2], d = source[3];
    const uint64_t e = source[4], f = source[5], g = source[6], h = source[7];
    target[0] = a, target[1] = b, target[2] = c, target[3] = d;
    target[4] = e, target[5] = f, target[6] = g, target[7] = h;
}

/* Upwards, as copy_many: right also for overlapping memory when `to` is below `from`, as each block is loaded before it is stored. */
static inline void copy_few(unsigned char *to, const unsigned char *from, size_t size)
{
    for (; size >= BLOCK; size -= BLOCK, to += BLOCK, from += BLOCK) {
        copy_block(to, from);
    }
    for (; size >= WORD; size -= WORD, to += WORD, from += WORD) {
        *(word_t *)to = *(const word_t *)from;
    }
    for (; size > 0; size--) {
        *to++ = *from++;
    }
}

/* Images of guests are megabytes: hardly more instructions than the moves themselves. */
static __attribute__((noinline)) void *copy_many(void *start, const void *source, size_t size)
{
    unsigned char *to = start;
    const unsigned char *from = source;
    for (; size >= CHUNK; size -= CHUNK, to += CHUNK, from += CHUNK) {
#pragma clang loop unroll(full)
        for (size_t at = 0; at < CHUNK; at += BLOCK) {
            copy_block(to + at, from + at);
        }
    }
    copy_few(to, from, size);
    return start;
}

static void copy_down(unsigned char *to, const unsigned char *from, size_t size)
{
    for (; size >= WORD; size -= WORD) {
        *(word_t *)(to + size - WORD) = *(const word_t *)(from + size - WORD);
    }
    for (; size > 0; size--) {
        to[size - 1] = from[size - 1];
    }
}

void *memcpy(void *restrict to, const void *restrict from, size_t size)
{
    if (size >= CHUNK) {
        /* Few bytes need no stack frame then. */
        __attribute__((musttail)) return copy_many(to, from, size);
    }
    copy_few(to, from, size);
    return to;
}

void *memmove(void *to, const void *from, size_t size)
{
    if ((uintptr_t)to - (uintptr_t)from < size) {
        copy_down(to, from, size);
    } else {
        copy_many(to, from, size);
    }
    return to;
}

void *memset(void *to, int value, size_t size)
{
    unsigned char *at = to;
    const uint64_t word = (unsigned char)value * 0x0101010101010101ull;
    for (; size >= 4 * WORD; size -= 4 * WORD, at += 4 * WORD) {
        word_t *target = (word_t *)at;
        target[0] = word, target[1] = word, target[2] = word, target[3] = word;
    }
    for (; size > 0; size--) {
        *at++ = (unsigned char)value;
    }
    return to;
}

int memcmp(const void *a, const void *b, size_t size)
{
    const unsigned char *left = a;
    const unsigned char *right = b;
    for (; size >= WORD && *(const word_t *)left == *(const word_t *)right; size -= WORD) {
        left += WORD;
        right += WORD;
    }
    for (; size > 0; size--, left++, right++) {
        if (*left != *right) {
            return *left - *right;
        }
    }
    return 0;
}

size_t strlen(const char *string)
{
    size_t length = 0;
    while (string[length] != '\0') {
        length++;
    }
    return length;
}

int strcmp(const char *a, const char *b)
{
    while (*a != '\0' && *a == *b) {
        a++;
        b++;
    }
    return (unsigned char)*a - (unsigned char)*b;
}
