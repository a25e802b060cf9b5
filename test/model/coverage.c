/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Which edges of the kernel a sequence took (clang's inline 8-bit counters in the kernel's objects). In a build without them every
 * sequence looks the same, and the generator goes by chance alone.
 */
#include "test/model/coverage.h"

#include <string.h>

#define PARTS_MAX  64
#define EDGES_MAX  65536
#define KIND_COUNT 8

static struct {
    uint8_t *start;
    uint8_t *end;
} parts[PARTS_MAX];

static unsigned int part_count;
static uint8_t seen[EDGES_MAX]; /* a bit for each order of magnitude */

/* Called by the compiler's constructors, once an object file. */
void __sanitizer_cov_8bit_counters_init(uint8_t *start, uint8_t *end);
void __sanitizer_cov_pcs_init(const uintptr_t *start, const uintptr_t *end);

void __sanitizer_cov_8bit_counters_init(uint8_t *start, uint8_t *end)
{
    bool is_known = part_count > 0 && parts[part_count - 1].start == start;
    if (part_count < PARTS_MAX && start != end && !is_known) {
        parts[part_count].start = start;
        parts[part_count].end = end;
        part_count++;
    }
}

void __sanitizer_cov_pcs_init(const uintptr_t *start, const uintptr_t *end)
{
    (void)start;
    (void)end;
}

void coverage_begin(void)
{
    for (unsigned int i = 0; i < part_count; i++) {
        memset(parts[i].start, 0, (size_t)(parts[i].end - parts[i].start));
    }
}

/** 1, 2, 3, 4-7, 8-15, 16-31, 32-127, more. */
static unsigned int magnitude(uint8_t count)
{
    static const uint8_t bounds[KIND_COUNT] = {1, 2, 3, 7, 15, 31, 127, 255};
    unsigned int i = 0;
    while (count > bounds[i]) {
        i++;
    }
    return i;
}

unsigned int coverage_end(void)
{
    unsigned int fresh = 0;
    unsigned int edge = 0;
    for (unsigned int i = 0; i < part_count; i++) {
        for (const uint8_t *at = parts[i].start; at < parts[i].end && edge < EDGES_MAX; at++, edge++) {
            uint8_t bit = *at == 0 ? 0 : (uint8_t)(1u << magnitude(*at));
            fresh += (bit & ~seen[edge]) != 0;
            seen[edge] |= bit;
        }
    }
    return fresh;
}

void coverage_count(unsigned int *taken, unsigned int *known)
{
    unsigned int edge = 0;
    *taken = 0;
    for (unsigned int i = 0; i < part_count; i++) {
        for (const uint8_t *at = parts[i].start; at < parts[i].end && edge < EDGES_MAX; at++, edge++) {
            *taken += seen[edge] != 0;
        }
    }
    *known = edge;
}
