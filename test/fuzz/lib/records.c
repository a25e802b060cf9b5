/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Mutation of inputs that are rows of records of `fuzz_record_bytes` each: whole records are inserted, copied, dropped and exchanged, or
 * libFuzzer mutates the bytes of one in place, so that no mutation shifts the meaning of all that follows.
 */
#include <string.h>

#include "test/fuzz/lib/fuzz.h"

#define RECORD_MAX   64
#define CHOICE_MAX   4
#define INSERT_MAX   4
#define INSERT_FIRST 32

size_t LLVMFuzzerMutate(uint8_t *data, size_t size, size_t max_size);
size_t LLVMFuzzerCustomMutator(uint8_t *data, size_t size, size_t max_size, unsigned int seed);
size_t LLVMFuzzerCustomCrossOver(const uint8_t *first, size_t first_size, const uint8_t *second, size_t second_size,
                                 uint8_t *out, size_t out_size, unsigned int seed);

/* Numerical Recipes' generator: the same seed, the same mutation. */
static unsigned int next(unsigned int *seed, unsigned int bound)
{
    *seed = *seed * 1664525u + 1013904223u;
    return (*seed >> 8) % bound;
}

/** A few bytes anew: most bytes of a record are choices, near values of which have nothing in common. */
static void choose_anew(uint8_t *record, unsigned int *seed)
{
    for (unsigned int count = 1 + next(seed, CHOICE_MAX); count > 0; count--) {
        unsigned int at = next(seed, (unsigned int)fuzz_record_bytes);
        record[at] = (uint8_t)next(seed, 256);
    }
}

static void mutate_one(uint8_t *record)
{
    uint8_t bytes[RECORD_MAX] = {0};
    memcpy(bytes, record, fuzz_record_bytes);
    size_t size = LLVMFuzzerMutate(bytes, fuzz_record_bytes, fuzz_record_bytes);
    memset(bytes + size, 0, fuzz_record_bytes - size);
    memcpy(record, bytes, fuzz_record_bytes);
}

static void fill(uint8_t *record, unsigned int *seed)
{
    for (size_t i = 0; i < fuzz_record_bytes; i++) {
        record[i] = (uint8_t)next(seed, 256);
    }
}

/** Make room for `more` records at `index`. */
static void open_gap(uint8_t *data, size_t count, size_t index, size_t more)
{
    size_t size = fuzz_record_bytes;
    memmove(data + (index + more) * size, data + index * size, (count - index) * size);
}

/** New records of random bytes; returns how many there are then. */
static size_t insert(uint8_t *data, size_t count, size_t room, size_t index, unsigned int *seed)
{
    size_t more = 1 + next(seed, count == 0 ? INSERT_FIRST : INSERT_MAX);
    more = more < room - count ? more : room - count;
    open_gap(data, count, index, more);
    for (size_t i = 0; i < more; i++) {
        fill(data + (index + i) * fuzz_record_bytes, seed);
    }
    return count + more;
}

static void drop(uint8_t *data, size_t count, size_t index)
{
    size_t size = fuzz_record_bytes;
    memmove(data + index * size, data + (index + 1) * size, (count - index - 1) * size);
}

static void exchange(uint8_t *first, uint8_t *second)
{
    uint8_t bytes[RECORD_MAX];
    memcpy(bytes, first, fuzz_record_bytes);
    memcpy(first, second, fuzz_record_bytes);
    memcpy(second, bytes, fuzz_record_bytes);
}

size_t LLVMFuzzerCustomMutator(uint8_t *data, size_t size, size_t max_size, unsigned int seed)
{
    size_t bytes = fuzz_record_bytes;
    size_t count = size / bytes;
    unsigned int room = (unsigned int)(max_size / bytes);
    unsigned int choice = next(&seed, 10);
    if (room == 0) {
        return LLVMFuzzerMutate(data, size, max_size);
    }
    unsigned int at = count == 0 ? 0 : next(&seed, (unsigned int)count);
    uint8_t *record = data + at * bytes;
    if (count == 0 || (choice < 3 && count < room)) {
        count = insert(data, count, room, at, &seed);
    } else if (choice == 3 && count < room) {
        open_gap(data, count, at, 1);
        count++;
    } else if (choice == 4 && count > 1) {
        drop(data, count, at);
        count--;
    } else if (choice == 5) {
        exchange(record, data + next(&seed, (unsigned int)count) * bytes);
    } else if (choice < 9) {
        choose_anew(record, &seed);
    } else {
        mutate_one(record);
    }
    return count * bytes;
}

/* NOLINTNEXTLINE(readability-function-size): libFuzzer chose the parameters */
size_t LLVMFuzzerCustomCrossOver(const uint8_t *first, size_t first_size, const uint8_t *second, size_t second_size,
                                 uint8_t *out, size_t out_size, unsigned int seed)
{
    size_t bytes = fuzz_record_bytes;
    size_t head = next(&seed, (unsigned int)(first_size / bytes) + 1);
    size_t from = next(&seed, (unsigned int)(second_size / bytes) + 1);
    size_t tail = second_size / bytes - from;
    size_t room = out_size / bytes;
    head = head < room ? head : room;
    tail = tail < room - head ? tail : room - head;
    memcpy(out, first, head * bytes);
    memcpy(out + head * bytes, second + from * bytes, tail * bytes);
    return (head + tail) * bytes;
}
