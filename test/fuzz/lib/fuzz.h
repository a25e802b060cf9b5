/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * What every fuzz target shares: taking numbers out of the input, and what a failed check does (fuzz_check: a sentence, then abort,
 * which libFuzzer turns into a file that repeats it). CMocka's assertions in reused test equipment abort the same way. Targets whose
 * input is a row of records link records.c, which mutates it record by record.
 */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/** The rest of an input; what is read behind its end is 0. */
struct fuzz_input {
    const uint8_t *at;
    size_t left;
};

uint8_t fuzz_u8(struct fuzz_input *input);

/** A little-endian number of `bytes` (1..8) bytes. */
uint64_t fuzz_number(struct fuzz_input *input, unsigned bytes);

/** A word of 64 bits whose shape is chosen by its first byte: small, a power of two, all ones but a few, or eight bytes as they come. */
uint64_t fuzz_word(struct fuzz_input *input);

/** The checks of a target. A broken one ends the run with its text. */
#define fuzz_check(condition, ...) ((condition) ? (void)0 : fuzz_fail(__FILE__, __LINE__, __VA_ARGS__))
__attribute__((format(printf, 3, 4))) _Noreturn void fuzz_fail(const char *file, int line, const char *format, ...);

/** libFuzzer's two doors. */
int LLVMFuzzerInitialize(int *count, char ***arguments);
int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

/** Bytes of a record, for records.c; defined by the target. */
extern const size_t fuzz_record_bytes;
