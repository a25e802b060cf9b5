/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * The SIMD-free memory functions against the host's own, at every small size, alignment and overlap.
 */
#include <string.h>

#include "test/unit/libsel/fake_kernel.h"

void *sel_memcpy(void *to, const void *from, size_t size);
void *sel_memmove(void *to, const void *from, size_t size);
void *sel_memset(void *to, int value, size_t size);
int sel_memcmp(const void *a, const void *b, size_t size);
size_t sel_strlen(const char *string);
int sel_strcmp(const char *a, const char *b);

#define AREA 4096

static uint8_t ours[AREA];
static uint8_t theirs[AREA];

static void fill(void)
{
    for (int i = 0; i < AREA; i++) {
        ours[i] = theirs[i] = (uint8_t)(i * 7 + (i >> 8));
    }
}

static void memmove_at_all_overlaps(void **state)
{
    (void)state;
    for (size_t size = 0; size < 150; size++) {
        for (size_t shift = 0; shift < 160; shift += (shift < 20 ? 1 : 13)) {
            fill();
            assert_ptr_equal(sel_memmove(ours + 3 + shift, ours + 3, size), ours + 3 + shift);
            memmove(theirs + 3 + shift, theirs + 3, size);
            assert_memory_equal(ours, theirs, AREA);
            fill();
            (void)sel_memmove(ours + 3, ours + 3 + shift, size);
            memmove(theirs + 3, theirs + 3 + shift, size);
            assert_memory_equal(ours, theirs, AREA);
        }
    }
}

/* Long copies go by larger steps: around each of their ends, and over themselves downwards. */
static void long_copies(void **state)
{
    (void)state;
    for (size_t size = 500; size < 1700; size++) {
        fill();
        assert_ptr_equal(sel_memcpy(ours + 2049, ours + 3, size), ours + 2049);
        memcpy(theirs + 2049, theirs + 3, size);
        assert_memory_equal(ours, theirs, AREA);
        assert_ptr_equal(sel_memmove(ours + 5, ours + 5 + size % 70, size), ours + 5);
        memmove(theirs + 5, theirs + 5 + size % 70, size);
        assert_memory_equal(ours, theirs, AREA);
    }
}

static void memcpy_and_memset_at_all_alignments(void **state)
{
    (void)state;
    for (size_t size = 0; size < 200; size++) {
        for (size_t at = 0; at < 9; at++) {
            fill();
            assert_ptr_equal(sel_memcpy(ours + 256 + at, ours + 8 - at, size), ours + 256 + at);
            memcpy(theirs + 256 + at, theirs + 8 - at, size);
            assert_memory_equal(ours, theirs, AREA);
            assert_ptr_equal(sel_memset(ours + at, 0x1a5, size), ours + at);
            memset(theirs + at, 0xa5, size); /* only the low byte counts */
            assert_memory_equal(ours, theirs, AREA);
        }
    }
}

static int sign(int value)
{
    return (value > 0) - (value < 0);
}

static void memcmp_finds_the_first_difference(void **state)
{
    (void)state;
    for (size_t size = 0; size < 40; size++) {
        fill();
        assert_int_equal(sel_memcmp(ours, theirs, size), 0);
        for (size_t at = 0; at < size; at++) {
            fill();
            ours[at] ^= 0x80;
            assert_int_equal(sign(sel_memcmp(ours, theirs, size)), sign(memcmp(ours, theirs, size)));
        }
    }
}

static void strings(void **state)
{
    (void)state;
    assert_int_equal(sel_strlen(""), 0);
    assert_int_equal(sel_strlen("abc"), 3);
    assert_int_equal(sel_strcmp("abc", "abc"), 0);
    assert_true(sel_strcmp("abc", "abd") < 0);
    assert_true(sel_strcmp("abc", "ab") > 0);
    assert_true(sel_strcmp("\xff", "a") > 0);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(memmove_at_all_overlaps),
        cmocka_unit_test(memcpy_and_memset_at_all_alignments),
        cmocka_unit_test(long_copies),
        cmocka_unit_test(memcmp_finds_the_first_difference),
        cmocka_unit_test(strings),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
