/* SPDX-License-Identifier: BSD-2-Clause */
/* See fuzz.h. */
#include "test/fuzz/lib/fuzz.h"

#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>

uint8_t fuzz_u8(struct fuzz_input *input)
{
    if (input->left == 0) {
        return 0;
    }
    input->left--;
    return *input->at++;
}

uint64_t fuzz_number(struct fuzz_input *input, unsigned bytes)
{
    uint64_t value = 0;
    for (unsigned i = 0; i < bytes; i++) {
        value |= (uint64_t)fuzz_u8(input) << (8 * i);
    }
    return value;
}

uint64_t fuzz_word(struct fuzz_input *input)
{
    uint8_t shape = fuzz_u8(input);
    switch (shape % 4) {
    case 0:
        return fuzz_number(input, 1);
    case 1:
        return (fuzz_number(input, 1) | 1) << (shape / 4);
    case 2:
        return ~fuzz_number(input, 1) >> (shape / 4);
    default:
        return fuzz_number(input, 8);
    }
}

void fuzz_fail(const char *file, int line, const char *format, ...)
{
    va_list arguments;
    va_start(arguments, format);
    fprintf(stderr, "fuzz: %s:%d: ", file, line);
    vfprintf(stderr, format, arguments);
    fprintf(stderr, "\n");
    va_end(arguments);
    abort();
}

/* CMocka outside of a test of its own: a failed assertion aborts, with its message. */
/* NOLINTNEXTLINE(readability-non-const-parameter): libFuzzer declares it */
int LLVMFuzzerInitialize(int *count, char ***arguments)
{
    (void)count;
    (void)arguments;
    return setenv("CMOCKA_TEST_ABORT", "1", 1);
}

const char *__asan_default_options(void);

/* Worlds of half a megabyte come and go: a small quarantine keeps their pages in use. */
const char *__asan_default_options(void)
{
    return "quarantine_size_mb=2:detect_leaks=0";
}
