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
    check(0xa8000440, DECODE_OFFSET, true, 8, 2, 0);     /* stnp x0, x1, [x2] */
    check(0xa95f8c02, DECODE_OFFSET, false, 8, 2, 504);  /* ldp x2, x3, [x0, #504] */
    check(0xa9600c02, DECODE_OFFSET, false, 8, 2, -512); /* ldp x2, x3, [x0, #-512] */
    assert_false(got.is_signed);
    check(0x68c10440, DECODE_POST, false, 4, 2, 8); /* ldpsw x0, x1, [x2], #8 */
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

/* Nothing is written to XZR, so that it is no target of its own where register 31 is the stack pointer. */
static void decode_write_back_of_the_stack_pointer(void **state)
{
    (void)state;
    check(0xf81f0fff, DECODE_PRE, true, 8, 1, -16);  /* str xzr, [sp, #-16]! */
    check(0xa8c107ff, DECODE_POST, false, 8, 2, 16); /* ldp xzr, x1, [sp], #16 */
}

/* Without write-back a base may be loaded. */
static void decode_target_is_base(void **state)
{
    (void)state;
    check(0xf9400000, DECODE_OFFSET, false, 8, 1, 0); /* ldr x0, [x0] */
    check(0xa9400400, DECODE_OFFSET, false, 8, 2, 0); /* ldp x0, x1, [x0] */
    check(0xa9400001, DECODE_OFFSET, false, 8, 2, 0); /* ldp x1, x0, [x0] */
}

static void decode_unprivileged(void **state)
{
    (void)state;
    check(0xb8404801, DECODE_OFFSET, false, 4, 1, 4); /* ldtr w1, [x0, #4] */
    check(0x781fe801, DECODE_OFFSET, true, 2, 1, -2); /* sttrh w1, [x0, #-2] */
}

static void decode_offsets(void **state)
{
    (void)state;
    check(0xb9401801, DECODE_OFFSET, false, 4, 1, 0x18); /* ldr w1, [x0, #0x18] */
    check(0xb81fc001, DECODE_OFFSET, true, 4, 1, -4);    /* stur w1, [x0, #-4] */
    check(0x39400001, DECODE_OFFSET, false, 1, 1, 0);    /* ldrb w1, [x0] */
    assert_false(got.is_signed);
    assert_false(got.is_64bit);
    check(0xf97ffc01, DECODE_OFFSET, false, 8, 1, 0x7ff8); /* ldr x1, [x0, #0x7ff8] */
    assert_true(got.is_64bit);
    check(0x58000081, DECODE_LITERAL, false, 8, 1, 16); /* ldr x1, . + 16 */
    assert_int_equal(got.target[0], 1);
    assert_false(got.is_signed);
    assert_true(got.is_64bit);
    check(0x18000081, DECODE_LITERAL, false, 4, 1, 16); /* ldr w1, . + 16 */
    assert_false(got.is_64bit);
    check(0x98ffffe1, DECODE_LITERAL, false, 4, 1, -4); /* ldrsw x1, . - 4 */
    assert_true(got.is_signed);
    assert_true(got.is_64bit);
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
    check(0xb8624801, DECODE_REGISTER, false, 4, 1, 0); /* ldr w1, [x0, w2, uxtw] */
    assert_int_equal(got.index_option, 2);
    check(0xf862f801, DECODE_REGISTER, false, 8, 1, 0); /* ldr x1, [x0, x2, sxtx #3] */
    assert_int_equal(got.index_option, 7);
    assert_int_equal(got.index_shift, 3);
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
        0xa9bf0400,            /* stp x0, x1, [x0, #-16]! */
        0xb8620801,            /* register offset with a reserved extension: 0, */
        0xb8623801,            /* 1, */
        0xb8628801,            /* 4, */
        0xb862b801,            /* 5 */
        0xb8c00401,            /* size 2 with opc 3 */
        0xb9c00001,            /* the same with an unsigned offset */
        0xf8c00401,            /* size 3 with opc 3 */
        0x68400440,            /* opc 1 without a non-temporal form */
        0xaa0103e0,            /* mov x0, x1: a pair but for bit 25 */
        0x9a821020,            /* csel x0, x1, x2, ne: a literal but for it */
        0xfa410000,            /* ccmp x0, x1, #0, eq: a single register but for it */
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
        cmocka_unit_test(decode_pairs),
        cmocka_unit_test(decode_write_back),
        cmocka_unit_test(decode_write_back_of_the_stack_pointer),
        cmocka_unit_test(decode_target_is_base),
        cmocka_unit_test(decode_unprivileged),
        cmocka_unit_test(decode_offsets),
        cmocka_unit_test(decode_register_offset),
        cmocka_unit_test(decode_refuses),
        cmocka_unit_test(decode_any_word_is_in_range),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
