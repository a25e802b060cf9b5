/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * The instruction decoder on words assembled by hand from the encodings (DDI 0487, C6.2). The assembly is beside each word.
 */
#include "test/unit/vmm/fake_services.h"
#include "vmm/arch/decode.h"

static struct decoded_access got;

static void check(uint32_t word, enum decode_index index, bool is_write, unsigned size, unsigned count, int64_t offset)
{
    assert_true(decode_access(word, &got));
    assert_int_equal(got.index, index);
    assert_int_equal(got.is_write, is_write);
    assert_int_equal(got.size, size);
    assert_int_equal(got.count, count);
    assert_int_equal(got.offset, offset);
}

static void decode_pairs(void **state)
{
    (void)state;
    check(0xa9410c02, DECODE_OFFSET, false, 8, 2, 16); /* ldp x2, x3, [x0, #16] */
    assert_int_equal(got.target[0], 2);
    assert_int_equal(got.target[1], 3);
    assert_int_equal(got.base, 0);
    assert_true(got.is_64bit);
    check(0x293f0c02, DECODE_OFFSET, true, 4, 2, -8); /* stp w2, w3, [x0, #-8] */
    assert_false(got.is_64bit);
    check(0xa8c17bfd, DECODE_POST, false, 8, 2, 16); /* ldp x29, x30, [sp], #16 */
    assert_int_equal(got.base, 31);
    check(0xa9bf7bfd, DECODE_PRE, true, 8, 2, -16);   /* stp x29, x30, [sp, #-16]! */
    check(0x69400440, DECODE_OFFSET, false, 4, 2, 0); /* ldpsw x0, x1, [x2] */
    assert_true(got.is_signed);
    assert_true(got.is_64bit);
    check(0xa8000440, DECODE_OFFSET, true, 8, 2, 0); /* stnp x0, x1, [x2] */
}

static void decode_write_back(void **state)
{
    (void)state;
    check(0xb8404401, DECODE_POST, false, 4, 1, 4); /* ldr w1, [x0], #4 */
    check(0xf81f8c01, DECODE_PRE, true, 8, 1, -8);  /* str x1, [x0, #-8]! */
    check(0x38001401, DECODE_POST, true, 1, 1, 1);  /* strb w1, [x0], #1 */
    check(0x78c02401, DECODE_POST, false, 2, 1, 2); /* ldrsh w1, [x0], #2 */
    assert_true(got.is_signed);
    assert_false(got.is_64bit);
    check(0xb8804401, DECODE_POST, false, 4, 1, 4); /* ldrsw x1, [x0], #4 */
    assert_true(got.is_signed);
    assert_true(got.is_64bit);
}

static void decode_offsets(void **state)
{
    (void)state;
    check(0xb9401801, DECODE_OFFSET, false, 4, 1, 0x18); /* ldr w1, [x0, #0x18] */
    check(0xb81fc001, DECODE_OFFSET, true, 4, 1, -4);    /* stur w1, [x0, #-4] */
    check(0x39400001, DECODE_OFFSET, false, 1, 1, 0);    /* ldrb w1, [x0] */
    check(0x58000081, DECODE_LITERAL, false, 8, 1, 16);  /* ldr x1, . + 16 */
    check(0x98ffffe1, DECODE_LITERAL, false, 4, 1, -4);  /* ldrsw x1, . - 4 */
    assert_true(got.is_signed);
}

static void decode_register_offset(void **state)
{
    (void)state;
    check(0xb8627801, DECODE_REGISTER, false, 4, 1, 0); /* ldr w1, [x0, x2, lsl #2] */
    assert_int_equal(got.index_register, 2);
    assert_int_equal(got.index_shift, 2);
    assert_int_equal(got.index_option, 3);
    check(0xf822c801, DECODE_REGISTER, true, 8, 1, 0); /* str x1, [x0, w2, sxtw] */
    assert_int_equal(got.index_option, 6);
    assert_int_equal(got.index_shift, 0);
}

static void decode_refuses(void **state)
{
    (void)state;
    const uint32_t refused[] = {
        0xad400400,            /* ldp q0, q1, [x0] */
        0x3dc00000,            /* ldr q0, [x0] */
        0xc85f7c01,            /* ldxr x1, [x0] */
        0xf8a20001,            /* ldadda-class atomic */
        0xf9800000,            /* prfm pldl1keep, [x0] */
        0xd8000000,            /* prfm literal */
        0xd50b7420,            /* dc zva, x0 */
        0xf8408400,            /* ldr x0, [x0], #8: target is base */
        0xa8c10400,            /* ldp x0, x1, [x0], #16 */
        0xa8c10001,            /* ldp x1, x0, [x0], #16 */
        0x69000440,            /* stgp x0, x1, [x2] */
        0xb8623801,            /* register offset with a reserved extension */
        0x29c00000 | 3u << 30, /* pair with opc 3 */
        0x00000000,
        0xffffffff,
        0xd65f03c0,
    };
    for (size_t i = 0; i < sizeof(refused) / sizeof(refused[0]); i++) {
        assert_false(decode_access(refused[i], &got));
    }
}

/* Whatever the word, what is accepted can be carried out: registers, sizes and counts in range. */
static void decode_any_word_is_in_range(void **state)
{
    (void)state;
    uint32_t word = 1;
    for (unsigned i = 0; i < 2000000; i++) {
        word = word * 1664525 + 1013904223;
        if (decode_access(word, &got)) {
            assert_true(got.count == 1 || got.count == 2);
            assert_true(got.size == 1 || got.size == 2 || got.size == 4 || got.size == 8);
            assert_true(got.target[0] < 32 && got.target[1] < 32 && got.base < 32 && got.index_shift < 4);
        }
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(decode_pairs),   cmocka_unit_test(decode_write_back),
        cmocka_unit_test(decode_offsets), cmocka_unit_test(decode_register_offset),
        cmocka_unit_test(decode_refuses), cmocka_unit_test(decode_any_word_is_in_range),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
